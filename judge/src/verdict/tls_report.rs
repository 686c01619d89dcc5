//! TLS reports as they arrived, by mail or by POST (RFC 8460 §4, §5).
//!
//! `signed` says that a DKIM signature stands in the header; whether it verifies is left to who has the key.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;
use mail_parser::{Message, MessageParser, MimeHeaders};
use serde_json::{Map, Value, json};

use super::evidence::Evidence;
use super::rounds::hosts_of;
use super::wildcard::canonical_name;
use crate::events::{Event, What};

/// An unpacked report longer than this is not read.
const BODY_LIMIT: u64 = 4 * 1024 * 1024;

/// A report, and how it came.
#[derive(Debug, Clone)]
pub(crate) struct ArrivedReport {
    /// Index of the event.
    pub(crate) event: usize,
    /// As URIs.
    pub(crate) to: Vec<String>,
    /// `mail` or `https`.
    pub(crate) by: &'static str,
    /// The status answered to a POST; none by mail.
    pub(crate) status: Option<u16>,
    /// The report, if it could be read.
    pub(crate) body: Value,
    pub(super) compressed: bool,
    pub(super) signed: bool,
    /// What is not as RFC 8460 has it.
    pub(crate) problems: Vec<String>,
}

/// The reports that arrived in a step, in order.
pub(crate) fn reports(evidence: &Evidence<'_>, step: usize) -> Vec<ArrivedReport> {
    let mut known_ids: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    for (index, event) in evidence.events(0..=step) {
        let Some(mut report) = report(index, event) else {
            continue;
        };
        if let Some(id) = report.body.get("report-id").and_then(Value::as_str)
            && !known_ids.insert(id.to_owned())
        {
            report
                .problems
                .push(format!("the report-id {id:?} was used before"));
        }
        if event.step == step {
            found.push(report);
        }
    }
    found
}

fn report(index: usize, event: &Event) -> Option<ArrivedReport> {
    match &event.what {
        What::ReportPosted {
            to,
            status,
            media_type,
            body,
            compressed,
        } => {
            let mut problems = Vec::new();
            let media_type = media_type.split(';').next().unwrap_or_default().trim();
            if !is_report_type(media_type) {
                problems.push(format!("its media type is {media_type:?}"));
            }
            let body = read_body(body.as_bytes(), &mut problems);
            Some(ArrivedReport {
                event: index,
                to: vec![to.clone()],
                by: "https",
                status: Some(*status),
                body,
                compressed: *compressed,
                signed: false,
                problems,
            })
        }
        What::MessageAccepted { to, content, .. } => mailed(index, to, content),
        _ => None,
    }
}

fn is_report_type(media_type: &str) -> bool {
    ["application/tlsrpt+json", "application/tlsrpt+gzip"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(media_type))
}

pub(super) fn mailed(index: usize, to: &[String], content: &str) -> Option<ArrivedReport> {
    if !content.contains("tlsrpt") {
        return None;
    }
    let message = MessageParser::default().parse(content.as_bytes())?;
    let (media_type, packed) = message.parts.iter().find_map(|part| {
        let kind = part.content_type()?;
        let media_type = format!("{}/{}", kind.ctype(), kind.subtype()?);
        is_report_type(&media_type).then(|| (media_type, part.contents().to_vec()))
    })?;
    let mut problems = Vec::new();
    note_problems_of_mail(&message, &mut problems);
    let compressed = media_type.ends_with("gzip");
    let mut body = Vec::new();
    if compressed {
        let unpacked = GzDecoder::new(&packed[..])
            .take(BODY_LIMIT)
            .read_to_end(&mut body);
        if unpacked.is_err() {
            problems.push("it cannot be unpacked".into());
        }
    } else {
        body = packed;
    }
    Some(ArrivedReport {
        event: index,
        to: to
            .iter()
            .map(|address| format!("mailto:{address}"))
            .collect(),
        by: "mail",
        status: None,
        body: read_body(&body, &mut problems),
        compressed,
        signed: message.header_raw("DKIM-Signature").is_some(),
        problems,
    })
}

/// RFC 8460 §5.3: `multipart/report` of its own type, two header fields and a subject that repeats them.
fn note_problems_of_mail(message: &Message<'_>, problems: &mut Vec<String>) {
    let kind = message.content_type();
    let is_report = kind.is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("multipart")
            && kind
                .subtype()
                .is_some_and(|own| own.eq_ignore_ascii_case("report"))
            && kind
                .attribute("report-type")
                .is_some_and(|own| own.eq_ignore_ascii_case("tlsrpt"))
    });
    if !is_report {
        problems.push("it is no multipart/report of type tlsrpt".into());
    }
    for field in ["TLS-Report-Domain", "TLS-Report-Submitter"] {
        if message.header_raw(field).is_none() {
            problems.push(format!("it has no {field}"));
        }
    }
    let subject = message.subject().unwrap_or_default();
    if !["Report Domain:", "Submitter:", "Report-ID:"]
        .iter()
        .all(|word| subject.contains(word))
    {
        problems.push("its subject does not name domain, submitter and id".into());
    }
}

