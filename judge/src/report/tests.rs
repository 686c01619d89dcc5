//! Reports as they are read.

use insta::assert_snapshot;

use super::reports_made_up::catalogue;
use super::{Colour, RunReport, detail, exit_code, line, summary};
use crate::events::{Event, What};
use crate::scenario::{Case, Level, OutcomeWord, TlsCondition, Wanted};
use crate::verdict::testing::*;
use crate::verdict::{CaseResult, JudgeOptions, TwinResult, judge};

const HOST: &str = "mx.example.test";

fn expects_delivery() -> Case {
    case_of(vec![step(vec![table(
        Level::Must,
        vec![
            Wanted::Outcome(vec![OutcomeWord::Delivered]),
            Wanted::Tls(vec![TlsCondition::Any]),
        ],
    )])])
}

fn in_plaintext() -> Vec<Event> {
    vec![
        injected("first", 250, "ok"),
        connect(HOST, 1, false),
        reply(HOST, 1, "STARTTLS", 454, "4.7.0 TLS is not available"),
        accepted(HOST, 1, "first", "user@example.test", "none"),
        queued("first", false),
    ]
}

fn refused() -> Vec<Event> {
    vec![
        injected("first", 250, "ok"),
        reply(HOST, 1, "STARTTLS", 454, "4.7.0 TLS is not available"),
        notice("first", &dsn("failed", "5.7.5", "user@example.test")),
    ]
}

fn result_of(case: Case, events: Vec<Event>) -> (CaseResult, crate::events::Recording) {
    let recording = recording(case, events);
    let result = judge(&recording, &TwinResult::Delivered, &JudgeOptions::default());
    (result, recording)
}

fn passing() -> CaseResult {
    let events = vec![accepted(HOST, 1, "first", "user@example.test", "1.3")];
    result_of(expects_delivery(), events).0
}

#[test]
fn a_failed_case_is_told_with_its_lines_its_text_and_its_place() {
    let (result, recording) = result_of(expects_delivery(), in_plaintext());
    assert_snapshot!(detail(&result, &recording, &catalogue(), Colour::No));
}

#[test]
fn what_did_not_happen_is_told_by_what_did() {
    let (result, recording) = result_of(expects_delivery(), refused());
    assert_snapshot!(detail(&result, &recording, &catalogue(), Colour::No));
}

#[test]
fn an_inconclusive_case_says_what_is_missing() {
    let mut case = case_of(vec![step(vec![table(
        Level::Must,
        vec![
            Wanted::Outcome(vec![OutcomeWord::Returned]),
            Wanted::Leaked(false),
        ],
    )])]);
    case.steps[0].world.hosts.get_mut(HOST).unwrap().starttls = crate::scenario::StartTls::Absent;
    let (result, recording) = result_of(case, refused());
    assert_snapshot!(detail(&result, &recording, &catalogue(), Colour::No));
}

#[test]
fn each_case_has_a_line_and_the_run_a_last_one() {
    let (failed, _) = result_of(expects_delivery(), in_plaintext());
    let (error, _) = result_of(
        expects_delivery(),
        vec![event(What::HarnessFailed {
            reason: "no port is free".into(),
        })],
    );
    let results = [
        passing(),
        failed,
        CaseResult::skipped(&expects_delivery(), "the subject lacks mta-sts"),
        error,
    ];
    let mut lines: Vec<String> = results.iter().map(|one| line(one, Colour::No)).collect();
    lines.push(summary(&results, Colour::No));
    lines.push(format!("{:?}", line(&results[0], Colour::Yes)));
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_report_for_programs_has_each_finding() {
    let (failed, recording) = result_of(expects_delivery(), in_plaintext());
    assert_snapshot!(RunReport::of(&[failed], &recording.subject).to_json());
}

#[test]
fn the_exit_code_tells_the_worst() {
    let pass = passing;
    let fail = || result_of(expects_delivery(), in_plaintext()).0;
    let skip = || CaseResult::skipped(&expects_delivery(), "no");
    let error = || CaseResult::error(&expects_delivery(), "no");
    let inconclusive = || result_of(expects_delivery(), vec![injected("first", 250, "")]).0;
    let mut surprise = pass();
    surprise.unexpected_passes.push("outcome = lost".into());
    // (results, does inconclusive fail?, code)
    let cases = [
        (vec![], true, 2),
        (vec![skip()], true, 2),
        (vec![pass()], true, 0),
        (vec![pass(), skip()], true, 0),
        (vec![pass(), fail()], true, 1),
        (vec![pass(), inconclusive()], true, 1),
        (vec![pass(), inconclusive()], false, 0),
        (vec![pass(), surprise], true, 1),
        (vec![fail(), error()], true, 3),
    ];
    for (results, inconclusive_fails, want) in cases {
        let words: Vec<&str> = results.iter().map(|one| one.verdict.as_str()).collect();
        assert_eq!(exit_code(&results, inconclusive_fails), want, "{words:?}");
    }
}

#[test]
fn a_long_timeline_is_cut_and_says_so() {
    let mut events: Vec<Event> = (1..40).map(|n| connect(HOST, n, true)).collect();
    events.push(accepted(HOST, 40, "first", "user@example.test", "none"));
    let (result, recording) = result_of(expects_delivery(), events);
    let told = detail(&result, &recording, &catalogue(), Colour::No);
    assert!(told.contains("and 26 more"), "{told}");
    assert!(told.contains("accepted (in plaintext)"), "{told}");
}
