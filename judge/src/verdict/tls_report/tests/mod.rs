//! TLS reports: as wanted or not, well formed or not, true or not.

mod findings;
mod form;
mod truth;

use serde_json::{Value, json};

use super::body::seconds;
use super::problem::Problems;
use super::{body, lies};
use crate::events::{Event, Recording, What};
use crate::scenario::{
    Case, Expect, FieldPattern, Fields, Level, Pattern, Shown, Sts, Tlsa, TlsaData, Wanted, World,
};
use crate::verdict::FindingVerdict::{self, Fail, Pass, Warn};
use crate::verdict::evidence::Evidence;
use crate::verdict::testing::*;
use crate::verdict::{JudgeOptions, TwinResult, judge};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";
/// The lines of the policy in the report.
const POLICY: [&str; 4] = [
    "version: STSv1",
    "mode: enforce",
    "mx: mx.example.test",
    "max_age: 604800",
];

/// One policy, one failure for want of STARTTLS.
fn report_body() -> Value {
    json!({
        "organization-name": "Home",
        "date-range": { "start-datetime": "2026-01-01T00:00:00Z", "end-datetime": "2026-01-01T23:59:59Z" },
        "contact-info": "postmaster@home.test",
        "report-id": "1",
        "policies": [{
            "policy": { "policy-type": "sts",
                        "policy-string": POLICY,
                        "policy-domain": "example.test", "mx-host": ["mx.example.test"] },
            "summary": { "total-successful-session-count": 0, "total-failure-session-count": 1 },
            "failure-details": [{ "result-type": "starttls-not-supported", "failed-session-count": 1,
                                  "receiving-mx-hostname": "mx.example.test" }],
        }],
    })
}

fn posted_with(status: u16, body: &str) -> Event {
    at_host(
        "reports.example.test",
        1,
        What::ReportPosted {
            to: "https://reports.example.test/tls".into(),
            status,
            media_type: "application/tlsrpt+gzip".into(),
            body: body.into(),
            compressed: true,
        },
    )
}

fn posted(body: &Value) -> Event {
    posted_with(201, &body.to_string())
}

/// A session without TLS, in which the message went out.
fn without_tls(connection: u32) -> Vec<Event> {
    vec![
        connect(MX, connection, false),
        reply(MX, connection, "EHLO", 250, "mx.example.test\nPIPELINING"),
        accepted(MX, connection, "first", USER, "none"),
    ]
}

/// A session with TLS.
fn with_tls(connection: u32) -> Vec<Event> {
    vec![
        connect(MX, connection, false),
        reply(MX, connection, "EHLO", 250, "mx.example.test\nSTARTTLS"),
        established(MX, connection, "1.3", "valid"),
        accepted(MX, connection, "first", USER, "1.3"),
    ]
}

/// A session whose handshake breaks down.
fn broken(connection: u32) -> Vec<Event> {
    vec![
        connect(MX, connection, false),
        reply(MX, connection, "EHLO", 250, "mx.example.test\nSTARTTLS"),
        tls_failed(MX, connection),
    ]
}

fn published(change: impl FnOnce(&mut World), expect: Vec<Expect>) -> Case {
    let mut case = case_of(vec![step(expect)]);
    let world = &mut case.steps[0].world;
    let domain = world.domains.get_mut("example.test").unwrap();
    domain.sts = Some(Sts::default());
    change(world);
    case
}

fn played(change: impl FnOnce(&mut World), expect: Vec<Expect>, events: &[Event]) -> Recording {
    let mut all = vec![injected("first", 250, "ok")];
    all.extend_from_slice(events);
    recording(published(change, expect), all)
}

/// The first finding where the world has a policy.
fn found(level: Level, events: &[Event], wanted: Wanted) -> (FindingVerdict, String) {
    let recording = played(|_| {}, vec![table(level, vec![wanted])], events);
    let result = judge(&recording, &TwinResult::Delivered, &JudgeOptions::default());
    let finding = &result.findings[0];
    (finding.verdict, finding.got.clone())
}

/// What of a report the world did not see.
fn lies_in(
    change: impl FnOnce(&mut World),
    sessions: &[Vec<Event>],
    report: &Value,
) -> Vec<String> {
    let mut events = sessions.concat();
    events.push(posted(report));
    let recording = played(change, Vec::new(), &events);
    let lies = lies(&Evidence::new(&recording));
    lies.into_iter().map(|(_, lie)| lie).collect()
}
