//! TLS reports: read, and as wanted or not.

use serde_json::json;

use super::FindingVerdict::{Fail, Pass, Warn};
use super::testing::*;
use super::tls_report::{mailed, seconds};
use crate::events::{Event, What};
use crate::scenario::{FieldPattern, Fields, Pattern, Wanted};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

fn report_body() -> serde_json::Value {
    json!({
        "organization-name": "Home",
        "date-range": { "start-datetime": "2026-01-01T00:00:00Z", "end-datetime": "2026-01-01T23:59:59Z" },
        "contact-info": "postmaster@home.test",
        "report-id": "1",
        "policies": [{
            "policy": { "policy-type": "sts", "policy-string": ["version: STSv1", "mode: enforce"],
                        "policy-domain": "example.test", "mx-host": ["mx.example.test"] },
            "summary": { "total-successful-session-count": 0, "total-failure-session-count": 1 },
            "failure-details": [{ "result-type": "starttls-not-supported", "failed-session-count": 1,
                                  "receiving-mx-hostname": "mx.example.test" }],
        }],
    })
}

fn posted(body: &str) -> Event {
    at_host(
        "reports.example.test",
        1,
        What::ReportPosted {
            to: "https://reports.example.test/tls".into(),
            status: 201,
            media_type: "application/tlsrpt+gzip".into(),
            body: body.into(),
            compressed: true,
        },
    )
}

#[test]
fn each_key_of_a_report_holds_or_not() {
    let events = [
        connect(MX, 1, false),
        accepted(MX, 1, "first", USER, "none"),
        posted(&report_body().to_string()),
    ];
    let failures = |kind: &str| {
        FieldPattern::Tables(vec![fields(&[("type", text(kind)), ("host", text(MX))])])
    };
    let cases = [
        (
            "to",
            text("https://reports.example.test/*"),
            text("mailto:*"),
        ),
        ("domain", text("Example.test"), text("other.test")),
        ("policy_type", text("sts"), text("tlsa")),
        ("successful", number(0), number(1)),
        ("failed", number(1), number(0)),
        (
            "failures",
            failures("starttls-not-supported"),
            failures("certificate-expired"),
        ),
        ("mx", text(MX), text("second.example.test")),
        ("policy", text("mode: enforce"), text("mode: testing")),
        ("days", number(1), number(2)),
        ("signed", flag(false), flag(true)),
        ("compressed", flag(true), flag(false)),
        ("truthful", flag(true), flag(false)),
        ("well_formed", flag(true), flag(false)),
    ];
    for (key, good, bad) in cases {
        let wanted = |pattern| Wanted::Report(Some(vec![fields(&[(key, pattern)])]));
        assert_eq!(
            found(&events, wanted(good)),
            (Pass, "one report".into()),
            "{key}"
        );
        assert_eq!(found(&events, wanted(bad)).0, Fail, "{key}");
    }
}

#[test]
fn no_report_is_a_warning_at_most_and_an_unwanted_one_a_failure() {
    let delivered = accepted(MX, 1, "first", USER, "1.3");
    let some = || Wanted::Report(Some(vec![Fields::new()]));
    let report = posted(&report_body().to_string());
    let none = [delivered.clone()];
    let one = [delivered, report];
    assert_eq!(found(&none, some()), (Warn, "no report".into()));
    assert_eq!(found(&none, Wanted::Report(None)).0, Pass);
    assert_eq!(found(&one, some()).0, Pass);
    assert_eq!(
        found(&one, Wanted::Report(None)),
        (Fail, "one report".into())
    );
}

#[test]
fn a_report_that_is_none_or_came_twice_is_not_well_formed() {
    let delivered = accepted(MX, 1, "first", USER, "1.3");
    let wanted = || Wanted::Report(Some(vec![fields(&[("well_formed", flag(true))])]));
    let broken = [delivered.clone(), posted("{")];
    assert_eq!(
        found(&broken, wanted()),
        (Fail, "well formed false (it is no JSON)".into())
    );
    let mut nameless = report_body();
    nameless["policies"][0]["policy"]["policy-type"] = json!("other");
    let odd = [delivered.clone(), posted(&nameless.to_string())];
    assert_eq!(
        found(&odd, wanted()).1,
        "well formed false (a policy has no policy-type)"
    );
    let lies = Wanted::Report(Some(vec![fields(&[("truthful", flag(true))])]));
    let lie = [
        connect(MX, 1, false),
        accepted(MX, 1, "first", USER, "1.3"),
        connect(MX, 2, true),
        posted(&report_body().to_string()),
    ];
    assert_eq!(found(&lie, lies), (Fail, "truthful false".into()));
}

#[test]
fn a_report_is_an_event_too() {
    let events = [
        accepted(MX, 1, "first", USER, "1.3"),
        posted(&report_body().to_string()),
    ];
    let pattern = |domain: &str| Pattern {
        event: "report".into(),
        count: None,
        fields: fields(&[("by", text("https")), ("domain", text(domain))]),
        written: "{ report }".into(),
    };
    let saw = |domain| found(&events, Wanted::Saw(vec![pattern(domain)])).0;
    assert_eq!(saw("example.test"), Pass);
    assert_eq!(saw("other.test"), Fail);
}

#[test]
fn dates_are_counted_from_1970() {
    let cases = [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-03-01T00:00:00Z", Some(951_868_800)),
        ("2026-01-01T00:00:00+00:00", Some(1_767_225_600)),
        ("2026-01-01T00:00:00+02:00", None),
        ("yesterday", None),
    ];
    for (date, want) in cases {
        assert_eq!(seconds(&json!(date)), want, "{date}");
    }
}

#[test]
fn a_packed_report_comes_by_mail() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(br#"{"report-id":"7"}"#).unwrap();
    let packed = base64(&packer.finish().unwrap());
    let mail = |kind: &str, packed: &str| {
        format!(
            "Subject: Report Domain: example.test Submitter: home.test Report-ID: <7>\r\n\
             TLS-Report-Domain: example.test\r\nTLS-Report-Submitter: home.test\r\n\
             DKIM-Signature: v=1\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=\"{kind}\"; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n\
             --b\r\nContent-Type: application/tlsrpt+gzip\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{packed}\r\n--b--\r\n"
        )
    };
    let to = ["reports@reports.test".to_owned()];
    let report = mailed(3, &to, &mail("tlsrpt", &packed)).unwrap();
    assert_eq!(report.to, ["mailto:reports@reports.test"]);
    assert_eq!(report.body["report-id"], "7");
    assert!(report.compressed && report.signed);
    assert!(
        report
            .problems
            .iter()
            .all(|problem| !problem.contains("multipart"))
    );
    let odd = mailed(3, &to, &mail("other-tlsrpt", &base64(b"x"))).unwrap();
    assert!(
        odd.problems
            .iter()
            .any(|problem| problem.contains("multipart"))
    );
    assert!(
        odd.problems
            .iter()
            .any(|problem| problem.contains("unpacked"))
    );
    assert!(mailed(3, &to, "Subject: about tlsrpt\r\n\r\nHello.\r\n").is_none());
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}
