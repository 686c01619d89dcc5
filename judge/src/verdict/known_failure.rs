//! Failures that are known of a subject, and what a run makes of the list.
//!
//! An entry names cases, one expectation and what is got instead. It has to come true in every case that it fits and
//! that was judged: where it does not, the subject was mended or the entry is wrong, and the run fails either way.
//! How a list is read is in `known_list`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::case_verdict::{CaseResult, Verdict};
use super::finding::{Finding, FindingVerdict};
use super::survival::ALIVE;
use super::wildcard::fits;

/// A failure that is known of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct KnownFailure {
    /// The case's id, `*` and `?` allowed.
    pub case: String,
    /// The key.
    pub expectation: String,
    /// What was got, `*` and `?` allowed.
    pub got: String,
    /// Why it is so.
    pub reason: String,
    /// What it is; unknown until somebody has looked.
    #[serde(default)]
    pub kind: Option<FailureKind>,
    /// Where it is documented, or was reported.
    #[serde(default)]
    pub link: Option<String>,
}

/// What a known failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The subject does not do what it means to.
    Bug,
    /// The subject's documentation says that it does so.
    Choice,
    /// The profile cannot make the subject do it; the subject may well be able to.
    Profile,
}

impl FailureKind {
    /// As a list spells it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bug => "bug",
            Self::Choice => "choice",
            Self::Profile => "profile",
        }
    }

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bug => "a bug",
            Self::Choice => "a documented choice",
            Self::Profile => "a limit of the profile",
        }
    }
}

/// An entry that a run speaks against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet<'a> {
    /// It.
    pub entry: &'a KnownFailure,
    /// Cases that it fits, and in which nothing failed so.
    pub cases: Vec<&'a str>,
    /// How many cases that it fits were judged.
    pub judged: usize,
}

impl KnownFailure {
    /// Does it speak of the case?
    #[must_use]
    pub fn is_about(&self, id: &str) -> bool {
        fits(&self.case, id)
    }

    /// Does it list what was found, in a case that it speaks of?
    #[must_use]
    pub fn lists(&self, finding: &Finding) -> bool {
        self.expectation == finding.expectation
            && fits(&self.got, &finding.got)
            && matches!(
                finding.verdict,
                FindingVerdict::Fail | FindingVerdict::Warn | FindingVerdict::KnownFailure
            )
    }

    /// Expectation and what is got, without the case.
    pub(crate) fn words(&self) -> String {
        format!("{} = {}", self.expectation, self.got)
    }
}

impl fmt::Display for KnownFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            expectation,
            got,
            ..
        } = self;
        write!(
            formatter,
            "case = {case:?}, expectation = {expectation:?}, got = {got:?}"
        )
    }
}

/// The entries that did not come true, in the order of the list: those that some judged case speaks against, and, when
/// all ids of the suite are given, those that fit none of them.
#[must_use]
pub fn unmet<'a>(
    known: &'a [KnownFailure],
    results: &'a [CaseResult],
    all_ids: Option<&[&str]>,
) -> Vec<Unmet<'a>> {
    let of = |entry: &'a KnownFailure| {
        let words = entry.words();
        let judged: Vec<&CaseResult> = results
            .iter()
            .filter(|result| entry.is_about(&result.id))
            .filter(|result| !matches!(result.verdict, Verdict::Skip | Verdict::Error))
            .collect();
        let passed = judged
            .iter()
            .filter(|result| result.unexpected_passes.contains(&words));
        let unmet = Unmet {
            entry,
            cases: passed.map(|result| result.id.as_str()).collect(),
            judged: judged.len(),
        };
        let fits_none = all_ids.is_some_and(|ids| !ids.iter().any(|id| entry.is_about(id)));
        (!unmet.cases.is_empty() || fits_none).then_some(unmet)
    };
    known.iter().filter_map(of).collect()
}

impl CaseResult {
    /// Turns failures that the list has into known ones, and notes those that did not happen. Where something proves
    /// nothing this time, nothing was shown to have passed; and `complete` says that no row was left out.
    pub(super) fn forgive(&mut self, known: &[KnownFailure], complete: bool) {
        let unproved = |finding: &Finding| {
            finding.expectation == ALIVE && finding.verdict == FindingVerdict::Inconclusive
        };
        let proves_nothing = self.findings.iter().any(unproved);
        for entry in known.iter().filter(|entry| entry.is_about(&self.id)) {
            let mut happened = false;
            let mut is_open = !complete || proves_nothing;
            for finding in &mut self.findings {
                if entry.lists(finding) {
                    finding.verdict = FindingVerdict::KnownFailure;
                    finding.reason = Some(entry.reason.clone());
                    finding.kind = entry.kind;
                    finding.link.clone_from(&entry.link);
                    happened = true;
                } else if finding.expectation == entry.expectation {
                    is_open |= finding.verdict == FindingVerdict::Inconclusive;
                }
            }
            if !happened && !is_open {
                self.unexpected_passes.push(entry.words());
            }
        }
        self.settle_doubts();
    }

    /// What was in doubt for no other reason than an outcome that is listed is in doubt no longer: the case has shown what it
    /// could.
    fn settle_doubts(&mut self) {
        let is_forgiven = |finding: &&Finding| {
            finding.expectation == "outcome" && finding.verdict == FindingVerdict::KnownFailure
        };
        let forgiven = self.findings.iter().filter(is_forgiven);
        let steps: BTreeSet<usize> = forgiven.map(|finding| finding.step).collect();
        for finding in &mut self.findings {
            if steps.contains(&finding.step)
                && finding.verdict == FindingVerdict::Inconclusive
                && finding.expectation != ALIVE
            {
                finding.verdict = FindingVerdict::NotJudged;
            }
        }
    }
}
