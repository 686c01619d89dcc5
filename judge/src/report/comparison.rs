//! Two reports of one subject, the older and the newer: what became better, worse, or other.
//!
//! What was skipped or is not in a report was not played: such a case is new or gone, and neither better nor worse.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::matrix::FiledReport;
use super::run_report::{CaseReport, FindingReport};
use super::terminal::{Colour, one_line, painted};
use super::{RunReport, Summary};
use crate::verdict::{FindingVerdict, Verdict};

/// Raised when a program that reads the old form would misunderstand the new one.
pub const COMPARISON_VERSION: u32 = 1;

/// What two reports differ in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Of the format.
    pub version: u32,
    /// The older report.
    pub old: Side,
    /// The newer one.
    pub new: Side,
    /// Cases of which worse is said than before.
    pub worse: Vec<Change>,
    /// Cases of which better is said.
    pub better: Vec<Change>,
    /// Cases of which as much is said as before, for other reasons.
    pub changed: Vec<Change>,
    /// Cases that were not played before.
    pub added: Vec<Change>,
    /// Cases that are not played any more.
    pub gone: Vec<Change>,
    /// How many cases are as they were.
    pub same: usize,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Where it is.
    pub file: String,
    /// Who was tested.
    pub subject: String,
    /// As it prints it.
    pub subject_version: String,
    /// When the run began.
    pub began: Option<String>,
    /// How many cases got which verdict.
    pub summary: Summary,
    /// Which rows counted, and how strictly.
    #[serde(skip)]
    judged: String,
}

/// What one case differs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The case's id.
    pub id: String,
    /// None: it is not in the older report.
    pub old: Option<Verdict>,
    /// None: it is not in the newer one.
    pub new: Option<Verdict>,
    /// Each in a sentence.
    pub details: Vec<String>,
}

/// Where something moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Same,
    Better,
    Changed,
    Worse,
}

impl Comparison {
    /// Holds the newer report against the older.
    #[must_use]
    pub fn of(old: &FiledReport, new: &FiledReport) -> Self {
        let mut comparison = Self {
            version: COMPARISON_VERSION,
            old: Side::of(old),
            new: Side::of(new),
            worse: Vec::new(),
            better: Vec::new(),
            changed: Vec::new(),
            added: Vec::new(),
            gone: Vec::new(),
            same: 0,
        };
        let before = by_id(&old.report);
        let now = by_id(&new.report);
        for case in &new.report.cases {
            comparison.take(before.get(case.id.as_str()).copied(), Some(case));
        }
        for case in &old.report.cases {
            if !now.contains_key(case.id.as_str()) {
                comparison.take(Some(case), None);
            }
        }
        comparison
    }

    fn take(&mut self, old: Option<&CaseReport>, new: Option<&CaseReport>) {
        let id = new.or(old).map(|case| case.id.clone()).unwrap_or_default();
        let mut change = Change {
            id,
            old: old.map(|case| case.verdict),
            new: new.map(|case| case.verdict),
            details: Vec::new(),
        };
        let played = |case: &&CaseReport| case.verdict != Verdict::Skip;
        match (old.filter(played), new.filter(played)) {
            (None, None) => self.same += 1,
            (None, Some(new)) => {
                change.details.extend(new.reason.as_deref().map(one_line));
                self.added.push(change);
            }
            (Some(_), None) => {
                let why = new.and_then(|case| case.reason.as_deref());
                change.details.extend(why.map(one_line));
                self.gone.push(change);
            }
            (Some(old), Some(new)) => {
                let (turn, details) = turn_of(old, new);
                change.details = details;
                match turn {
                    Turn::Same => self.same += 1,
                    Turn::Better => self.better.push(change),
                    Turn::Changed => self.changed.push(change),
                    Turn::Worse => self.worse.push(change),
                }
            }
        }
    }

    /// 1 when anything is worse, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.worse.is_empty())
    }

    /// As JSON, on one line with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a comparison has text keys alone");
        text.push('\n');
        text
    }

    /// As a person reads it, the worst first.
    #[must_use]
    pub fn told(&self, colour: Colour) -> String {
        let mut text = String::new();
        for (word, side) in [("old", &self.old), ("new", &self.new)] {
            let _ = writeln!(text, "{word}  {}", side.words());
        }
        if self.old.subject != self.new.subject {
            text.push_str("These are two subjects: what is worse of one was never the other's.\n");
        }
        if self.old.judged != self.new.judged {
            let _ = writeln!(
                text,
                "They were not judged alike ({}, then {}): the same deed may have another verdict.",
                self.old.judged, self.new.judged
            );
        }
        let parts = [
            ("worse", &self.worse),
            ("better", &self.better),
            ("changed", &self.changed),
            ("new", &self.added),
            ("gone", &self.gone),
        ];
        for (word, changes) in parts.iter().filter(|(_, changes)| !changes.is_empty()) {
            let _ = writeln!(text, "\n{word}:");
            for change in *changes {
                change.push(&mut text, colour);
            }
        }
        let counts: Vec<String> = (parts.iter())
            .map(|(word, changes)| format!("{} {word}", changes.len()))
            .collect();
        let _ = writeln!(text, "\n{}, {} the same", counts.join(", "), self.same);
        text
    }
}

impl Side {
    fn of(filed: &FiledReport) -> Self {
        let report = &filed.report;
        let rows = match report.rows {
            None => "all rows",
            Some(crate::verdict::RowProfile::Rfc) => "rows of the RFCs",
            Some(crate::verdict::RowProfile::Google) => "documented rows",
        };
        Self {
            file: filed.file.clone(),
            subject: report.subject.clone(),
            subject_version: report.subject_version.clone(),
            began: report.began.clone(),
            summary: report.summary,
            judged: format!("{rows}{}", if report.strict { ", strictly" } else { "" }),
        }
    }

