//! The page about what runs found: for each subject the counts, and each must that it fails, as Markdown.
//!
//! It has what the reports say, and nothing else. Whether the recordings show it is for the caller to find out before,
//! who reads files; [`missed_musts`] are what has to be shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::matrix::{FiledReport, date, labels, seconds};
use super::run_report::{CaseReport, FindingReport};
use super::terminal::{citation, one_line};
use crate::events::file_name;
use crate::scenario::{Catalogue, Level};
use crate::verdict::{FailureKind, FindingVerdict, Verdict};

/// Texts of what was got are cut here.
const LONGEST: usize = 240;

/// One run on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSubject {
    /// What it found.
    pub filed: FiledReport,
    /// The name of the folder of its recordings, if each failure was judged again from them.
    pub recordings: Option<String>,
}

/// Each must that a run found missed, with the case that shows it.
pub fn missed_musts(
    report: &super::RunReport,
) -> impl Iterator<Item = (&CaseReport, &FindingReport)> {
    let judged = |case: &&CaseReport| case.verdict != Verdict::Error;
    let is_missed = |finding: &FindingReport| {
        finding.level == Level::Must
            && matches!(
                finding.verdict,
                FindingVerdict::Fail | FindingVerdict::KnownFailure
            )
    };
    (report.cases.iter().filter(judged)).flat_map(move |case| {
        let missed = case.findings.iter().filter(move |one| is_missed(one));
        missed.map(move |finding| (case, finding))
    })
}

/// The page.
#[must_use]
pub fn results_page(subjects: &[PageSubject], catalogue: &Catalogue) -> String {
    let filed: Vec<FiledReport> = subjects.iter().map(|one| one.filed.clone()).collect();
    let labels = labels(&filed);
    let mut text = String::from(
        "# What the suite found\n\n\
         `mtaspec merge --markdown` makes this page from the reports of runs; change nothing by hand.\n\
         It tells every *must* of an RFC that a subject was seen to miss. What was skipped or is inconclusive says\n\
         nothing about a subject, for or against it.\n\n",
    );
    push_counts(&mut text, subjects, &labels);
    for (subject, label) in subjects.iter().zip(&labels) {
        push_subject(&mut text, subject, label, catalogue);
    }
    text
}

fn push_counts(text: &mut String, subjects: &[PageSubject], labels: &[String]) {
    text.push_str(
        "| subject | version | date | cases | passed | warned | failed | known failures | inconclusive | errors | skipped | time |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (subject, label) in subjects.iter().zip(labels) {
        let report = &subject.filed.report;
        let summary = report.summary;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            prose(label),
            prose(&report.subject_version),
            prose(&date(report.began.as_deref()).unwrap_or_default()),
            summary.total(),
            summary.passed,
            summary.warned,
            summary.failed,
            summary.known_failures,
            summary.inconclusive,
            summary.errors,
            summary.skipped,
            seconds(report.milliseconds),
        );
    }
}

fn push_subject(text: &mut String, subject: &PageSubject, label: &str, catalogue: &Catalogue) {
    let report = &subject.filed.report;
    let _ = writeln!(text, "\n## {}\n", prose(label));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skip)
    {
        let reason = case.reason.as_deref().unwrap_or("no reason was given");
        *reasons.entry(reason).or_default() += 1;
    }
    if !reasons.is_empty() {
        text.push_str("Skipped:\n\n");
        for (reason, count) in reasons {
            let _ = writeln!(text, "- {count}: {}", prose(reason));
        }
        text.push('\n');
    }
    let rows = Missed::of(subject, catalogue);
    let missed = missed_musts(report);
    let mut cases: Vec<&str> = missed.map(|(case, _)| case.id.as_str()).collect();
    cases.dedup();
    let _ = match rows.len() {
        0 => writeln!(text, "It was not seen to miss any must."),
        count => writeln!(
            text,
            "It misses {count} {}, which {} {}. {}",
            if count == 1 { "must" } else { "musts" },
            cases.len(),
            if cases.len() == 1 {
                "case shows"
            } else {
                "cases show"
            },
            match &subject.recordings {
                Some(_) => "Each was judged again from the recording that is named beside it.",
                None => "Recordings are named as `run --record` names them; they were not at hand.",
            }
        ),
    };
    for row in rows {
        row.push(text, subject, catalogue);
    }
}