fn read_body(body: &[u8], problems: &mut Vec<String>) -> Value {
    let Ok(report) = serde_json::from_slice::<Value>(body) else {
        problems.push("it is no JSON".into());
        return Value::Null;
    };
    for field in ["organization-name", "contact-info", "report-id"] {
        if !report.get(field).is_some_and(Value::is_string) {
            problems.push(format!("it has no {field}"));
        }
    }
    let range = &report["date-range"];
    if seconds(&range["start-datetime"]).is_none() || seconds(&range["end-datetime"]).is_none() {
        problems.push("it has no date-range".into());
    }
    let policies = report["policies"].as_array().cloned().unwrap_or_default();
    if policies.is_empty() {
        problems.push("it has no policies".into());
    }
    for policy in &policies {
        let known = ["tlsa", "sts", "no-policy-found"];
        if !policy["policy"]["policy-type"]
            .as_str()
            .is_some_and(|kind| known.contains(&kind))
        {
            problems.push("a policy has no policy-type".into());
        }
        if !policy["policy"]["policy-domain"].is_string() {
            problems.push("a policy has no policy-domain".into());
        }
        for count in [
            "total-successful-session-count",
            "total-failure-session-count",
        ] {
            if !policy["summary"][count].is_u64() {
                problems.push(format!("a policy has no {count}"));
            }
        }
    }
    report
}

impl ArrivedReport {
    /// The domains it speaks of.
    pub(crate) fn domains(&self) -> Vec<String> {
        self.policies()
            .filter_map(|policy| Some(policy["policy"]["policy-domain"].as_str()?.to_owned()))
            .collect()
    }

    fn policies(&self) -> impl Iterator<Item = &Value> {
        self.body["policies"].as_array().into_iter().flatten()
    }

    /// The fields that expectations know, of each of its policies; of a report without any, those of the whole.
    pub(crate) fn tables(&self, evidence: &Evidence<'_>) -> Vec<Map<String, Value>> {
        let of_all = json!({
            "to": self.to,
            "days": self.days(),
            "signed": self.signed,
            "compressed": self.compressed,
            "well_formed": self.problems.is_empty(),
        });
        let of_all = of_all.as_object().cloned().unwrap_or_default();
        let mut tables: Vec<Map<String, Value>> = self
            .policies()
            .map(|policy| {
                let mut table = of_all.clone();
                table.extend(policy_fields(policy));
                table.insert(
                    "truthful".into(),
                    is_truthful(evidence, self.event, policy).into(),
                );
                table
            })
            .collect();
        if tables.is_empty() {
            tables.push(of_all);
        }
        tables
    }

    /// How many days it speaks of.
    fn days(&self) -> Option<u64> {
        let range = &self.body["date-range"];
        let start = seconds(&range["start-datetime"])?;
        let end = seconds(&range["end-datetime"])?;
        Some(end.checked_sub(start)?.div_ceil(86_400))
    }
}

fn policy_fields(policy: &Value) -> Map<String, Value> {
    let failures: Vec<Value> = policy["failure-details"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|failure| {
            json!({
                "type": failure["result-type"],
                "count": failure["failed-session-count"],
                "host": failure["receiving-mx-hostname"],
                "reason": failure["failure-reason-code"],
            })
        })
        .collect();
    let fields = json!({
        "domain": policy["policy"]["policy-domain"],
        "policy_type": policy["policy"]["policy-type"],
        "mx": policy["policy"]["mx-host"],
        "policy": policy["policy"]["policy-string"],
        "successful": policy["summary"]["total-successful-session-count"],
        "failed": policy["summary"]["total-failure-session-count"],
        "failures": failures,
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// Are its counts those of the sessions that the world saw? Each session counts once; one without TLS is a failure.
fn is_truthful(evidence: &Evidence<'_>, until: usize, policy: &Value) -> bool {
    let domain = policy["policy"]["policy-domain"]
        .as_str()
        .unwrap_or_default();
    let successful = policy["summary"]["total-successful-session-count"].as_u64();
    let failed = policy["summary"]["total-failure-session-count"].as_u64();
    let (Some(successful), Some(failed)) = (successful, failed) else {
        return false;
    };
    let sessions: Vec<bool> = evidence
        .connections
        .iter()
        .filter(|connection| {
            connection
                .events
                .first()
                .is_some_and(|first| *first < until)
        })
        .filter(|connection| {
            let world = evidence.world(connection.step);
            hosts_of(world, domain).contains(&canonical_name(&connection.host))
        })
        .map(|connection| connection.tls.is_some())
        .collect();
    let with_tls = sessions.iter().filter(|with_tls| **with_tls).count() as u64;
    successful.checked_add(failed) == Some(sessions.len() as u64) && successful <= with_tls
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
