//! The verdict of a case: its findings, weighed by level, twin, what was met, and known failures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::doubt::{Doubt, TwinResult, doubt};
use super::evidence::Evidence;
use super::finding::{Finding, FindingVerdict, Holds, Raw, findings_of};
use super::options::JudgeOptions;
use super::outcome::{Fate, Outcome};
use super::survival::survival;
use crate::events::{Recording, What};
use crate::scenario::{Case, Level, Place};

/// What is said of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// All as wanted.
    #[serde(rename = "pass")]
    Pass,
    /// A should or a may was missed.
    #[serde(rename = "warn")]
    Warn,
    /// A must, or what a product page says, was missed.
    #[serde(rename = "fail")]
    Fail,
    /// The subject or the build lacks something.
    #[serde(rename = "skip")]
    Skip,
    /// Missed, and listed by the subject's profile.
    #[serde(rename = "known failure")]
    KnownFailure,
    /// Nothing was delivered, and it is not shown that the fault was the reason.
    #[serde(rename = "inconclusive")]
    Inconclusive,
    /// The fault is ours, or nothing at all was seen.
    #[serde(rename = "error")]
    Error,
}

impl Verdict {
    /// The word of reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::KnownFailure => "known failure",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }
}

/// All that is said of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// The case's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// What is said of it.
    pub verdict: Verdict,
    /// The worst word of all its messages and recipients, if it has any.
    pub outcome: Option<String>,
    /// Of each message for each recipient, at the end of the case.
    pub outcomes: Vec<Outcome>,
    /// The strongest level of its tables.
    pub level: Level,
    /// Why the verdict is not `pass`, in a sentence.
    pub reason: Option<String>,
    /// How long it took, in real time.
    pub milliseconds: u64,
    /// One for each expectation.
    pub findings: Vec<Finding>,
    /// The rows it speaks for, each with the worst of its findings.
    pub requirements: BTreeMap<String, FindingVerdict>,
    /// Known failures of this case that did not happen.
    pub unexpected_passes: Vec<String>,
}

/// Judges a recording.
#[must_use]
pub fn judge(recording: &Recording, twin: &TwinResult, options: &JudgeOptions) -> CaseResult {
    let case = &recording.case;
    let counts = |level| options.profile.is_none_or(|profile| profile.has(level));
    if !case
        .steps
        .iter()
        .any(|step| step.expect.iter().any(|table| counts(table.level)))
    {
        return CaseResult::skipped(case, "it has no row of this profile");
    }
    let evidence = Evidence::new(recording);
    let mut result = CaseResult::empty(case, Verdict::Pass);
    result.milliseconds = recording.milliseconds;
    result.outcomes = final_outcomes(&evidence);
    result.outcome = worst(&result.outcomes).map(|fate| fate.as_str().to_owned());
    for (index, step) in case.steps.iter().enumerate() {
        let number = index + 1;
        let mut tables: Vec<Vec<Raw>> = step
            .expect
            .iter()
            .filter(|table| counts(table.level))
            .map(|table| findings_of(&evidence, number, table))
            .collect();
        let doubt = doubt(&evidence, number, &tables, twin);
        for table in &mut tables {
            weigh(table, doubt.as_ref(), options.strict);
        }
        result
            .findings
            .extend(tables.into_iter().flatten().map(|raw| raw.finding));
    }
    if let Some(death) = survival(recording) {
        result.note_death(death);
    }
    result.forgive(&options.known_failures, options.profile.is_none());
    result.conclude(recording);
    result
}

impl CaseResult {
    /// A case that was not played because the subject or the build lacks something.
    #[must_use]
    pub fn skipped(case: &Case, reason: &str) -> Self {
        let mut result = Self::empty(case, Verdict::Skip);
        result.reason = Some(reason.to_owned());
        result
    }

    /// A case that could not be played.
    #[must_use]
    pub fn error(case: &Case, reason: &str) -> Self {
        let mut result = Self::empty(case, Verdict::Error);
        result.reason = Some(reason.to_owned());
        result
    }

