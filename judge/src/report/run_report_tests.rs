//! Reports are read back, and what is none is told by its place.

use proptest::prelude::*;

use super::reports_made_up::{Made, case, finding};
use super::{ReportError, RunReport};
use crate::verdict::{FailureKind, FindingVerdict, Verdict};

#[test]
fn what_is_no_report_is_told_by_its_place() {
    let good = Made::by("postfix").with(case("a", Verdict::Pass)).report();
    let good = good.to_json();
    let twice = good.replace(
        "\"cases\": [",
        "\"cases\": [\n{\"id\": \"a\", \"verdict\": \"pass\", \"level\": \"must\"},",
    );
    // (text, where and what)
    let cases = [
        (String::new(), "1:1: EOF while parsing a value"),
        ("\u{7f}ELF".into(), "1:1: expected value"),
        ("{}".into(), "1:2: missing field `version`"),
        (
            "[1]".into(),
            "1:3: invalid length 1, expected the report of a run",
        ),
        (
            "{\"version\": 1,\n \"cases\": []}".into(),
            "2:13: missing field `subject`",
        ),
        (
            good.replace("\"version\": 1", "\"version\": 2"),
            "1:1: version 2 of the format",
        ),
        (
            good.replace("\"pass\"", "\"great\""),
            "unknown variant `great`",
        ),
        (
            good.replace("\"id\": \"a\"", "\"id\": \"a\\u001b[2J\""),
            "is no id of a case",
        ),
        (twice, "case \"a\" stands there twice"),
        (good[..good.len() / 2].into(), "EOF while parsing"),
    ];
    for (text, want) in cases {
        let told = RunReport::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(told.contains(want), "{want}\n{told}");
        let place: Vec<&str> = told.splitn(3, ':').collect();
        assert!(
            place[..2]
                .iter()
                .all(|n| n.parse::<usize>().is_ok_and(|n| n > 0)),
            "{told}"
        );
    }
    let long = vec![b' '; super::LONGEST_REPORT + 1];
    assert_eq!(
        RunReport::parse(&long),
        Err(ReportError::TooLong(long.len()))
    );
}

#[test]
fn a_report_of_older_days_is_read() {
    let text = r#"{
        "version": 1, "subject": "engine", "subject_version": "0.1.0", "unheard-of": [],
        "summary": {"passed": 7},
        "cases": [{"id": "a", "verdict": "warn", "outcome": null, "level": "should",
            "findings": [{"expectation": "tls", "wanted": "any", "got": "none", "requirements": [],
                "level": "should", "verdict": "warn"}]}]
    }"#;
    let report = RunReport::parse(text.as_bytes()).unwrap();
    assert_eq!(report.began, None);
    assert_eq!(
        (report.summary.passed, report.summary.warned),
        (0, 1),
        "counted anew"
    );
    assert_eq!(report.cases[0].findings[0].step, 1);
}

proptest! {
    #[test]
    fn a_written_report_reads_back_the_same(
        name in ".{0,9}", got in ".{0,9}", began in proptest::option::of(".{0,9}"), ms in any::<u64>(),
    ) {
        let listed = finding("via", &got, FindingVerdict::Pass).known("so it is", Some(FailureKind::Bug), "");
        let failed = case("a/b#c", Verdict::Fail)
            .because(&got)
            .finding(finding("tls", &got, FindingVerdict::Fail))
            .finding(listed);
        let mut report = Made::by(&name).with(failed).with(case("d", Verdict::Skip)).report();
        report.began = began;
        report.milliseconds = ms;
        prop_assert_eq!(RunReport::parse(report.to_json().as_bytes()), Ok(report));
    }

    #[test]
    fn no_octets_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = RunReport::parse(&bytes);
    }
}
