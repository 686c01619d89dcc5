//! Comparisons as they are read.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::comparison::{Turn, verdict_turn};
use super::reports_made_up::{Made, case, finding};
use super::{Colour, Comparison, FiledReport, FindingReport, RunReport};
use crate::verdict::{FindingVerdict, Verdict};

fn filed(file: &str, report: RunReport) -> FiledReport {
    FiledReport {
        file: file.into(),
        report,
    }
}

fn of(got: &str, verdict: FindingVerdict) -> FindingReport {
    finding("tls", got, verdict)
}

fn old() -> FiledReport {
    let made = Made::by("postfix")
        .with(case("a/passes", Verdict::Pass).finding(of("1.3", FindingVerdict::Pass)))
        .with(case("a/breaks", Verdict::Pass).finding(of("1.3", FindingVerdict::Pass)))
        .with(
            case("a/fails-more", Verdict::Fail)
                .finding(of("none", FindingVerdict::Fail))
                .finding(finding("via", "mx.example.test", FindingVerdict::Pass)),
        )
        .with(case("a/mended", Verdict::Fail).finding(of("none", FindingVerdict::Fail)))
        .with(case("a/otherwise", Verdict::Fail).finding(of("none", FindingVerdict::Fail)))
        .with(case("a/left-out", Verdict::Pass))
        .with(case("a/skipped-now", Verdict::Pass));
    filed("old.json", made.report())
}

fn new() -> FiledReport {
    let made = Made::by("postfix")
        .with(case("a/passes", Verdict::Pass).finding(of("1.3", FindingVerdict::Pass)))
        .with(case("a/breaks", Verdict::Fail).finding(of("none", FindingVerdict::Fail)))
        .with(
            case("a/fails-more", Verdict::Fail)
                .finding(of("none", FindingVerdict::Fail))
                .finding(finding("via", "attacker.test", FindingVerdict::Fail)),
        )
        .with(case("a/mended", Verdict::Pass).finding(of("1.2", FindingVerdict::Pass)))
        .with(case("a/otherwise", Verdict::Fail).finding(of("1.0", FindingVerdict::Fail)))
        .with(case("a/skipped-now", Verdict::Skip).because("the subject lacks dane"))
        .with(case("a/added", Verdict::Fail).because("tls: wanted any, got none"));
    let mut report = made.report();
    report.subject_version = "3.8.0".into();
    report.began = Some("2026-02-03T04:05:06Z".into());
    filed("new.json", report)
}

#[test]
fn what_is_worse_comes_first_and_makes_the_code_1() {
    let comparison = Comparison::of(&old(), &new());
    assert_snapshot!(comparison.told(Colour::No));
    assert_eq!(comparison.exit_code(), 1);
}

#[test]
fn nothing_is_worse_than_itself() {
    let comparison = Comparison::of(&old(), &old());
    assert_eq!((comparison.same, comparison.exit_code()), (7, 0));
    assert_snapshot!(comparison.told(Colour::No));
}

#[test]
fn programs_get_one_value() {
    let text = Comparison::of(&old(), &new()).to_json();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["worse"][0]["id"], "a/breaks");
    assert_eq!(value["worse"][0]["old"], "pass");
    assert_eq!(value["added"][0]["old"], serde_json::Value::Null);
    assert_eq!(value["same"], 1);
}

#[test]
fn a_failure_that_is_listed_is_not_mended_and_one_that_comes_back_is_worse() {
    use Verdict::{Error, Fail, Inconclusive, KnownFailure, Pass, Warn};
    // (old, new, where it moved)
    let cases = [
        (Pass, Pass, Turn::Same),
        (Pass, Warn, Turn::Worse),
        (Pass, KnownFailure, Turn::Worse),
        (Pass, Inconclusive, Turn::Worse),
        (Fail, KnownFailure, Turn::Changed),
        (Fail, Inconclusive, Turn::Changed),
        (KnownFailure, Inconclusive, Turn::Changed),
        (KnownFailure, Fail, Turn::Worse),
        (Inconclusive, Fail, Turn::Worse),
        (Inconclusive, KnownFailure, Turn::Changed),
        (Fail, Warn, Turn::Better),
        (Fail, Pass, Turn::Better),
        (Error, Fail, Turn::Changed),
        (Fail, Error, Turn::Worse),
    ];
    for (before, after, want) in cases {
        assert_eq!(
            verdict_turn(before, after),
            want,
            "{before:?} then {after:?}"
        );
    }
}

#[test]
fn reports_that_can_hardly_be_compared_say_so() {
    let mut other = new();
    other.report.subject = "exim".into();
    other.report.strict = true;
    let told = Comparison::of(&old(), &other).told(Colour::No);
    for words in [
        "These are two subjects",
        "all rows, then all rows, strictly",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

proptest! {
    #[test]
    fn each_case_of_either_report_is_counted_once(
        before in proptest::collection::btree_map("[a-d]", 0..4_usize, 0..4),
        after in proptest::collection::btree_map("[a-d]", 0..4_usize, 0..4),
    ) {
        let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Skip, Verdict::Inconclusive];
        let made = |cases: &std::collections::BTreeMap<String, usize>| {
            let made = cases.iter().fold(Made::by("x"), |made, (id, at)| made.with(case(id, verdicts[*at])));
            filed("x.json", made.report())
        };
        let one = Comparison::of(&made(&before), &made(&after));
        let parts = [&one.worse, &one.better, &one.changed, &one.added, &one.gone];
        let counted = parts.iter().map(|part| part.len()).sum::<usize>() + one.same;
        let all: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
        prop_assert_eq!(counted, all.len());
    }
}
