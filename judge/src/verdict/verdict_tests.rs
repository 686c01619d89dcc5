//! The verdict of a case: levels, twin, met, known failures, profiles, errors.

use super::testing::*;
use super::{CaseResult, FindingVerdict, JudgeOptions, RowProfile, TwinResult, Verdict, judge};
use crate::events::{Event, What};
use crate::scenario::{
    Case, Direction, Fields, Level, OutcomeWord, Pattern, StartTls, TlsCondition, Wanted,
};

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

fn case_wanting(level: Level, wanted: Vec<Wanted>) -> Case {
    case_of(vec![step(vec![table(level, wanted)])])
}

fn delivered(tls: &str) -> Vec<Event> {
    vec![
        injected("first", 250, "ok"),
        accepted(MX, 1, "first", USER, tls),
    ]
}

fn bounced() -> Vec<Event> {
    vec![
        injected("first", 250, "ok"),
        notice("first", &dsn("failed", "5.7.4", USER)),
    ]
}

fn met(what: &str) -> Event {
    event(What::Met { what: what.into() })
}

fn result(case: Case, events: Vec<Event>, twin: &TwinResult, options: &JudgeOptions) -> CaseResult {
    judge(&recording(case, events), twin, options)
}

fn verdict(case: Case, events: Vec<Event>) -> Verdict {
    let options = JudgeOptions::default();
    result(case, events, &TwinResult::Delivered, &options).verdict
}

#[test]
fn a_missed_finding_weighs_as_much_as_its_level() {
    // (level, strict, verdict)
    let cases = [
        (Level::Must, false, Verdict::Fail),
        (Level::Documented, false, Verdict::Fail),
        (Level::Should, false, Verdict::Warn),
        (Level::Should, true, Verdict::Fail),
        (Level::May, true, Verdict::Warn),
    ];
    for (level, strict, want) in cases {
        let options = JudgeOptions {
            strict,
            ..JudgeOptions::default()
        };
        let case = case_wanting(level, vec![any_tls()]);
        let found = result(case, delivered("none"), &TwinResult::Delivered, &options);
        assert_eq!(found.verdict, want, "{level:?} strict: {strict}");
        assert_eq!(found.level, level);
    }
}

#[test]
fn a_case_is_as_bad_as_its_worst_finding_and_a_row_likewise() {
    let mut should = table(Level::Should, vec![any_tls()]);
    should.requirements = vec!["A-should".into()];
    let must = table(Level::Must, vec![delivery()]);
    let row = must.requirements[0].clone();
    let case = case_of(vec![step(vec![must, should])]);
    let options = JudgeOptions::default();
    let found = result(case, delivered("none"), &TwinResult::NotNeeded, &options);
    assert_eq!(found.verdict, Verdict::Warn);
    assert_eq!(found.requirements[&row], FindingVerdict::Pass);
    assert_eq!(found.requirements["A-should"], FindingVerdict::Warn);
    assert_eq!(found.outcome.as_deref(), Some("delivered"));
    assert_eq!(found.reason.as_deref(), Some("tls: wanted any, got none"));
}

#[test]
fn a_refusal_counts_only_beside_a_delivered_twin() {
    let refused = TwinResult::NotDelivered("deferred".into());
    // (wanted, twin, verdict, reason)
    let cases = [
        (vec![refusal()], TwinResult::Delivered, Verdict::Pass, None),
        (
            vec![refusal()],
            refused.clone(),
            Verdict::Inconclusive,
            Some("the healthy twin was not delivered: deferred"),
        ),
        (
            vec![refusal()],
            TwinResult::NotNeeded,
            Verdict::Inconclusive,
            Some("nothing was delivered (bounced), and there is no twin"),
        ),
        (
            vec![delivery()],
            refused.clone(),
            Verdict::Fail,
            Some("outcome: wanted delivered, got bounced"),
        ),
        // What came back shows by itself that the subject is up; that nothing leaked does not.
        (
            vec![Wanted::Status(vec!["5.7.4".into()])],
            TwinResult::NotNeeded,
            Verdict::Pass,
            None,
        ),
        (
            vec![Wanted::Leaked(false)],
            TwinResult::NotNeeded,
            Verdict::Inconclusive,
            Some("nothing was delivered (bounced), and there is no twin"),
        ),
        (
            vec![Wanted::Status(vec!["5.7.4".into()])],
            refused,
            Verdict::Inconclusive,
            Some("the healthy twin was not delivered: deferred"),
        ),
    ];
    for (wanted, twin, verdict, reason) in cases {
        let case = case_wanting(Level::Must, wanted.clone());
        let found = result(case, bounced(), &twin, &JudgeOptions::default());
        assert_eq!(found.verdict, verdict, "{wanted:?} {twin:?}");
        assert_eq!(found.reason.as_deref(), reason, "{wanted:?} {twin:?}");
    }
}

#[test]
fn a_refusal_counts_only_when_all_that_differs_was_met() {
    let case = || {
        let mut case = case_wanting(Level::Must, vec![refusal()]);
        let hosts = &mut case.steps[0].world.hosts;
        hosts.insert(
            "second.example.test".into(),
            crate::scenario::Host::default(),
        );
        for host in hosts.values_mut() {
            host.starttls = StartTls::Absent;
        }
        hosts.get_mut("mx.home.test").unwrap().starttls = StartTls::Offered;
        hosts.get_mut(MX).unwrap().keywords = vec!["-DSN".into()];
        case
    };
    let keywords = || met("host.\"mx.example.test\".keywords");
    let one = || met("host.\"mx.example.test\".starttls");
    let other = || met("host.\"second.example.test\".starttls");
    let in_warm_up = |event| in_step(0, event);
    // (met, verdict)
    let cases = [
        (vec![], Verdict::Inconclusive),
        (vec![keywords()], Verdict::Inconclusive),
        (vec![one()], Verdict::Inconclusive),
        (vec![one(), keywords()], Verdict::Pass),
        (vec![other(), keywords()], Verdict::Pass),
        (vec![one(), in_warm_up(keywords())], Verdict::Pass),
        (vec![one(), in_step(2, keywords())], Verdict::Inconclusive),
    ];
    for (more, want) in cases {
        let mut events = bounced();
        events.extend(more);
        assert_eq!(verdict(case(), events.clone()), want, "{events:?}");
    }
}

