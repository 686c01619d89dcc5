//! What a person reads on the terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Summary, timeline};
use crate::events::Recording;
use crate::scenario::{Catalogue, Level, Row};
use crate::verdict::{CaseResult, Finding, FindingVerdict, Verdict};

/// Texts are broken here.
const WIDTH: usize = 100;

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
        Some(reason) => format!("{verdict} {}: {}", result.id, one_line(reason)),
        None => format!("{verdict} {}", result.id),
    }
}

/// A case that is not as wanted, told in full: what was wanted, what was got, where the file says so, which text it
/// rests on, and the lines of the timeline that decide it.
#[must_use]
pub fn detail(
    result: &CaseResult,
    recording: &Recording,
    catalogue: &Catalogue,
    colour: Colour,
) -> String {
    let mut out = String::new();
    let mut say = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    say(line(result, colour));
    say(format!("    {}", result.title));
    let mut told_rows = BTreeSet::new();
    for finding in telling(result) {
        say(String::new());
        say(format!("  {}", place(finding, recording)));
        say(format!(
            "    wanted  {} = {}",
            finding.expectation,
            one_line(&finding.wanted)
        ));
        say(format!("    got     {}", one_line(&finding.got)));
        if let Some(reason) = &finding.reason {
            say(format!("    because {}", one_line(reason)));
        }
        for id in &finding.requirements {
            if told_rows.insert(id.clone())
                && let Some(row) = catalogue.row(id)
            {
                say(wrapped(&statement(row), "    "));
            }
        }
        for text in timeline::lines(finding, recording) {
            say(format!("    {text}"));
        }
    }
    out
}

/// The last line: how many cases got which verdict.
#[must_use]
pub fn summary(results: &[CaseResult], colour: Colour) -> String {
    let summary = Summary::of(results);
    let counts = [
        (summary.passed, "passed", Verdict::Pass),
        (summary.warned, "warned", Verdict::Warn),
        (summary.failed, "failed", Verdict::Fail),
        (
            summary.known_failures,
            "known failures",
            Verdict::KnownFailure,
        ),
        (summary.inconclusive, "inconclusive", Verdict::Inconclusive),
        (summary.errors, "errors", Verdict::Error),
        (summary.skipped, "skipped", Verdict::Skip),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _, verdict)| *count > 0 || *verdict == Verdict::Pass)
        .map(|(count, words, verdict)| {
            let word = if count == 1 {
                words.trim_end_matches('s')
            } else {
                words
            };
            painted(verdict, &format!("{count} {word}"), colour)
        })
        .collect();
    let cases = match results.len() {
        1 => "1 case".to_owned(),
        count => format!("{count} cases"),
    };
    let mut text = format!("{cases}: {}", counts.join(", "));
    let unexpected = results
        .iter()
        .filter(|one| !one.unexpected_passes.is_empty())
        .count();
    if unexpected > 0 {
        let _ = write!(text, "; {unexpected} passed against a known failure");
    }
    text
}

/// The findings that gave the case its verdict, and any other that is not as wanted; one cause is told once.
fn telling(result: &CaseResult) -> Vec<&Finding> {
    let mut reasons = BTreeSet::new();
    result
        .findings
        .iter()
        .filter(|finding| {
            !matches!(
                finding.verdict,
                FindingVerdict::Pass | FindingVerdict::NotJudged
            )
        })
        // Of a case that failed, what proves nothing is beside the point.
        .filter(|finding| {
            result.verdict != Verdict::Fail || finding.verdict != FindingVerdict::Inconclusive
        })
        .filter(|finding| match (&finding.reason, finding.verdict) {
            (Some(reason), FindingVerdict::Inconclusive) => reasons.insert(reason),
            _ => true,
        })
        .collect()
}

fn place(finding: &Finding, recording: &Recording) -> String {
    let place = &finding.place;
    let mut text = format!("{}:{}:{}", place.file, place.line, place.column);
    if recording.case.steps.len() > 1 {
        let _ = write!(text, " (step {})", finding.step);
    }
    if finding.unsaid {
        text.push_str(" (unsaid)");
    }
    text
}

/// `RFC 8461 §4.1 (must): the statement`.
#[must_use]
pub fn statement(row: &Row) -> String {
    let level = match row.level() {
        Level::Documented => "documented".to_owned(),
        _ => row.level.replace('-', " "),
    };
    format!("{} ({level}): {}", citation(row), row.text)
}

/// Where a statement comes from, as people cite it.
pub(super) fn citation(row: &Row) -> String {
    match row.source.strip_prefix("rfc") {
        Some(number) => format!("RFC {number} §{}", row.section),
        None => format!("{}, \"{}\"", row.source, row.section),
    }
}

/// A text broken into lines; those after the first stand two columns further in.
#[must_use]
pub fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() {
            last.push_str(word);
        } else if indent.len() + last.chars().count() + 1 + word.chars().count() <= WIDTH {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(format!("  {word}"));
        }
    }
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| format!("{indent}{line}"))
        .collect();
    lines.join("\n")
}

/// A text without line ends and other control characters, whoever wrote it.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

pub(super) fn painted(verdict: Verdict, text: &str, colour: Colour) -> String {
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
