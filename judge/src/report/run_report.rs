//! The report for programs: one JSON value, versioned, written at the end of a run and read by those who compare runs.
//!
//! Fields that are not known are passed over, and those that older programs did not write have defaults. What is read
//! comes from anywhere: it is bounded, each case has an id that can be shown, and no id stands there twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Summary;
use crate::events::SubjectName;
use crate::scenario::Level;
use crate::verdict::{
    CaseResult, FailureKind, Finding, FindingVerdict, Outcome, RowProfile, Verdict,
};

/// Raised when a program that reads the old form would misunderstand the new one.
pub const REPORT_VERSION: u32 = 1;

/// The longest report that is read, in octets; that of the whole suite has a few million.
pub const LONGEST_REPORT: usize = 64 * 1024 * 1024;

/// More cases than any suite has.
const MOST_CASES: usize = 20_000;

/// The longest id, in octets.
const LONGEST_ID: usize = 400;

/// What a run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "the report of a run")]
pub struct RunReport {
    /// Of the format.
    pub version: u32,
    /// Who was tested.
    pub subject: String,
    /// As it prints it.
    pub subject_version: String,
    /// When the run began (RFC 3339).
    #[serde(default)]
    pub began: Option<String>,
    /// How long the run took, in real time.
    #[serde(default)]
    pub milliseconds: u64,
    /// The one set of rows that counted; none: all did.
    #[serde(default)]
    pub rows: Option<RowProfile>,
    /// A missed should failed.
    #[serde(default)]
    pub strict: bool,
    /// How many cases got which verdict.
    #[serde(skip_deserializing)]
    pub summary: Summary,
    /// Each case, in the order of the suite.
    #[serde(deserialize_with = "cases")]
    pub cases: Vec<CaseReport>,
}

/// What a run found in one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a case of a report")]
pub struct CaseReport {
    /// The case's id.
    pub id: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// The worst word of all its messages and recipients, if it has any.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Of each message for each recipient.
    #[serde(default)]
    pub outcomes: Vec<OutcomeReport>,
    /// The strongest level of its tables.
    pub level: Level,
    /// Why the verdict is not `pass`.
    #[serde(default)]
    pub reason: Option<String>,
    /// How long it took, in real time.
    #[serde(default)]
    pub milliseconds: u64,
    /// One for each expectation.
    #[serde(default)]
    pub findings: Vec<FindingReport>,
    /// Known failures of this case that did not happen.
    #[serde(default)]
    pub unexpected_passes: Vec<String>,
}

/// What became of one message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an outcome of a report")]
pub struct OutcomeReport {
    /// The message's name.
    pub message: String,
    /// For whom.
    pub recipient: String,
    /// The word, or several where the world cannot tell.
    pub outcome: String,
}

/// What was found of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a finding of a report")]
pub struct FindingReport {
    /// The key.
    pub expectation: String,
    /// As the file writes it.
    pub wanted: String,
    /// What was seen.
    pub got: String,
    /// The rows that it speaks for.
    pub requirements: Vec<String>,
    /// Their level.
    pub level: Level,
    /// What is said of it.
    pub verdict: FindingVerdict,
    /// The step, from 1.
    #[serde(default = "first")]
    pub step: usize,
    /// Why it is inconclusive, a known failure, or a warning at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the known failure is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// Where the known failure is documented, or was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

const fn first() -> usize {
    1
}

/// Why a report could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Longer than any report.
    #[error("1:1: the file has {0} octets; at most {LONGEST_REPORT}")]
    TooLong(usize),
    /// No JSON, or not what belongs there.
    #[error("{line}:{column}: {what}; `mtaspec run --report json=FILE` writes such reports")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// In a few words.
        what: String,
    },
    /// Of another time.
    #[error("1:1: version {0} of the format is not known (this program reads {REPORT_VERSION})")]
    UnknownVersion(u32),
}

