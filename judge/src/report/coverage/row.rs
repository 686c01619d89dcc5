//! What is shown of one row.

use serde::Serialize;

use super::elsewhere::{Elsewhere, Shown, Test};
use super::whole::Citations;
use crate::scenario::Row;

/// Of how many cases or tests a row tells the names; the others are counted.
const NAMED: usize = 2;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowCoverage {
    pub(super) id: String,
    pub(super) level: String,
    role: String,
    testable: String,
    pub(super) state: State,
    /// Cases that are played.
    pub(super) cases: Vec<String>,
    /// Cases that are not.
    pub(super) skipped_cases: Vec<String>,
    /// What the subject or the build lacks to play those.
    pub(super) needs: Vec<String>,
    /// Tests that are no cases.
    pub(super) tests: Vec<Test>,
    /// Why nothing shows it.
    pub(super) reason: Option<String>,
    /// What a case could be about.
    situations: Vec<String>,
}

/// What is shown of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A case that is played cites it.
    Covered,
    /// A test that is no case shows it.
    Tested,
    /// Nothing shows it, and the list says why.
    Excused,
    /// Only cases that are skipped cite it.
    Skipped,
    /// Nothing shows it, though a case could.
    Uncovered,
    /// Nothing shows it, and no case could.
    Beyond,
}

impl State {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 6] = [
        Self::Covered,
        Self::Tested,
        Self::Excused,
        Self::Skipped,
        Self::Uncovered,
        Self::Beyond,
    ];

    /// The word of reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Tested => "tested",
            Self::Excused => "excused",
            Self::Skipped => "skipped",
            Self::Uncovered => "uncovered",
            Self::Beyond => "beyond",
        }
    }

    /// What a column counts.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Covered => "a case that is played cites the row",
            Self::Tested => "no scenario can show it; a test of another kind does",
            Self::Excused => "nothing shows it, for a reason that is told",
            Self::Skipped => "only cases that are skipped cite it",
            Self::Uncovered => "nothing shows it",
            Self::Beyond => {
                "nothing shows it, and no scenario could: unseen on the wire, or not testable"
            }
        }
    }
}

impl RowCoverage {
    /// Joins a row with what speaks for it.
    pub(super) fn of(row: &Row, citations: Citations<'_>, elsewhere: &Elsewhere) -> Self {
        let shown = elsewhere.of(&row.id);
        let state = match shown {
            _ if !citations.cases.is_empty() => State::Covered,
            Some(Shown::By(_)) => State::Tested,
            Some(Shown::Not(_)) => State::Excused,
            None if !citations.skipped_cases.is_empty() => State::Skipped,
            None if is_for_scenarios(row) => State::Uncovered,
            None => State::Beyond,
        };
        let (tests, reason) = match shown {
            Some(Shown::By(tests)) => (tests.clone(), None),
            Some(Shown::Not(reason)) => (Vec::new(), Some(reason.clone())),
            None => (Vec::new(), None),
        };
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        Self {
            id: row.id.clone(),
            level: row.level.clone(),
            role: row.role.clone(),
            testable: row.testable.clone(),
            state,
            cases: owned(citations.cases),
            skipped_cases: owned(citations.skipped_cases),
            needs: citations.needs.into_iter().collect(),
            tests,
            reason,
            situations: row.situations.clone(),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is shown of it.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Who speaks for it, or why nobody does.
    pub(super) fn words(&self) -> String {
        match self.state {
            State::Covered => format!("covered by {}", named(&self.cases)),
            State::Tested => {
                let told = |test: &Test| format!("{} in {}", test.name(), test.file());
                let tests: Vec<String> = self.tests.iter().map(told).collect();
                format!("tested by {}", named(&tests))
            }
            State::Excused => {
                format!("excused: {}", self.reason.as_deref().unwrap_or_default())
            }
            State::Skipped => {
                let needs: Vec<String> =
                    self.needs.iter().map(|need| format!("`{need}`")).collect();
                let cases = named(&self.skipped_cases);
                format!("skipped, needs {}: {cases}", needs.join(", "))
            }
            State::Uncovered if self.situations.is_empty() => "no case".to_owned(),
            State::Uncovered => format!("no case; write one about {}", self.situations.join(", ")),
            State::Beyond => match self.testable.as_str() {
                "no" => "beyond scenarios: not testable".to_owned(),
                "white-box" => "beyond scenarios: white-box, for the engine's own tests".to_owned(),
                _ => format!("beyond scenarios: the role is {}", self.role),
            },
        }
    }
}

/// Whether a case could show the row: fakes see what a mail server does or answers, and nothing of who publishes a
/// policy or of the harness.
fn is_for_scenarios(row: &Row) -> bool {
    matches!(row.testable.as_str(), "black-box" | "clock")
        && !matches!(row.role.as_str(), "policy-publisher" | "harness")
}

/// The first names and how many more there are.
fn named(names: &[String]) -> String {
    let first = names[..names.len().min(NAMED)].join(", ");
    match names.len() - names.len().min(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
