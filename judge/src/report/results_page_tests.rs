//! The page as it is read.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::reports_made_up::{Made, case, finding, row};
use super::{FiledReport, PageSubject, RunReport, results_page};
use crate::scenario::{Catalogue, Level};
use crate::verdict::{FailureKind, FindingVerdict, Verdict};

fn catalogue() -> Catalogue {
    let rows = [
        row(
            "RFC3207-4-client-tls-right-after-220",
            "After 220 the next bytes are a TLS ClientHello.",
        ),
        row(
            "RFC8461-4.1-wildcard-is-one-label",
            "A `*` stands for exactly one label.",
        ),
    ];
    Catalogue::parse(&rows.concat()).unwrap()
}

fn subject(report: RunReport, recordings: Option<&str>) -> PageSubject {
    PageSubject {
        filed: FiledReport {
            file: "report.json".into(),
            report,
        },
        recordings: recordings.map(str::to_owned),
    }
}

fn postfix() -> RunReport {
    let link = "https://example.test/manual#names";
    let choice = |got: &str| {
        finding("outcome", got, FindingVerdict::Fail).known(
            "it matches suffixes, as TLS_README says",
            Some(FailureKind::Choice),
            link,
        )
    };
    let mut right_after = finding("order", "EHLO before `ClientHello`", FindingVerdict::Fail);
    right_after.requirements = vec!["RFC3207-4-client-tls-right-after-220".into()];
    let mut should = finding("status", "5.0.0", FindingVerdict::Warn);
    should.level = Level::Should;
    let odd = finding("via", "attacker.test", FindingVerdict::Fail).known(
        "the table has no such key",
        Some(FailureKind::Profile),
        "",
    );
    Made::by("postfix")
        .with(case("healthy", Verdict::Pass).finding(finding("tls", "1.3", FindingVerdict::Pass)))
        .with(case("mta-sts/star#one", Verdict::KnownFailure).finding(choice("delivered")))
        .with(case("mta-sts/star#two", Verdict::KnownFailure).finding(choice("delivered")))
        .with(case("mta-sts/star#odd", Verdict::KnownFailure).finding(odd))
        .with(case("mta-sts/new", Verdict::Fail).finding(finding(
            "leaked",
            "true",
            FindingVerdict::Fail,
        )))
        .with(case("starttls/order", Verdict::Fail).finding(right_after))
        .with(case("starttls/status", Verdict::Warn).finding(should))
        .with(case("broken", Verdict::Error).finding(finding("tls", "none", FindingVerdict::Fail)))
        .with(case("in/a", Verdict::Skip).because("the subject lacks inbound-rules"))
        .with(case("in/b", Verdict::Skip).because("the subject lacks inbound-rules"))
        .with(case("tls/old", Verdict::Skip).because("the subject lacks tls-1.0"))
        .report()
}

#[test]
fn each_must_that_was_missed_stands_there_with_its_text_its_reason_and_its_recordings() {
    let mut exim = Made::by("exim")
        .with(case("healthy", Verdict::Pass))
        .report();
    exim.subject_version = "4.96 | <patched>".into();
    let subjects = [
        subject(postfix(), Some("postfix")),
        subject(exim, Some("exim")),
    ];
    assert_snapshot!(results_page(&subjects, &catalogue()));
}

#[test]
fn a_page_without_recordings_or_catalogue_says_less_and_so() {
    let page = results_page(&[subject(postfix(), None)], &Catalogue::default());
    for words in [
        "they were not at hand",
        "`mta-sts_star__one.jsonl`",
        "### `RFC8461-4.1",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_line(text in "\\PC*|[`*<>\\n\\r|#-]{0,20}") {
        let failed = case("a", Verdict::Fail)
            .finding(finding(&text, &text, FindingVerdict::Fail).known(&text, None, &text));
        let made = Made::by(&text).with(failed).with(case("b", Verdict::Skip).because(&text));
        let page = results_page(&[subject(made.report(), Some("x"))], &Catalogue::default());
        let plain = results_page(&[subject(
            Made::by("x")
                .with(case("a", Verdict::Fail).finding(
                    finding("x", "x", FindingVerdict::Fail).known("x", None, "x"),
                ))
                .with(case("b", Verdict::Skip).because("x"))
                .report(),
            Some("x"),
        )], &Catalogue::default());
        prop_assert_eq!(page.lines().count(), plain.lines().count());
    }
}
