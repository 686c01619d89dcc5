//! The matrix as data: a column for each report, a row for each case.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::super::terminal::one_line;
use super::super::{RunReport, Summary};
use crate::verdict::{RowProfile, Verdict};

/// Raised when a program that reads the old form would misunderstand the new one.
pub const MATRIX_VERSION: u32 = 1;

/// A report and the file that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledReport {
    /// As the user named it.
    pub file: String,
    /// What is in it.
    pub report: RunReport,
}

/// Subjects by cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Of the format.
    pub version: u32,
    /// In the order of the files.
    pub subjects: Vec<Column>,
    /// In the order of the suite.
    pub cases: Vec<MatrixRow>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name, with a number when two reports are of subjects of that name.
    pub label: String,
    /// As it calls itself.
    pub name: String,
    /// As it prints it.
    pub subject_version: String,
    /// When the run began.
    pub began: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
    /// The one set of rows that counted.
    pub rows: Option<RowProfile>,
    /// A missed should failed.
    pub strict: bool,
    /// Where the report is.
    pub file: String,
    /// Of the cases that are in the matrix.
    pub summary: Summary,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// The case's id.
    pub id: String,
    /// One for each subject; none when its report does not have the case.
    pub results: Vec<Option<Cell>>,
}

/// What is said of one subject in one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// In a word.
    pub verdict: Verdict,
    /// What became of the mail.
    pub outcome: Option<String>,
    /// Why the verdict is not `pass`.
    pub reason: Option<String>,
}

impl Matrix {
    /// Puts reports beside each other; cases for which `wanted` does not hold are left out.
    #[must_use]
    pub fn of(reports: &[FiledReport], wanted: impl Fn(&str) -> bool) -> Self {
        let labels = labels(reports);
        let mut cases: Vec<MatrixRow> = ids_of(reports)
            .into_iter()
            .filter(|id| wanted(id))
            .map(|id| MatrixRow {
                id: id.to_owned(),
                results: vec![None; reports.len()],
            })
            .collect();
        let rows: HashMap<String, usize> = (cases.iter().enumerate())
            .map(|(row, case)| (case.id.clone(), row))
            .collect();
        let mut subjects = Vec::new();
        for (column, (filed, label)) in reports.iter().zip(labels).enumerate() {
            let report = &filed.report;
            let here = || {
                report
                    .cases
                    .iter()
                    .filter(|case| rows.contains_key(&case.id))
            };
            for case in here() {
                cases[rows[&case.id]].results[column] = Some(Cell {
                    verdict: case.verdict,
                    outcome: case.outcome.clone(),
                    reason: case.reason.clone(),
                });
            }
            subjects.push(Column {
                label,
                name: report.subject.clone(),
                subject_version: report.subject_version.clone(),
                began: report.began.clone(),
                milliseconds: report.milliseconds,
                rows: report.rows,
                strict: report.strict,
                file: filed.file.clone(),
                summary: Summary::count(here().map(|case| case.verdict)),
            });
        }
        Self {
            version: MATRIX_VERSION,
            subjects,
            cases,
        }
    }

    /// As JSON, on one line with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a matrix has text keys alone");
        text.push('\n');
        text
    }
}

impl MatrixRow {
    /// Do the subjects that played the case differ?
    #[must_use]
    pub fn differs(&self) -> bool {
        let mut played = self.verdicts().filter(|verdict| *verdict != Verdict::Skip);
        let first = played.next();
        played.any(|verdict| Some(verdict) != first)
    }

    /// Is anything but `pass` and `skip` said of any subject?
    #[must_use]
    pub fn is_held_against_any(&self) -> bool {
        self.verdicts()
            .any(|verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip))
    }

    fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        self.results.iter().flatten().map(|cell| cell.verdict)
    }
}

/// The names of the subjects; those that two have are numbered in the order of the files.
pub(in crate::report) fn labels(reports: &[FiledReport]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for filed in reports {
        counts.entry(&filed.report.subject).or_default().1 += 1;
    }
    let mut label = |name: &str| match counts.get_mut(name) {
        Some((given, all)) if *all > 1 => {
            *given += 1;
            format!("{}#{given}", one_line(name))
        }
        _ => one_line(name),
    };
    (reports.iter())
        .map(|filed| label(&filed.report.subject))
        .collect()
}

/// All ids: those of the first report in its order, and those of each further one behind what they follow there.
fn ids_of(reports: &[FiledReport]) -> Vec<&str> {
    let mut followers: HashMap<Option<&str>, Vec<&str>> = HashMap::new();
    let mut known: HashMap<&str, ()> = HashMap::new();
    for filed in reports {
        let mut before = None;
        for case in &filed.report.cases {
            let id = case.id.as_str();
            if known.insert(id, ()).is_none() {
                followers.entry(before).or_default().push(id);
            }
            before = Some(id);
        }
    }
    // Whoever came later to the same place stands nearer to it.
    let mut ids = Vec::with_capacity(known.len());
    let mut waiting: Vec<&str> = followers.remove(&None).unwrap_or_default();
    while let Some(id) = waiting.pop() {
        ids.push(id);
        waiting.extend(followers.remove(&Some(id)).unwrap_or_default());
    }
    ids
}