#[test]
fn what_holds_beside_an_outcome_that_was_not_accepted_proves_nothing() {
    let case = case_wanting(Level::Must, vec![delivery(), Wanted::Leaked(false)]);
    let found = result(
        case,
        bounced(),
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    let verdicts: Vec<FindingVerdict> = found.findings.iter().map(|one| one.verdict).collect();
    assert_eq!(
        verdicts,
        [FindingVerdict::Fail, FindingVerdict::Inconclusive]
    );
    assert_eq!(found.verdict, Verdict::Fail);
}

#[test]
fn each_step_is_judged_over_its_own_events() {
    let first = step(vec![table(Level::Must, vec![refusal()])]);
    let mut second = step(vec![table(Level::Must, vec![delivery(), any_tls()])]);
    second.inject.clear();
    second.makes_due = true;
    let case = || case_of(vec![first.clone(), second.clone()]);
    let then = |tls: &str| {
        vec![
            injected("first", 250, "ok"),
            queued("first", true),
            in_step(2, accepted(MX, 1, "first", USER, tls)),
        ]
    };
    assert_eq!(verdict(case(), then("1.3")), Verdict::Pass);
    assert_eq!(verdict(case(), then("none")), Verdict::Fail);
    let at_once = delivered("1.3");
    let found = result(
        case(),
        at_once,
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    assert_eq!(
        found.reason.as_deref(),
        Some("step 1: outcome: wanted deferred or returned, got delivered")
    );
}

#[test]
fn tables_of_another_profile_are_not_judged() {
    let documented = table(Level::Documented, vec![any_tls()]);
    let must = table(Level::Must, vec![delivery()]);
    let both = case_of(vec![step(vec![must.clone(), documented])]);
    let only_must = case_of(vec![step(vec![must])]);
    // (case, profile, verdict, findings)
    let cases = [
        (&both, None, Verdict::Fail, 2),
        (&both, Some(RowProfile::Rfc), Verdict::Pass, 1),
        (&both, Some(RowProfile::Google), Verdict::Fail, 1),
        (&only_must, Some(RowProfile::Google), Verdict::Skip, 0),
    ];
    for (case, profile, verdict, findings) in cases {
        let options = JudgeOptions {
            profile,
            ..JudgeOptions::default()
        };
        let found = result(
            case.clone(),
            delivered("none"),
            &TwinResult::Delivered,
            &options,
        );
        assert_eq!(
            (found.verdict, found.findings.len()),
            (verdict, findings),
            "{profile:?}"
        );
    }
}

#[test]
fn what_is_our_own_fault_is_an_error() {
    let failed = event(What::HarnessFailed {
        reason: "no port is free".into(),
    });
    let mut events = delivered("1.3");
    events.push(failed);
    let case = || case_wanting(Level::Must, vec![delivery()]);
    assert_eq!(verdict(case(), events), Verdict::Error);
    assert_eq!(verdict(case(), vec![]), Verdict::Error);
    assert_eq!(
        verdict(case(), vec![event(What::StepBegan)]),
        Verdict::Error
    );
}

#[test]
fn a_subject_that_dies_passes_no_case_that_does_not_speak_of_it() {
    let case = || case_wanting(Level::Must, vec![delivery()]);
    // (served other cases as well, verdict)
    let cases = [(false, Verdict::Fail), (true, Verdict::Inconclusive)];
    for (shared, wanted) in cases {
        let ended = event(What::SubjectEnded { code: None, shared });
        let mut events = delivered("1.3");
        events.push(ended.clone());
        assert_eq!(verdict(case(), events), wanted);
        let at_once = vec![injected("first", 250, "ok"), ended];
        assert_eq!(verdict(case(), at_once), wanted);
    }
    let mut events = delivered("1.3");
    events.push(event(What::SubjectEnded {
        code: None,
        shared: false,
    }));
    let spoken_of = Wanted::Saw(vec![Pattern {
        event: "subject-ended".into(),
        count: None,
        fields: Fields::new(),
        written: "{ event = \"subject-ended\" }".into(),
    }]);
    let case = case_wanting(Level::Must, vec![delivery(), spoken_of]);
    assert_eq!(verdict(case, events), Verdict::Pass);
}

#[test]
fn an_inbound_case_in_which_the_subject_says_nothing_proves_nothing() {
    let mut case = case_wanting(Level::Must, vec![Wanted::Never(vec![])]);
    case.direction = Direction::Inbound;
    case.client.script = Some(vec![vec!["EHLO mx.example.test".into()]]);
    let met = || met("client.script");
    let spoken = vec![met(), reply("subject.home.test", 1, "EHLO", 250, "hello")];
    assert_eq!(verdict(case.clone(), spoken), Verdict::Pass);
    assert_eq!(verdict(case, vec![met()]), Verdict::Inconclusive);
}

#[test]
fn a_row_that_was_missed_is_missed_though_the_rest_of_its_table_proves_nothing() {
    let case = case_wanting(Level::Should, vec![delivery(), refusal()]);
    assert_eq!(verdict(case, bounced()), Verdict::Warn);
}
