//! The report of a run of the suite, as far as mistakes are judged by it.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What `mtaspec run --report json=...` writes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Report {
    pub(super) cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) findings: Vec<Finding>,
}

/// One finding of a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Finding {
    pub(super) expectation: String,
    pub(super) got: String,
    pub(super) requirements: Vec<String>,
    pub(super) verdict: String,
}

impl Report {
    /// Reads it.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The case of this id.
    pub(super) fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Whether each case of another report is in this one too.
    pub(super) fn has_cases_of(&self, other: &Self) -> bool {
        let ids: BTreeSet<&str> = self.cases.iter().map(|case| case.id.as_str()).collect();
        let mut others = other.cases.iter();
        others.all(|case| ids.contains(case.id.as_str()))
    }
}

impl Case {
    /// Whether anything is said against the subject, or nothing could be said.
    pub(super) fn is_held_against(&self) -> bool {
        !matches!(self.verdict.as_str(), "pass" | "skip" | "known failure")
    }

    /// Whether it is worse than a warning.
    pub(super) fn is_failing(&self) -> bool {
        self.is_held_against() && self.verdict != "warn"
    }

    /// The findings that something was not as wanted.
    pub(super) fn missed(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| matches!(finding.verdict.as_str(), "fail" | "warn"))
    }
}
