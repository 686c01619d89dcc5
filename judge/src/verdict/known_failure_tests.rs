//! Known failures: what they forgive, and what a run says of a list.

use super::testing::*;
use super::{
    CaseResult, FailureKind, FindingVerdict, JudgeOptions, KnownFailure, RowProfile, TwinResult,
    Verdict, judge, unmet,
};
use crate::events::{Event, What};
use crate::scenario::{Case, Level, OutcomeWord, TlsCondition, Wanted};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

fn refusal() -> Wanted {
    Wanted::Outcome(vec![OutcomeWord::Deferred, OutcomeWord::Returned])
}

fn delivery() -> Wanted {
    Wanted::Outcome(vec![OutcomeWord::Delivered])
}

fn any_tls() -> Wanted {
    Wanted::Tls(vec![TlsCondition::Any])
}

fn called(id: &str, wanted: Vec<Wanted>) -> Case {
    let mut case = case_of(vec![step(vec![table(Level::Must, wanted)])]);
    case.id = id.into();
    case
}

fn delivered(tls: &str) -> Vec<Event> {
    vec![
        injected("first", 250, "ok"),
        accepted(MX, 1, "first", USER, tls),
    ]
}

fn known(case: &str, got: &str) -> KnownFailure {
    KnownFailure {
        case: case.into(),
        expectation: "tls".into(),
        got: got.into(),
        reason: "it knows no TLS".into(),
        kind: Some(FailureKind::Choice),
        link: Some("https://example.test/manual".into()),
    }
}

fn result(case: Case, events: Vec<Event>, known: &[KnownFailure]) -> CaseResult {
    let options = JudgeOptions {
        known_failures: known.to_vec(),
        ..JudgeOptions::default()
    };
    judge(&recording(case, events), &TwinResult::Delivered, &options)
}

#[test]
fn a_failure_that_is_listed_is_known_and_anything_else_still_fails() {
    // (wanted, listed, verdict, unexpected passes)
    let cases = [
        (
            vec![any_tls()],
            known("starttls/*", "none"),
            Verdict::KnownFailure,
            0,
        ),
        (
            vec![any_tls()],
            known("starttls/refused", "1.0"),
            Verdict::Fail,
            1,
        ),
        (vec![any_tls()], known("other", "none"), Verdict::Fail, 0),
        (
            vec![any_tls(), refusal()],
            known("starttls/*", "none"),
            Verdict::Fail,
            0,
        ),
        (
            vec![delivery()],
            known("starttls/*", "none"),
            Verdict::Pass,
            1,
        ),
    ];
    for (wanted, listed, verdict, unexpected) in cases {
        let case = called("starttls/refused", wanted);
        let found = result(case, delivered("none"), std::slice::from_ref(&listed));
        assert_eq!(found.verdict, verdict, "{listed:?}");
        assert_eq!(found.unexpected_passes.len(), unexpected, "{listed:?}");
    }
}

#[test]
fn a_finding_that_is_forgiven_says_why_what_it_is_and_where_that_stands() {
    let listed = known("starttls/*", "none");
    let case = called("starttls/refused", vec![any_tls()]);
    let found = result(case, delivered("none"), std::slice::from_ref(&listed));
    let finding = &found.findings[0];
    assert_eq!(finding.verdict, FindingVerdict::KnownFailure);
    assert_eq!(finding.reason.as_ref(), Some(&listed.reason));
    assert_eq!((finding.kind, &finding.link), (listed.kind, &listed.link));
}

#[test]
fn the_death_of_a_subject_can_be_listed() {
    let mut events = delivered("1.3");
    events.push(event(What::SubjectEnded {
        code: Some(1),
        shared: false,
    }));
    let listed = KnownFailure {
        expectation: "alive".into(),
        ..known("a", "false: it ended with code *")
    };
    let found = result(called("a", vec![any_tls()]), events, &[listed]);
    assert_eq!(found.verdict, Verdict::KnownFailure);
}

#[test]
fn a_listed_outcome_settles_the_doubts_that_it_raised_and_no_death() {
    let bounced = || {
        let bounce = notice("first", &dsn("failed", "5.7.4", USER));
        vec![injected("first", 250, "ok"), bounce]
    };
    let case = || {
        let mut only_kept = table(
            Level::Must,
            vec![Wanted::Outcome(vec![OutcomeWord::Deferred])],
        );
        only_kept.requirements = vec!["RFC8461-5-failure-is-temporary".into()];
        let mut case = case_of(vec![step(vec![
            table(Level::Must, vec![refusal()]),
            only_kept,
        ])]);
        case.id = "a".into();
        case
    };
    let listed = KnownFailure {
        expectation: "outcome".into(),
        ..known("a", "bounced")
    };
    let mut died = bounced();
    died.push(event(What::SubjectEnded {
        code: Some(1),
        shared: true,
    }));
    // (what was seen, what is listed, verdict)
    let cases = [
        (bounced(), vec![], Verdict::Fail),
        (bounced(), vec![listed.clone()], Verdict::KnownFailure),
        (died, vec![listed], Verdict::Inconclusive),
    ];
    for (events, list, verdict) in cases {
        let found = result(case(), events, &list);
        assert_eq!(found.verdict, verdict, "{list:?}");
    }
}

#[test]
fn what_was_not_shown_to_pass_is_no_unexpected_pass() {
    let listed = [known("*", "none")];
    let passed = result(called("a", vec![any_tls()]), delivered("1.3"), &listed);
    assert_eq!(passed.unexpected_passes, ["tls = none"]);
    let broken = vec![event(What::HarnessFailed { reason: "x".into() })];
    let mut ended = delivered("1.3");
    ended.push(event(What::SubjectEnded {
        code: Some(1),
        shared: true,
    }));
    // (what was seen, verdict)
    let cases = [(broken, Verdict::Error), (ended, Verdict::Inconclusive)];
    for (events, verdict) in cases {
        let found = result(called("a", vec![any_tls()]), events, &listed);
        assert_eq!(found.verdict, verdict);
        assert_eq!(found.unexpected_passes, [""; 0], "{verdict:?}");
    }
    let options = JudgeOptions {
        profile: Some(RowProfile::Rfc),
        known_failures: listed.to_vec(),
        ..JudgeOptions::default()
    };
    let recording = recording(called("a", vec![any_tls()]), delivered("1.3"));
    let found = judge(&recording, &TwinResult::Delivered, &options);
    assert_eq!(found.unexpected_passes, [""; 0], "rows were left out");
}

#[test]
fn an_entry_must_come_true_in_each_case_that_it_fits_and_that_was_judged() {
    // (entry's case, all ids are known, cases told, judged)
    let cases = [
        ("a#one", true, None),
        ("a#two", true, Some((vec!["a#two"], 1))),
        ("a#*", true, Some((vec!["a#two"], 2))),
        ("skipped", true, None),
        ("gone", true, Some((vec![], 0))),
        ("gone", false, None),
    ];
    for (case, is_whole, want) in cases {
        let listed = [known(case, "none")];
        let results = [
            result(called("a#one", vec![any_tls()]), delivered("none"), &listed),
            result(called("a#two", vec![any_tls()]), delivered("1.3"), &listed),
            CaseResult::skipped(&called("skipped", vec![any_tls()]), "no"),
        ];
        let ids = ["a#one", "a#two", "skipped"];
        let told = unmet(&listed, &results, is_whole.then_some(&ids[..]));
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.cases.clone(), one.judged))
            .collect();
        assert_eq!(told, Vec::from_iter(want), "{case}");
    }
}
