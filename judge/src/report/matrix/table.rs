//! The matrix as a person reads it: a line a case, a short column a subject, and counts below.
//!
//! Columns have words and names as long as the width allows; else marks and numbers.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::super::Colour;
use super::super::terminal::{one_line, painted};
use super::data::{Column, Matrix, MatrixRow};
use crate::verdict::Verdict;

/// Names above columns are cut here.
const WIDEST_NAME: usize = 12;
/// The longest of the words.
const WORD: usize = 5;
/// Ids are cut only below this.
const LEAST_ID: usize = 40;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// One case.
    #[default]
    Case,
    /// One file of cases.
    File,
    /// One folder of files.
    Family,
}

/// Which cases have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// All.
    #[default]
    All,
    /// Those of which different things are said by those who played them.
    Differing,
    /// Those in which anything is held against anybody.
    Failing,
}

/// How to look at a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// What a line is about.
    pub by: By,
    /// Which cases have a line.
    pub which: Which,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour.
    pub colour: Colour,
}

impl By {
    fn group(self, id: &str) -> &str {
        let file = id.split_once('#').map_or(id, |(file, _)| file);
        match self {
            Self::Case => id,
            Self::File => file,
            Self::Family => file.rsplit_once('/').map_or(file, |(folder, _)| folder),
        }
    }
}

impl Which {
    /// Has the case a line?
    #[must_use]
    pub fn has(self, row: &MatrixRow) -> bool {
        match self {
            Self::All => true,
            Self::Differing => row.differs(),
            Self::Failing => row.is_held_against_any(),
        }
    }
}

impl Matrix {
    /// Who was tested, the lines, and the counts of all cases.
    #[must_use]
    pub fn table(&self, view: &View) -> String {
        let rows: Vec<&MatrixRow> = self
            .cases
            .iter()
            .filter(|row| view.which.has(row))
            .collect();
        let names: Vec<&str> = rows.iter().map(|row| view.by.group(&row.id)).collect();
        let layout = Layout::of(self, &names, view);
        let mut text = self.head();
        text.push('\n');
        layout.push_header(&mut text, self);
        for (name, group) in groups(&rows, view.by) {
            let cells = (0..self.subjects.len()).map(|column| match view.by {
                By::Case => layout.verdict(group[0], column),
                By::File | By::Family => layout.share(&group, column),
            });
            layout.push_line(&mut text, name, cells);
        }
        if rows.len() < self.cases.len() {
            let _ = writeln!(
                text,
                "{} of {} cases are shown",
                rows.len(),
                self.cases.len()
            );
        }
        text.push('\n');
        self.push_counts(&mut text, &layout);
        layout.push_legend(&mut text, view.by);
        text
    }

    fn head(&self) -> String {
        let widest = self.subjects.iter().map(|one| one.label.chars().count());
        let widest = widest.max().unwrap_or(0);
        let mut text = String::new();
        for (index, one) in self.subjects.iter().enumerate() {
            let _ = writeln!(
                text,
                "{:>3}  {:<widest$}  {}",
                index + 1,
                one.label,
                about(one)
            );
        }
        let mut twice: Vec<&str> = (self.subjects.iter())
            .filter(|one| one.label != one_line(&one.name))
            .map(|one| one.name.as_str())
            .collect();
        twice.sort_unstable();
        twice.dedup();
        for name in twice {
            let name = one_line(name);
            let _ = writeln!(
                text,
                "More than one report is of {name:?}: they are numbered in the order of the files."
            );
        }
        let judged = |one: &Column| (one.rows, one.strict);
        if self
            .subjects
            .windows(2)
            .any(|two| judged(&two[0]) != judged(&two[1]))
        {
            text.push_str(
                "They were not judged alike (--profile, --strict): the same deed may have another verdict.\n",
            );
        }
        text
    }

    fn push_counts(&self, text: &mut String, layout: &Layout) {
        let counts: [Count; 7] = [
            ("passed", |one| one.summary.passed),
            ("warned", |one| one.summary.warned),
            ("failed", |one| one.summary.failed),
            ("known failures", |one| one.summary.known_failures),
            ("inconclusive", |one| one.summary.inconclusive),
            ("errors", |one| one.summary.errors),
            ("skipped", |one| one.summary.skipped),
        ];
        for (name, count) in counts {
            let counts: Vec<usize> = self.subjects.iter().map(count).collect();
            if name == "passed" || counts.iter().any(|count| *count > 0) {
                let cells = counts.iter().map(|count| layout.plain(&count.to_string()));
                layout.push_line(text, name, cells);
            }
        }
        let absent = |column: usize| {
            let rows = self.cases.iter();
            rows.filter(|row| row.results[column].is_none()).count()
        };
        let absent: Vec<usize> = (0..self.subjects.len()).map(absent).collect();
        if absent.iter().any(|count| *count > 0) {
            let cells = absent.iter().map(|count| layout.plain(&count.to_string()));
            layout.push_line(text, "not in its report", cells);
        }
    }
}

/// What the lines are about, in the order in which they come first.
fn groups<'a>(rows: &[&'a MatrixRow], by: By) -> Vec<(&'a str, Vec<&'a MatrixRow>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<&MatrixRow>)> = Vec::new();
    for row in rows {
        let name = by.group(&row.id);
        let place = *places.entry(name).or_insert(groups.len());
        if place == groups.len() {
            groups.push((name, Vec::new()));
        }
        groups[place].1.push(row);
    }
    groups
}

