//! The matrix as it is read.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::super::reports_made_up::{Made, case};
use super::super::{Colour, RunReport};
use super::{By, FiledReport, Matrix, View, Which};
use crate::verdict::Verdict;

fn filed(file: &str, report: RunReport) -> FiledReport {
    FiledReport {
        file: file.into(),
        report,
    }
}

fn three() -> Vec<FiledReport> {
    let engine = Made::by("engine")
        .with(case("compliance/outbound/no-starttls", Verdict::Pass))
        .with(case("dane/usage#ta", Verdict::Pass))
        .with(case("dane/usage#ee", Verdict::Pass))
        .with(case(
            "mta-sts/mx-matching/star-covers-one-label#two-labels",
            Verdict::Pass,
        ));
    let postfix = Made::by("postfix")
        .with(case("compliance/inbound/rule", Verdict::Skip))
        .with(case("compliance/outbound/no-starttls", Verdict::Fail))
        .with(case("dane/usage#ta", Verdict::Pass))
        .with(case("dane/usage#mixed", Verdict::Error))
        .with(case("dane/usage#ee", Verdict::Inconclusive));
    let exim = Made::by("exim")
        .with(case(
            "compliance/outbound/no-starttls",
            Verdict::KnownFailure,
        ))
        .with(case("dane/usage#ta", Verdict::Pass))
        .with(case("dane/usage#ee", Verdict::Warn))
        .with(case(
            "mta-sts/mx-matching/star-covers-one-label#two-labels",
            Verdict::Skip,
        ));
    vec![
        filed("engine.json", engine.report()),
        filed("runs/postfix.json", postfix.report()),
        filed("runs/exim.json", exim.report()),
    ]
}

const VIEW: View = View {
    by: By::Case,
    which: Which::All,
    width: 100,
    colour: Colour::No,
};

fn all(reports: &[FiledReport]) -> Matrix {
    Matrix::of(reports, |_| true)
}

#[test]
fn each_case_has_a_line_and_each_subject_a_column() {
    assert_snapshot!(all(&three()).table(&VIEW));
}

#[test]
fn where_words_do_not_fit_there_are_marks_and_where_ids_do_not_fit_their_ends() {
    let mut reports = three();
    reports.extend(three());
    let view = View { width: 60, ..VIEW };
    assert_snapshot!(all(&reports).table(&view));
}

#[test]
fn families_and_files_have_shares() {
    let matrix = all(&three());
    let by = |by| matrix.table(&View { by, ..VIEW });
    assert_snapshot!(format!("{}\n\n{}", by(By::Family), by(By::File)));
}

#[test]
fn cases_may_be_left_out_by_what_is_said_of_them_and_by_their_ids() {
    let dane = Matrix::of(&three(), |id| id.starts_with("dane/"));
    let which = |which| dane.table(&View { which, ..VIEW });
    assert_snapshot!(format!(
        "{}\n\n{}",
        which(Which::Differing),
        which(Which::Failing)
    ));
}

#[test]
fn programs_get_one_value() {
    let matrix = Matrix::of(&three()[..2], |id| id.starts_with("dane/"));
    let value: serde_json::Value = serde_json::from_str(&matrix.to_json()).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn reports_that_were_not_judged_alike_say_so() {
    let mut reports = three();
    reports[1].report.strict = true;
    let table = all(&reports).table(&VIEW);
    assert!(table.contains("They were not judged alike"), "{table}");
}

fn any_report() -> impl Strategy<Value = FiledReport> {
    let verdicts = prop_oneof![
        Just(Verdict::Pass),
        Just(Verdict::Fail),
        Just(Verdict::Skip),
        Just(Verdict::Error)
    ];
    let cases = proptest::collection::btree_map("[a-c]/[a-c](#[a-c])?", verdicts, 0..9);
    ("\\PC{0,20}|p", cases).prop_map(|(name, cases)| {
        let made = cases
            .into_iter()
            .fold(Made::by(&name), |made, (id, verdict)| {
                made.with(case(&id, verdict))
            });
        filed("f", made.report())
    })
}

proptest! {
    #[test]
    fn every_case_of_every_report_stands_there_once_and_nothing_makes_it_panic(
        reports in proptest::collection::vec(any_report(), 1..6),
        width in 0_usize..200,
    ) {
        let matrix = all(&reports);
        let mut ids: Vec<&str> = matrix.cases.iter().map(|row| row.id.as_str()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
        for (column, filed) in reports.iter().enumerate() {
            let here = matrix.cases.iter().filter(|row| row.results[column].is_some()).count();
            prop_assert_eq!(here, filed.report.cases.len());
        }
        for by in [By::Case, By::File, By::Family] {
            let _ = matrix.table(&View { by, width, ..VIEW });
        }
    }
}
