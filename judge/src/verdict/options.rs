//! How to judge: which rows count, how strictly, and what a subject is known to fail.

use serde::{Deserialize, Serialize};

use super::known_failure::KnownFailure;
use crate::scenario::Level;

/// A set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowProfile {
    /// All rows but the documented ones.
    Rfc,
    /// The documented ones.
    Google,
}

impl RowProfile {
    /// Are rows of this level its own?
    #[must_use]
    pub const fn has(self, level: Level) -> bool {
        matches!(
            (self, level),
            (Self::Google, Level::Documented)
                | (Self::Rfc, Level::Must | Level::Should | Level::May)
        )
    }
}

/// How to judge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JudgeOptions {
    /// None: all rows count.
    pub profile: Option<RowProfile>,
    /// A missed should fails.
    pub strict: bool,
    /// What the subject's profile lists.
    pub known_failures: Vec<KnownFailure>,
}