/// The name of a count, and the count of a subject.
type Count = (&'static str, fn(&Column) -> usize);

/// Version, date, cases, time and file of a report.
fn about(one: &Column) -> String {
    let version = one_line(&one.subject_version);
    let cases = match one.summary.total() {
        1 => "1 case".to_owned(),
        count => format!("{count} cases"),
    };
    let parts = [
        if version.is_empty() {
            "version unknown".into()
        } else {
            version
        },
        date(one.began.as_deref()).unwrap_or_else(|| "date unknown".into()),
        format!("{cases} in {}", seconds(one.milliseconds)),
        one_line(&one.file),
    ];
    parts.join(", ")
}

/// The day of an instant.
pub(in crate::report) fn date(began: Option<&str>) -> Option<String> {
    let day = began?.split('T').next()?;
    (!day.is_empty()).then(|| one_line(day))
}

/// Milliseconds in words.
pub(in crate::report) fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
    }
}

/// How wide columns are, and whether they have words.
struct Layout {
    name: usize,
    cells: Vec<usize>,
    has_words: bool,
    colour: Colour,
}

impl Layout {
    fn of(matrix: &Matrix, names: &[&str], view: &View) -> Self {
        let longest = names.iter().map(|name| name.chars().count()).max();
        let longest = longest.unwrap_or(0).max("not in its report".len());
        // Counts stand in columns, too.
        let digits = matrix.cases.len().to_string().len();
        let least = if view.by == By::Case {
            digits
        } else {
            2 * digits + 1
        };
        let label = |one: &Column| one.label.chars().count().min(WIDEST_NAME);
        let wide: Vec<usize> = (matrix.subjects.iter())
            .map(|one| label(one).max(WORD).max(least))
            .collect();
        let narrow =
            vec![least.max(matrix.subjects.len().to_string().len()); matrix.subjects.len()];
        let room = |cells: &[usize]| {
            let taken: usize = cells.iter().map(|cell| cell + 1).sum();
            view.width.saturating_sub(taken + 1)
        };
        let has_words = room(&wide) >= longest.min(LEAST_ID);
        let cells = if has_words { wide } else { narrow };
        Self {
            name: longest.min(room(&cells).max(10)),
            cells,
            has_words,
            colour: view.colour,
        }
    }

    fn push_header(&self, text: &mut String, matrix: &Matrix) {
        let labels = matrix.subjects.iter().enumerate().map(|(index, one)| {
            if self.has_words {
                self.plain(&cut(&one.label, self.cells[index]))
            } else {
                self.plain(&(index + 1).to_string())
            }
        });
        self.push_line(text, "", labels);
    }

    /// A cell is its text and how it is painted.
    fn push_line(
        &self,
        text: &mut String,
        name: &str,
        cells: impl Iterator<Item = (String, Option<Verdict>)>,
    ) {
        let mut line = format!("{:<width$} ", cut(name, self.name), width = self.name);
        for ((word, verdict), width) in cells.zip(&self.cells) {
            let padded = format!("{word:>width$}");
            line.push(' ');
            match verdict {
                Some(verdict) => line.push_str(&painted(verdict, &padded, self.colour)),
                None => line.push_str(&padded),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }

    fn plain(&self, text: &str) -> (String, Option<Verdict>) {
        (text.to_owned(), None)
    }

    fn verdict(&self, row: &MatrixRow, column: usize) -> (String, Option<Verdict>) {
        match &row.results[column] {
            None => self.plain("-"),
            Some(cell) => {
                let (word, mark) = sign(cell.verdict);
                let shown = if self.has_words { word } else { mark };
                (shown.to_owned(), Some(cell.verdict))
            }
        }
    }

    /// How many of those that were played passed; painted as the worst of them.
    fn share(&self, group: &[&MatrixRow], column: usize) -> (String, Option<Verdict>) {
        let verdicts = || {
            let cells = group.iter().filter_map(|row| row.results[column].as_ref());
            cells.map(|cell| cell.verdict)
        };
        let played = verdicts()
            .filter(|verdict| *verdict != Verdict::Skip)
            .count();
        let passed = verdicts()
            .filter(|verdict| *verdict == Verdict::Pass)
            .count();
        let worst = verdicts().max_by_key(|verdict| badness(*verdict));
        match worst {
            None => self.plain("-"),
            Some(worst) if played == 0 => (sign(worst).1.to_owned(), Some(worst)),
            Some(worst) => (format!("{passed}/{played}"), Some(worst)),
        }
    }

    fn push_legend(&self, text: &mut String, by: By) {
        text.push_str(match (by, self.has_words) {
            (By::Case, true) => "? inconclusive, - not in its report\n",
            (By::Case, false) => {
                ". pass, w warn, F fail, k known failure, ? inconclusive, E error, s skip, - not in its report\n"
            }
            (By::File | By::Family, _) => {
                "passed/played; s all were skipped, - none is in its report\n"
            }
        });
    }
}

/// Word and mark.
const fn sign(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("pass", "."),
        Verdict::Warn => ("warn", "w"),
        Verdict::Fail => ("FAIL", "F"),
        Verdict::Skip => ("skip", "s"),
        Verdict::KnownFailure => ("known", "k"),
        Verdict::Inconclusive => ("?", "?"),
        Verdict::Error => ("ERROR", "E"),
    }
}

const fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skip => 0,
        Verdict::Pass => 1,
        Verdict::Warn => 2,
        Verdict::KnownFailure => 3,
        Verdict::Inconclusive => 4,
        Verdict::Fail => 5,
        Verdict::Error => 6,
    }
}

/// A text that is too long loses its middle: both ends of an id tell most.
fn cut(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let behind = width.saturating_sub(1) * 2 / 3;
    let before = width.saturating_sub(1 + behind);
    let head: String = text.chars().take(before).collect();
    let tail: String = text.chars().skip(count - behind).collect();
    format!("{head}…{tail}")
}
