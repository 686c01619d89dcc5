//! What RFC 8460 §4.4 and §4.5 ask of the body of a report.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::problem::Problems;
use super::unique;
use crate::scenario::Level;

/// The result types of RFC 8460 §4.3.
pub(super) const RESULT_TYPES: [&str; 11] = [
    "starttls-not-supported",
    "certificate-host-mismatch",
    "certificate-expired",
    "certificate-not-trusted",
    "validation-failure",
    "tlsa-invalid",
    "dnssec-invalid",
    "dane-required",
    "sts-policy-fetch-error",
    "sts-policy-invalid",
    "sts-webpki-invalid",
];

/// All that is wrong with the text of a report, a sentence each (RFC 8460 §4.4).
#[must_use]
pub fn report_problems(text: &str) -> Vec<String> {
    let mut problems = Problems::default();
    read(text, &mut problems);
    let all = problems.at(Level::Should);
    all.map(str::to_owned).collect()
}

/// Reads a body and notes what is wrong with it; null if it is no JSON.
pub(super) fn read(text: &str, problems: &mut Problems) -> Value {
    let report = match unique::read(text) {
        Ok(report) => report,
        Err(why) => {
            // What is JSON and yet no I-JSON is read as it can be.
            let Ok(report) = serde_json::from_str(text) else {
                problems.must("it is no JSON");
                return Value::Null;
            };
            problems.must(format!("it is no I-JSON: {why}"));
            report
        }
    };
    for field in ["organization-name", "contact-info", "report-id"] {
        if report[field].as_str().is_none_or(str::is_empty) {
            problems.must(format!("it has no {field}"));
        }
    }
    if let Some(contact) = report["contact-info"].as_str()
        && !is_address_of_mail(contact)
    {
        problems.must(format!("its contact-info {contact:?} is no address"));
    }
    range(&report["date-range"], problems);
    match report["policies"].as_array().map(Vec::as_slice) {
        None => problems.must("its policies are no array"),
        Some([]) => problems.must("it has no policies"),
        Some(policies) => policies.iter().for_each(|one| entry(one, problems)),
    }
    report
}

fn range(range: &Value, problems: &mut Problems) {
    let ends = [&range["start-datetime"], &range["end-datetime"]].map(seconds);
    let [Some(start), Some(end)] = ends else {
        problems.must("it has no date-range");
        return;
    };
    // To the last second of the day, or to the first of the next.
    let is_day = start % 86_400 == 0 && matches!(end.checked_sub(start), Some(86_399 | 86_400));
    if end <= start {
        problems.must("its date-range ends before it begins");
    } else if !is_day {
        problems.should("its date-range is no whole day");
    }
}

fn entry(entry: &Value, problems: &mut Problems) {
    let policy = &entry["policy"];
    let kind = policy["policy-type"].as_str().unwrap_or_default();
    if !["tlsa", "sts", "no-policy-found"].contains(&kind) {
        problems.must("a policy has no policy-type");
    }
    match policy["policy-domain"].as_str() {
        None => problems.must("a policy has no policy-domain"),
        Some(domain) if !domain.is_ascii() => {
            problems.must(format!("the policy-domain {domain:?} is not in ASCII"));
        }
        Some(_) => {}
    }
    match (kind, &policy["policy-string"]) {
        ("no-policy-found", Value::Null) => {}
        (_, Value::Array(lines)) if lines.iter().all(Value::is_string) => {
            if kind == "tlsa" {
                lines.iter().for_each(|line| tlsa(line, problems));
            }
        }
        (_, Value::Null) => problems.must(format!("a policy of type {kind} has no policy-string")),
        _ => problems.must("a policy-string is no array of strings"),
    }
    let is_text = |value: &Value| value.as_str().is_some_and(str::is_ascii);
    match (kind, &policy["mx-host"]) {
        ("sts", Value::Null) => problems.should("a policy of type sts has no mx-host"),
        // The example of the RFC shows a bare string.
        (_, Value::Null | Value::String(_)) => {}
        (_, Value::Array(patterns)) if patterns.iter().all(is_text) => {}
        _ => problems.should("an mx-host is no array of names in ASCII"),
    }
    for count in [
        "total-successful-session-count",
        "total-failure-session-count",
    ] {
        if !entry["summary"][count].is_u64() {
            problems.must(format!("a policy has no {count}"));
        }
    }
    match &entry["failure-details"] {
        Value::Null => {}
        Value::Array(details) => details.iter().for_each(|one| detail(one, problems)),
        _ => problems.must("failure-details are no array"),
    }
}

/// Four fields, the last of them hexadecimal (RFC 6698 §2.2).
fn tlsa(line: &Value, problems: &mut Problems) {
    let line = line.as_str().unwrap_or_default();
    let fields: Vec<&str> = line.split(' ').collect();
    let is_number = |text: &&str| text.parse::<u8>().is_ok();
    let is_record = match fields.as_slice() {
        [usage, selector, matching, data] => {
            [usage, selector, matching].into_iter().all(is_number)
                && !data.is_empty()
                && data.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        _ => false,
    };
    if !is_record {
        problems.must(format!("{line:?} is no TLSA record"));
    }
}

fn detail(detail: &Value, problems: &mut Problems) {
    match detail["result-type"].as_str() {
        None => problems.must("a failure has no result-type"),
        Some(kind) if !RESULT_TYPES.contains(&kind) => {
            problems.must(format!("nobody knows the result-type {kind:?}"));
        }
        Some(kind @ ("validation-failure" | "certificate-not-trusted")) => {
            if detail["failure-reason-code"]
                .as_str()
                .is_none_or(str::is_empty)
            {
                problems.should(format!("{kind} has no failure-reason-code"));
            }
        }
        Some(_) => {}
    }
    match detail["failed-session-count"].as_u64() {
        None => problems.must("a failure has no failed-session-count"),
        Some(0) => problems.must("a failure of no session is told"),
        Some(_) => {}
    }
    for name in [
        "receiving-mx-hostname",
        "receiving-mx-helo",
        "additional-information",
        "failure-reason-code",
    ] {
        if !(detail[name].is_null() || detail[name].is_string()) {
            problems.must(format!("a {name} is no text"));
        }
    }
    for name in ["sending-mta-ip", "receiving-ip"] {
        match &detail[name] {
            Value::Null => {}
            Value::String(text) if is_address(text) => {}
            Value::String(text) => {
                problems.should(format!("the {name} {text:?} is in no usual form"));
            }
            _ => problems.must(format!("a {name} is no text")),
        }
    }
}

/// Dotted, or canonical (RFC 5952).
fn is_address(text: &str) -> bool {
    let canonical = text.parse::<Ipv6Addr>().map(|address| address.to_string());
    text.parse::<Ipv4Addr>().is_ok() || canonical.is_ok_and(|canonical| canonical == text)
}

fn is_address_of_mail(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && domain.is_ascii() && !domain.contains(' ')
    })
}

/// Seconds since 1970 of an RFC 3339 date in UTC.
pub(super) fn seconds(date: &Value) -> Option<u64> {
    let date = date.as_str()?;
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_utc = date.ends_with(['Z', 'z']) || date.ends_with("+00:00");
    if !is_utc || !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = years / 4 - years / 100 + years / 400;
    let days = years * 365 + leap_days + (months * 153 + 2) / 5 + day.checked_sub(1)?;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}
