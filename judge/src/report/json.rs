//! The report for programs: one JSON value, versioned.

use serde::Serialize;

use super::Summary;
use crate::events::SubjectName;
use crate::scenario::Level;
use crate::verdict::{CaseResult, Finding, FindingVerdict, Verdict};

/// Raised when a program that reads the old form would misunderstand the new one.
pub const REPORT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    subject: &'a str,
    subject_version: &'a str,
    summary: Summary,
    cases: Vec<CaseReport<'a>>,
}

#[derive(Serialize)]
struct CaseReport<'a> {
    id: &'a str,
    verdict: Verdict,
    outcome: Option<&'a str>,
    outcomes: Vec<OutcomeReport<'a>>,
    level: Level,
    reason: Option<&'a str>,
    milliseconds: u64,
    findings: Vec<FindingReport<'a>>,
}

#[derive(Serialize)]
struct OutcomeReport<'a> {
    message: &'a str,
    recipient: &'a str,
    outcome: String,
}

#[derive(Serialize)]
struct FindingReport<'a> {
    expectation: &'a str,
    wanted: &'a str,
    got: &'a str,
    requirements: &'a [String],
    level: Level,
    verdict: FindingVerdict,
}

/// All results as JSON, with a final line end.
#[must_use]
pub fn json(results: &[CaseResult], subject: &SubjectName) -> String {
    let report = Report {
        version: REPORT_VERSION,
        subject: &subject.name,
        subject_version: &subject.version,
        summary: Summary::of(results),
        cases: results.iter().map(case).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report has text keys alone");
    text.push('\n');
    text
}

fn case(result: &CaseResult) -> CaseReport<'_> {
    CaseReport {
        id: &result.id,
        verdict: result.verdict,
        outcome: result.outcome.as_deref(),
        outcomes: result
            .outcomes
            .iter()
            .map(|outcome| OutcomeReport {
                message: &outcome.message,
                recipient: &outcome.recipient,
                outcome: outcome.words(),
            })
            .collect(),
        level: result.level,
        reason: result.reason.as_deref(),
        milliseconds: result.milliseconds,
        findings: result.findings.iter().map(finding).collect(),
    }
}

fn finding(finding: &Finding) -> FindingReport<'_> {
    FindingReport {
        expectation: &finding.expectation,
        wanted: &finding.wanted,
        got: &finding.got,
        requirements: &finding.requirements,
        level: finding.level,
        verdict: finding.verdict,
    }
}
