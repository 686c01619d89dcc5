//! Something that is wrong with what a domain has published, or may well be.

use std::fmt;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Senders will not do what the domain wants of them.
    Error,
    /// It works, and is not as it should be.
    Warning,
}

impl Weight {
    /// A word for people and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A word for programs.
    pub word: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong, in words, without a full stop.
    pub text: String,
    /// What would be right.
    pub help: &'static str,
    /// The id of the requirement in the catalogue.
    pub requirement: &'static str,
}