impl RunReport {
    /// The results of a run of all rows, at no time in particular.
    #[must_use]
    pub fn of(results: &[CaseResult], subject: &SubjectName) -> Self {
        Self {
            version: REPORT_VERSION,
            subject: subject.name.clone(),
            subject_version: subject.version.clone(),
            began: None,
            milliseconds: 0,
            rows: None,
            strict: false,
            summary: Summary::of(results),
            cases: results.iter().map(CaseReport::from).collect(),
        }
    }

    /// As JSON, with a final line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a report has text keys alone");
        text.push('\n');
        text
    }

    /// Reads a report.
    ///
    /// # Errors
    /// When it is none; the text begins with line and column.
    pub fn parse(text: &[u8]) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        #[serde(expecting = "the report of a run")]
        struct Head {
            version: u32,
        }
        if text.len() > LONGEST_REPORT {
            return Err(ReportError::TooLong(text.len()));
        }
        let Head { version } = serde_json::from_slice(text).map_err(malformed)?;
        if version != REPORT_VERSION {
            return Err(ReportError::UnknownVersion(version));
        }
        let mut report: Self = serde_json::from_slice(text).map_err(malformed)?;
        report.summary = Summary::count(report.cases.iter().map(|case| case.verdict));
        Ok(report)
    }

    /// The case of this id.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&CaseReport> {
        self.cases.iter().find(|case| case.id == id)
    }
}

impl From<&CaseResult> for CaseReport {
    fn from(result: &CaseResult) -> Self {
        Self {
            id: result.id.clone(),
            verdict: result.verdict,
            outcome: result.outcome.clone(),
            outcomes: result.outcomes.iter().map(OutcomeReport::from).collect(),
            level: result.level,
            reason: result.reason.clone(),
            milliseconds: result.milliseconds,
            findings: result.findings.iter().map(FindingReport::from).collect(),
            unexpected_passes: result.unexpected_passes.clone(),
        }
    }
}

impl From<&Outcome> for OutcomeReport {
    fn from(outcome: &Outcome) -> Self {
        Self {
            message: outcome.message.clone(),
            recipient: outcome.recipient.clone(),
            outcome: outcome.words(),
        }
    }
}

impl From<&Finding> for FindingReport {
    fn from(finding: &Finding) -> Self {
        Self {
            expectation: finding.expectation.clone(),
            wanted: finding.wanted.clone(),
            got: finding.got.clone(),
            requirements: finding.requirements.clone(),
            level: finding.level,
            verdict: finding.verdict,
            step: finding.step,
            reason: finding.reason.clone(),
            kind: finding.kind,
            link: finding.link.clone(),
        }
    }
}

/// serde_json tells the place behind what is wrong, in words behind the message; a file that ends at once has column 0.
fn malformed(error: serde_json::Error) -> ReportError {
    let (line, column) = (error.line().max(1), error.column().max(1));
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = told.strip_suffix(&place).unwrap_or(&told);
    let what: String = what.chars().filter(|c| !c.is_control()).take(200).collect();
    ReportError::Malformed { line, column, what }
}

/// Reads cases one by one, so that what is wrong with one has its place.
fn cases<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CaseReport>, D::Error> {
    struct Cases;

    impl<'de> Visitor<'de> for Cases {
        type Value = Vec<CaseReport>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of cases")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut known = HashSet::new();
            let mut cases: Vec<CaseReport> = Vec::new();
            while let Some(case) = list.next_element::<CaseReport>()? {
                if cases.len() == MOST_CASES {
                    return Err(A::Error::custom(format!("more than {MOST_CASES} cases")));
                }
                if case.id.is_empty()
                    || case.id.len() > LONGEST_ID
                    || case
                        .id
                        .contains(|c: char| c.is_control() || c.is_whitespace())
                {
                    return Err(A::Error::custom(format!(
                        "{:?} is no id of a case",
                        case.id
                    )));
                }
                if !known.insert(case.id.clone()) {
                    return Err(A::Error::custom(format!(
                        "case {:?} stands there twice",
                        case.id
                    )));
                }
                cases.push(case);
            }
            Ok(cases)
        }
    }

    deserializer.deserialize_seq(Cases)
}