/// One must, and how it is missed, by what is known of the reason.
struct Missed<'a> {
    id: &'a str,
    found: BTreeMap<Why<'a>, Vec<(&'a CaseReport, &'a FindingReport)>>,
}

/// What is known of the reason.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Why<'a> {
    /// Unlisted failures stand last.
    is_new: bool,
    kind: Option<FailureKind>,
    reason: &'a str,
    link: Option<&'a str>,
}

impl<'a> Why<'a> {
    fn of(finding: &'a FindingReport) -> Self {
        let is_new = finding.verdict == FindingVerdict::Fail;
        Self {
            is_new,
            kind: finding.kind.filter(|_| !is_new),
            reason: finding
                .reason
                .as_deref()
                .filter(|_| !is_new)
                .unwrap_or_default(),
            link: finding.link.as_deref().filter(|_| !is_new),
        }
    }

    fn words(&self) -> String {
        if self.is_new {
            return "**Not on the list of known failures.**".to_owned();
        }
        let kind = match self.kind {
            Some(FailureKind::Bug) => "A bug",
            Some(FailureKind::Choice) => "A documented choice",
            Some(FailureKind::Profile) => "A limit of the profile",
            None => "Not decided yet whether it is a bug",
        };
        let mut words = format!("**{kind}:** {}", prose(self.reason));
        if let Some(link) = self.link {
            let _ = write!(
                words,
                " (<{}>)",
                one_line(link).replace(['<', '>', ' '], "")
            );
        }
        words
    }
}

impl<'a> Missed<'a> {
    /// In the order of the catalogue; rows that it does not have stand last.
    fn of(subject: &'a PageSubject, catalogue: &Catalogue) -> Vec<Self> {
        let places: BTreeMap<&str, usize> = (catalogue.rows().enumerate())
            .map(|(place, row)| (row.id.as_str(), place))
            .collect();
        let mut rows: BTreeMap<(usize, &str), Self> = BTreeMap::new();
        for (case, finding) in missed_musts(&subject.filed.report) {
            for id in &finding.requirements {
                let place = places.get(id.as_str()).copied().unwrap_or(usize::MAX);
                let row = rows.entry((place, id)).or_insert_with(|| Self {
                    id,
                    found: BTreeMap::new(),
                });
                let found = row.found.entry(Why::of(finding)).or_default();
                found.push((case, finding));
            }
        }
        rows.into_values().collect()
    }

    fn push(&self, text: &mut String, subject: &PageSubject, catalogue: &Catalogue) {
        let _ = match catalogue.row(self.id) {
            Some(row) => writeln!(
                text,
                "\n### {}: {}\n\n> {}",
                prose(&citation(row)),
                code(self.id),
                prose(&row.text)
            ),
            None => writeln!(text, "\n### {}", code(self.id)),
        };
        for (why, found) in &self.found {
            let _ = writeln!(text, "\n{}\n", why.words());
            for (case, finding) in found {
                let file = file_name(&case.id);
                let recording = match &subject.recordings {
                    Some(folder) => format!("{folder}/{file}"),
                    None => file,
                };
                let _ = writeln!(
                    text,
                    "- {}: {} wanted {}, got {}; {}",
                    code(&case.id),
                    prose(&finding.expectation),
                    code(&finding.wanted),
                    code(&finding.got),
                    code(&recording)
                );
            }
        }
    }
}

/// A text that stands as it is: in so many backticks as it needs.
fn code(text: &str) -> String {
    let text = one_line(text);
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let mut fence = "`".to_owned();
    while shown.contains(&fence) {
        fence.push('`');
    }
    if shown.trim().is_empty() {
        "(nothing)".to_owned()
    } else if fence.len() > 1 || shown.starts_with(' ') {
        format!("{fence} {shown} {fence}")
    } else {
        format!("{fence}{shown}{fence}")
    }
}

/// A text among others: nothing in it is a mark.
fn prose(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in one_line(text).trim().chars() {
        if "\\`*_[]<>|#".contains(c) {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}
