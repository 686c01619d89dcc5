//! What a person reads on the terminal.

use crate::verdict::{CaseResult, Verdict};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI sequences.
    Yes,
    /// Plain text: no terminal, or `NO_COLOR` is set.
    No,
}

/// One case on one line.
#[must_use]
pub fn line(result: &CaseResult, colour: Colour) -> String {
    let verdict = painted(
        result.verdict,
        &format!("{:<13}", result.verdict.as_str()),
        colour,
    );
    match &result.reason {
        Some(reason) => format!("{verdict} {}: {reason}", result.id),
        None => format!("{verdict} {}", result.id),
    }
}

fn painted(verdict: Verdict, text: &str, colour: Colour) -> String {
    let code = match verdict {
        Verdict::Pass => "32",
        Verdict::Warn | Verdict::KnownFailure => "33",
        Verdict::Fail | Verdict::Error => "31",
        Verdict::Inconclusive => "35",
        Verdict::Skip => "2",
    };
    match colour {
        Colour::Yes => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Colour::No => text.to_owned(),
    }
}
