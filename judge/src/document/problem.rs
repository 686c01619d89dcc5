//! What is wrong with files, told all at once (SCENARIOS §12).
//!
//! A [`Problem`] knows its place and shows the line it speaks of. [`Source`] turns byte offsets into lines and
//! columns, [`Notes`] gathers the problems of one file. What is wrong is decided elsewhere.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Line and column (both from 1) in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path as the user can open it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// One thing wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path as the user can open it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Bytes of the file.
    pub span: (usize, usize),
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The line of the file; empty when the file could not be read.
    pub text: String,
}

/// The longest part of a line that is shown, in characters.
const SHOWN: usize = 100;

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, line, column, ..
        } = self;
        write!(formatter, "{file}:{line}:{column}: {}", self.message)?;
        if !self.text.trim().is_empty() {
            let start = column.saturating_sub(1);
            let marked = self.marked().max(1);
            let skipped = if start + marked > SHOWN {
                start.saturating_sub(20)
            } else {
                0
            };
            let shown: String = (self.text.chars().skip(skipped).take(SHOWN))
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let room = shown.chars().count().saturating_sub(start - skipped).max(1);
            let gutter = line.to_string().len();
            write!(formatter, "\n{line} | {}", shown.trim_end())?;
            write!(
                formatter,
                "\n{:gutter$} | {:indent$}{}",
                "",
                "",
                "^".repeat(marked.min(room)),
                indent = start - skipped
            )?;
        }
        match &self.help {
            Some(help) => write!(formatter, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// Of a file as a whole, which could not even be read.
    #[must_use]
    pub fn of_file(file: &str, message: impl Into<String>, help: Option<&str>) -> Self {
        Self {
            file: file.into(),
            line: 1,
            column: 1,
            span: (0, 0),
            message: message.into(),
            help: help.map(Into::into),
            text: String::new(),
        }
    }

    /// How many characters of the line the mark covers.
    fn marked(&self) -> usize {
        let (start, end) = self.span;
        let before = self
            .text
            .chars()
            .take(self.column - 1)
            .map(char::len_utf8)
            .sum::<usize>();
        let rest = &self.text[before.min(self.text.len())..];
        let bytes = rest.floor_char_boundary(end.saturating_sub(start).min(rest.len()));
        rest[..bytes].trim_end().chars().count()
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

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order of files and lines.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        self.0.extend(problems);
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::collections::btree_set::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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

/// Bytes of one file, from first to behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// Behind the last.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}

/// The text of one file, with its lines.
#[derive(Debug)]
pub struct Source<'a> {
    name: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Text and what the file is called.
    #[must_use]
    pub fn new(name: &'a str, text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            name,
            text,
            starts: starts.collect(),
        }
    }

    /// The line and column of a byte.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let column = self.text[self.starts[line - 1]..offset].chars().count() + 1;
        Place {
            file: self.name.into(),
            line,
            column,
        }
    }

    fn line(&self, line: usize) -> &'a str {
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text[self.starts[line - 1]..end].trim_end_matches(['\n', '\r'])
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self, span: Span, complaint: Complaint) -> Problem {
        let Place { file, line, column } = self.place(span.start);
        Problem {
            file,
            line,
            column,
            span: (span.start, span.end),
            message: complaint.message,
            help: complaint.help,
            text: self.line(line).into(),
        }
    }
}

/// A problem that does not know its place yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Complaint {
    /// What is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// With what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The problems of one file as they are found.
#[derive(Debug)]
pub struct Notes<'a> {
    pub(crate) source: &'a Source<'a>,
    problems: RefCell<BTreeSet<Problem>>,
}

impl<'a> Notes<'a> {
    /// None yet.
    #[must_use]
    pub fn new(source: &'a Source<'a>) -> Self {
        Self {
            source,
            problems: RefCell::default(),
        }
    }

    /// Takes down one more.
    pub fn note(&self, span: Span, complaint: Complaint) {
        self.problems
            .borrow_mut()
            .insert(self.source.problem(span, complaint));
    }

    /// All of them.
    pub fn into_problems(self) -> impl Iterator<Item = Problem> {
        self.problems.into_inner().into_iter()
    }
}
