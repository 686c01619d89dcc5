//! How many cases got which verdict, and with which code the command ends.

use serde::{Deserialize, Serialize};

use crate::verdict::{CaseResult, Verdict};

/// Counts by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// `pass`.
    pub passed: usize,
    /// `warn`.
    pub warned: usize,
    /// `fail`.
    pub failed: usize,
    /// `skip`.
    pub skipped: usize,
    /// `known failure`.
    pub known_failures: usize,
    /// `inconclusive`.
    pub inconclusive: usize,
    /// `error`.
    pub errors: usize,
}

impl Summary {
    /// Counts results.
    #[must_use]
    pub fn of(results: &[CaseResult]) -> Self {
        Self::count(results.iter().map(|result| result.verdict))
    }

    /// Counts verdicts.
    #[must_use]
    pub fn count(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut summary = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Pass => summary.passed += 1,
                Verdict::Warn => summary.warned += 1,
                Verdict::Fail => summary.failed += 1,
                Verdict::Skip => summary.skipped += 1,
                Verdict::KnownFailure => summary.known_failures += 1,
                Verdict::Inconclusive => summary.inconclusive += 1,
                Verdict::Error => summary.errors += 1,
            }
        }
        summary
    }

    /// All cases.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.passed
            + self.warned
            + self.failed
            + self.skipped
            + self.known_failures
            + self.inconclusive
            + self.errors
    }
}

/// 3 for an error, 1 for a failure, an unexpected pass or (on the built-in engine) an inconclusive case, 2 when
/// nothing was played, else 0.
#[must_use]
pub fn exit_code(results: &[CaseResult], inconclusive_fails: bool) -> u8 {
    let summary = Summary::of(results);
    if summary.errors > 0 {
        3
    } else if summary.failed > 0
        || (inconclusive_fails && summary.inconclusive > 0)
        || results
            .iter()
            .any(|result| !result.unexpected_passes.is_empty())
    {
        1
    } else if summary.skipped == results.len() {
        2
    } else {
        0
    }
}
