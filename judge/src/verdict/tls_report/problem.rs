//! What is not as RFC 8460 has it, and how much that weighs.

use crate::scenario::Level;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// In a sentence without capital and full stop.
    pub(crate) text: String,
    /// Whether the RFC says must, or should.
    pub(super) level: Level,
}

/// Takes problems down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Something that must not be.
    pub(super) fn must(&mut self, text: impl Into<String>) {
        self.note(Level::Must, text.into());
    }

    /// Something that should not be.
    pub(super) fn should(&mut self, text: impl Into<String>) {
        self.note(Level::Should, text.into());
    }

    fn note(&mut self, level: Level, text: String) {
        if !self.0.iter().any(|known| known.text == text) {
            self.0.push(Problem { text, level });
        }
    }

    /// Those that count in a table of this level: a missed should never fails a must.
    pub(crate) fn at(&self, level: Level) -> impl Iterator<Item = &str> {
        let is_strict = matches!(level, Level::Must | Level::Documented);
        let counts = move |one: &&Problem| !is_strict || one.level == Level::Must;
        self.0.iter().filter(counts).map(|one| one.text.as_str())
    }
}
