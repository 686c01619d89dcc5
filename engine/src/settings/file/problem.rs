//! What is wrong with a settings file and the files it names, told all at once.
//!
//! A [`Problem`] knows its place and shows the line it speaks of. What is wrong is decided elsewhere.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// The longest part of a line that is shown, in characters.
const SHOWN: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The settings cannot be used.
    Error,
    /// They can, and most likely do not mean what they say.
    Warning,
}

/// One thing wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path as a person can open it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of the line it speaks of.
    pub length: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The line of the file; empty where none can be shown, or where it may hold a secret.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, line, column, ..
        } = self;
        write!(formatter, "{file}:{line}:{column}: ")?;
        if self.severity == Severity::Warning {
            formatter.write_str("warning: ")?;
        }
        formatter.write_str(&self.message)?;
        if !self.text.trim().is_empty() {
            let start = column.saturating_sub(1);
            let skipped = if start + self.length > SHOWN {
                start.saturating_sub(20)
            } else {
                0
            };
            let shown: String = (self.text.chars().skip(skipped).take(SHOWN))
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let room = shown.chars().count().saturating_sub(start - skipped);
            let mark = "^".repeat(self.length.min(room).max(1));
            let (gutter, indent) = (line.to_string().len(), start - skipped);
            write!(formatter, "\n{line} | {}", shown.trim_end())?;
            write!(formatter, "\n{:gutter$} | {:indent$}{mark}", "", "")?;
        }
        match &self.help {
            Some(help) => write!(formatter, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

/// Problems of any number of files, in the order of files and lines, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(BTreeSet<Problem>);

impl Problems {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Problem> {
        self.iter()
            .filter(move |problem| problem.severity == severity)
    }

    /// In the order of files and lines.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.iter().enumerate() {
            let parted = if index == 0 { "" } else { "\n" };
            writeln!(formatter, "{parted}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The text of one file, with its lines.
#[derive(Debug)]
pub(super) struct Source<'a> {
    name: String,
    pub(super) text: &'a str,
    starts: Vec<usize>,
    is_secret: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(name: impl Into<String>, text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            name: name.into(),
            text,
            starts: starts.collect(),
            is_secret: false,
        }
    }

    /// A file none of whose lines is ever shown.
    pub(super) fn secret(name: impl Into<String>, text: &'a str) -> Self {
        Self {
            is_secret: true,
            ..Self::new(name, text)
        }
    }

    /// `FILE:LINE` of a byte.
    pub(super) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.line_of(at))
    }

    fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    fn problem(&self, span: Range<usize>, severity: Severity, complaint: Complaint) -> Problem {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end).max(start);
        let line = self.line_of(start);
        let first = self.starts[line - 1];
        let behind = self.starts.get(line).copied().unwrap_or(self.text.len());
        let text = self.text[first..behind].trim_end_matches(['\n', '\r']);
        let marked = &self.text[start..end.min(behind)];
        Problem {
            file: self.name.clone(),
            line,
            column: self.text[first..start].chars().count() + 1,
            length: marked.trim_end().chars().count(),
            severity,
            message: complaint.message,
            help: complaint.help,
            text: if self.is_secret {
                String::new()
            } else {
                text.to_owned()
            },
        }
    }
}

/// A problem that does not know its place yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    message: String,
    help: Option<String>,
}

impl Complaint {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<BTreeSet<Problem>>);

impl Notes {
    pub(super) fn error(&self, source: &Source<'_>, span: Range<usize>, complaint: Complaint) {
        let problem = source.problem(span, Severity::Error, complaint);
        self.0.borrow_mut().insert(problem);
    }

    pub(super) fn warn(&self, source: &Source<'_>, span: Range<usize>, complaint: Complaint) {
        let problem = source.problem(span, Severity::Warning, complaint);
        self.0.borrow_mut().insert(problem);
    }

    /// Takes back what was said of the line of a byte.
    pub(super) fn forget_line_of(&self, source: &Source<'_>, at: usize) {
        let line = source.line_of(at);
        (self.0.borrow_mut()).retain(|problem| problem.file != source.name || problem.line != line);
    }

    pub(super) fn into_problems(self) -> Problems {
        Problems(self.0.into_inner())
    }
}