    /// Whether it failed, proves nothing, or passed where a failure was known.
    #[must_use]
    pub fn is_unexpected(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Fail | Verdict::Inconclusive | Verdict::Error
        ) || !self.unexpected_passes.is_empty()
    }

    fn empty(case: &Case, verdict: Verdict) -> Self {
        let levels = case
            .steps
            .iter()
            .flat_map(|step| step.expect.iter().map(|table| table.level));
        Self {
            id: case.id.clone(),
            title: case.title.clone(),
            place: case.place.clone(),
            verdict,
            outcome: None,
            outcomes: Vec::new(),
            level: levels
                .min_by_key(|level| strength(*level))
                .unwrap_or(Level::Must),
            reason: None,
            milliseconds: 0,
            findings: Vec::new(),
            requirements: BTreeMap::new(),
            unexpected_passes: Vec::new(),
        }
    }

    /// Of what a case is known to have killed, nothing else is in doubt: it is dead.
    fn note_death(&mut self, death: Finding) {
        if death.verdict == FindingVerdict::Fail {
            let in_doubt = |finding: &&mut Finding| finding.verdict == FindingVerdict::Inconclusive;
            for finding in self.findings.iter_mut().filter(in_doubt) {
                finding.verdict = FindingVerdict::NotJudged;
            }
        }
        self.findings.push(death);
    }

    fn conclude(&mut self, recording: &Recording) {
        for finding in &self.findings {
            for row in &finding.requirements {
                let of_row = self
                    .requirements
                    .entry(row.clone())
                    .or_insert(FindingVerdict::NotJudged);
                *of_row = of_row.beside(finding.verdict);
            }
        }
        if let Some(reason) = harness_failure(recording) {
            self.verdict = Verdict::Error;
            self.reason = Some(reason);
            self.unexpected_passes.clear();
            return;
        }
        // A folder of one's own may cite no rows.
        let of_none = (self.findings.iter())
            .filter(|finding| finding.requirements.is_empty())
            .map(|finding| finding.verdict)
            .reduce(FindingVerdict::beside);
        let of_rows = self.requirements.values().copied();
        let Some(verdict) = of_rows.chain(of_none).max() else {
            return;
        };
        self.verdict = match verdict {
            FindingVerdict::NotJudged | FindingVerdict::Pass => Verdict::Pass,
            FindingVerdict::Warn => Verdict::Warn,
            FindingVerdict::KnownFailure => Verdict::KnownFailure,
            FindingVerdict::Inconclusive => Verdict::Inconclusive,
            FindingVerdict::Fail => Verdict::Fail,
        };
        let telling = self
            .findings
            .iter()
            .find(|finding| finding.verdict == verdict);
        if self.verdict != Verdict::Pass {
            self.reason = telling.map(|finding| sentence(finding, recording.case.steps.len()));
        } else if !self.unexpected_passes.is_empty() {
            self.reason = Some(format!(
                "listed as a known failure, but did not happen: {}",
                self.unexpected_passes.join(", ")
            ));
        }
    }
}

fn sentence(finding: &Finding, steps: usize) -> String {
    let step = if steps > 1 {
        format!("step {}: ", finding.step)
    } else {
        String::new()
    };
    match (&finding.reason, finding.verdict) {
        (Some(reason), FindingVerdict::Inconclusive | FindingVerdict::KnownFailure) => {
            format!("{step}{reason}")
        }
        _ => format!(
            "{step}{}: wanted {}, got {}",
            finding.expectation, finding.wanted, finding.got
        ),
    }
}

/// From the strongest to the weakest.
const fn strength(level: Level) -> u8 {
    match level {
        Level::Must => 0,
        Level::Documented => 1,
        Level::Should => 2,
        Level::May => 3,
    }
}

fn harness_failure(recording: &Recording) -> Option<String> {
    let failed = recording.events.iter().find_map(|event| match &event.what {
        What::HarnessFailed { reason } => Some(reason.clone()),
        _ => None,
    });
    let seen = |what: &What| !matches!(what, What::StepBegan | What::Queued { .. });
    failed.or_else(|| {
        (!recording.events.iter().any(|event| seen(&event.what)))
            .then(|| "nothing at all was seen".to_owned())
    })
}

/// Of each message for each recipient, at the end of the case.
fn final_outcomes(evidence: &Evidence<'_>) -> Vec<Outcome> {
    let last = evidence.case().steps.len();
    evidence
        .sent_until(last)
        .iter()
        .flat_map(|sent| sent.message.to.iter().map(move |to| (sent, to)))
        .map(|(sent, to)| super::outcome::outcome(evidence, sent, to, last))
        .collect()
}

fn worst(outcomes: &[Outcome]) -> Option<Fate> {
    outcomes
        .iter()
        .flat_map(|one| one.fates.iter().copied())
        .max()
}

/// Gives each finding of a table its verdict.
fn weigh(table: &mut [Raw], doubt: Option<&Doubt>, strict: bool) {
    let speaks_of_none = table.iter().all(|raw| raw.holds == Holds::NotJudged);
    for raw in table {
        let level = raw.finding.level;
        let (verdict, reason) = match raw.holds {
            Holds::NotJudged if speaks_of_none => (
                FindingVerdict::Inconclusive,
                Some(format!(
                    "its table speaks of no message: {}",
                    raw.finding.got
                )),
            ),
            Holds::NotJudged => (FindingVerdict::NotJudged, None),
            Holds::Unknown => (
                FindingVerdict::Inconclusive,
                Some("the world cannot tell what became of the message".to_owned()),
            ),
            Holds::Hardly => (FindingVerdict::Warn, None),
            Holds::No => (missed(level, strict), None),
            Holds::Yes => match doubt {
                Some(doubt) if !doubt.only_silence || raw.rests_on_silence => {
                    (FindingVerdict::Inconclusive, Some(doubt.reason.clone()))
                }
                _ => (FindingVerdict::Pass, None),
            },
        };
        raw.finding.verdict = verdict;
        raw.finding.reason = reason;
    }
}

const fn missed(level: Level, strict: bool) -> FindingVerdict {
    match level {
        Level::Must | Level::Documented => FindingVerdict::Fail,
        Level::Should if strict => FindingVerdict::Fail,
        Level::Should | Level::May => FindingVerdict::Warn,
    }
}
