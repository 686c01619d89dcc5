//! How to judge: which rows count, how strictly, and what a subject is known to fail.

use serde::Deserialize;

use crate::scenario::Level;

/// A failure that a profile lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownFailure {
    /// The case's id, `*` and `?` allowed.
    pub case: String,
    /// The key.
    pub expectation: String,
    /// What was got, `*` and `?` allowed.
    pub got: String,
    /// Why it is so.
    pub reason: String,
}

/// A set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