    fn words(&self) -> String {
        let began = self.began.as_deref().unwrap_or("date unknown");
        one_line(&format!(
            "{} {}, {began}, {} cases, {}",
            self.subject,
            self.subject_version,
            self.summary.total(),
            self.file
        ))
    }
}

impl Change {
    fn push(&self, text: &mut String, colour: Colour) {
        let word = |verdict: Option<Verdict>| match verdict {
            Some(verdict) => painted(verdict, verdict.as_str(), colour),
            None => "not there".to_owned(),
        };
        let _ = match (self.old, self.new) {
            (old, new) if old == new => writeln!(text, "  {}: {}", self.id, word(new)),
            (old, new) => writeln!(text, "  {}: {} → {}", self.id, word(old), word(new)),
        };
        for detail in &self.details {
            let _ = writeln!(text, "      {detail}");
        }
    }
}

fn by_id(report: &RunReport) -> HashMap<&str, &CaseReport> {
    let cases = report.cases.iter();
    cases.map(|case| (case.id.as_str(), case)).collect()
}

/// Where a case that was played twice moved to: worse if anything in it is, else as its verdict says.
fn turn_of(old: &CaseReport, new: &CaseReport) -> (Turn, Vec<String>) {
    let (findings, mut details) = findings_turn(&old.findings, &new.findings);
    let surprises = (new.unexpected_passes.iter())
        .filter(|pass| !old.unexpected_passes.contains(pass))
        .map(|pass| {
            format!(
                "listed as a known failure, but did not happen: {}",
                one_line(pass)
            )
        });
    details.extend(surprises);
    if old.outcome != new.outcome {
        let word = |case: &CaseReport| one_line(case.outcome.as_deref().unwrap_or("none"));
        details.push(format!(
            "outcome of the case: {} → {}",
            word(old),
            word(new)
        ));
    }
    let verdicts = verdict_turn(old.verdict, new.verdict);
    let turn = match (verdicts, findings) {
        (Turn::Worse, _) | (_, Turn::Worse) => Turn::Worse,
        (Turn::Better, _) => Turn::Better,
        (Turn::Changed, _) => Turn::Changed,
        (Turn::Same, Turn::Same) if details.is_empty() => Turn::Same,
        (Turn::Same, Turn::Same) => Turn::Changed,
        (Turn::Same, turn) => turn,
    };
    if details.is_empty() && turn != Turn::Same {
        details.extend(new.reason.as_deref().map(one_line));
    }
    (turn, details)
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::Skip => 0,
        Verdict::Warn => 1,
        Verdict::KnownFailure => 2,
        Verdict::Inconclusive => 3,
        Verdict::Fail => 4,
        Verdict::Error => 5,
    }
}

/// A failure that is listed, or that nothing is shown of any more, is not mended; one that comes back, or that nothing
/// was known of, is worse.
pub(super) fn verdict_turn(old: Verdict, new: Verdict) -> Turn {
    match (rank(new), rank(old)) {
        (new, old) if new == old => Turn::Same,
        (new, old) if new > old => match (old, new) {
            (2, 3) => Turn::Changed,
            _ => Turn::Worse,
        },
        (0 | 1, _) => Turn::Better,
        _ => Turn::Changed,
    }
}

const fn finding_rank(verdict: FindingVerdict) -> Option<u8> {
    Some(match verdict {
        // It speaks of nothing that happened.
        FindingVerdict::NotJudged => return None,
        FindingVerdict::Pass => 0,
        FindingVerdict::Warn => 1,
        FindingVerdict::KnownFailure => 2,
        FindingVerdict::Inconclusive => 3,
        FindingVerdict::Fail => 4,
    })
}

fn finding_turn(old: FindingVerdict, new: FindingVerdict) -> Turn {
    match (finding_rank(old), finding_rank(new)) {
        (old, new) if old == new => Turn::Same,
        (Some(2), Some(3)) | (None, _) | (_, None) => Turn::Changed,
        (Some(old), Some(new)) if new > old => Turn::Worse,
        (_, Some(0 | 1)) => Turn::Better,
        _ => Turn::Changed,
    }
}

/// Findings belong together when they are about the same expectation of the same rows in the same step.
fn findings_turn(old: &[FindingReport], new: &[FindingReport]) -> (Turn, Vec<String>) {
    let mut waiting: Vec<&FindingReport> = old.iter().collect();
    let (mut turn, mut details, mut others) = (Turn::Same, Vec::new(), 0);
    for now in new {
        let is_it = |before: &&FindingReport| {
            (
                before.step,
                &before.expectation,
                &before.wanted,
                &before.requirements,
            ) == (now.step, &now.expectation, &now.wanted, &now.requirements)
        };
        let Some(at) = waiting.iter().position(is_it) else {
            others += 1;
            continue;
        };
        let before = waiting.remove(at);
        let own = match finding_turn(before.verdict, now.verdict) {
            Turn::Same if before.got != now.got => Turn::Changed,
            own => own,
        };
        if own != Turn::Same {
            details.push(one_line(&told(before, now)));
        }
        turn = turn.max(own);
    }
    if others > 0 || !waiting.is_empty() {
        details.push("it does not expect what it did".to_owned());
        turn = turn.max(Turn::Changed);
    }
    (turn, details)
}

fn told(old: &FindingReport, new: &FindingReport) -> String {
    let mut text = format!(
        "{} (wanted {}): got {}",
        new.expectation, new.wanted, old.got
    );
    if old.got != new.got {
        let _ = write!(text, " → {}", new.got);
    }
    if old.verdict != new.verdict {
        let _ = write!(
            text,
            " ({} → {})",
            old.verdict.as_str(),
            new.verdict.as_str()
        );
    }
    text
}
