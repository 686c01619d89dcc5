//! Lists of known failures as they are drafted and spoken against.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::reports_made_up::catalogue;
use super::{draft, unmet};
use crate::scenario::{Case, Catalogue, Level, OutcomeWord, TlsCondition, Wanted};
use crate::verdict::testing::*;
use crate::verdict::{
    CaseResult, FailureKind, JudgeOptions, KnownFailure, TwinResult, Verdict, judge,
    read_known_failures,
};

const ROW: &str = "RFC3207-4-client-tls-right-after-220";

fn called(id: &str) -> Case {
    let outcome = Wanted::Outcome(vec![OutcomeWord::Delivered]);
    let mut expect = table(
        Level::Must,
        vec![Wanted::Tls(vec![TlsCondition::Any]), outcome],
    );
    expect.requirements = vec![ROW.into()];
    let mut case = case_of(vec![step(vec![expect])]);
    case.id = id.into();
    case
}

/// The case delivers with that TLS.
fn result(id: &str, tls: &str, known: &[KnownFailure]) -> CaseResult {
    let events = vec![
        injected("first", 250, "ok"),
        accepted("mx.example.test", 1, "first", "user@example.test", tls),
    ];
    let options = JudgeOptions {
        known_failures: known.to_vec(),
        ..JudgeOptions::default()
    };
    judge(
        &recording(called(id), events),
        &TwinResult::Delivered,
        &options,
    )
}

fn known(case: &str) -> KnownFailure {
    KnownFailure {
        case: case.into(),
        expectation: "tls".into(),
        got: "none".into(),
        reason: "it knows no \"TLS\"".into(),
        kind: Some(FailureKind::Choice),
        link: Some("https://example.test/manual".into()),
    }
}

fn run(known: &[KnownFailure]) -> Vec<CaseResult> {
    vec![
        result("tls/alike#one", "none", known),
        result("tls/alike#two", "none", known),
        result("tls/one-passes#one", "none", known),
        result("tls/one-passes#two", "1.3", known),
        result("tls/one-skipped#one", "none", known),
        CaseResult::skipped(&called("tls/one-skipped#two"), "no"),
        result("tls/known", "none", known),
        result("tls/alone", "none", known),
    ]
}

fn ids(results: &[CaseResult]) -> Vec<&str> {
    results.iter().map(|result| result.id.as_str()).collect()
}

#[test]
fn a_draft_has_what_failed_and_keeps_what_was_known() {
    let listed = [known("tls/known"), known("tls/one-passes#two")];
    let results = run(&listed);
    assert_snapshot!(draft(&results, &listed, &ids(&results), &catalogue()));
}

#[test]
fn a_draft_with_reasons_makes_all_failures_known_and_nothing_else() {
    let results = run(&[]);
    let text = draft(&results, &[], &ids(&results), &catalogue());
    assert!(
        read_known_failures("draft", &text).is_err(),
        "reasons are to be filled in"
    );
    let text = text.replace("reason = \"\"", "reason = \"so it is\"");
    let list = read_known_failures("draft", &text).unwrap();
    let again = run(&list);
    assert!(again.iter().all(|one| one.verdict != Verdict::Fail));
    let all = ids(&again);
    assert_eq!(crate::verdict::unmet(&list, &again, Some(&all)), []);
}

#[test]
fn each_entry_that_did_not_happen_is_told_with_what_to_do() {
    let listed = [
        known("tls/one-passes#*"),
        known("tls/one-passes#two"),
        known("tls/al*"),
        known("tls/p*"),
        known("no/such"),
    ];
    let mut results = run(&listed);
    results.push(result("tls/p#one", "1.3", &listed));
    results.push(result("tls/p#two", "1.2", &listed));
    let all = ids(&results);
    let told = crate::verdict::unmet(&listed, &results, Some(&all));
    assert_snapshot!(unmet(&told));
}

proptest! {
    #[test]
    fn a_draft_is_a_list_whatever_was_got(got in ".{0,20}") {
        let mut failed = result("a", "none", &[]);
        failed.findings[0].got.clone_from(&got);
        let text = draft(&[failed], &[], &["a"], &Catalogue::default());
        let list = read_known_failures("draft", &text.replace("reason = \"\"", "reason = \"x\""));
        prop_assert_eq!(&list.unwrap()[0].got, &got);
    }
}
