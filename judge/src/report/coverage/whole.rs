//! Rows, cases and tests joined.
//!
//! A row is spoken for by a case one of whose `expect` tables cites it. Whether a subject plays a case is not decided
//! here: the caller sorts the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::elsewhere::Elsewhere;
use super::row::{RowCoverage, State};
use crate::report::wrapped;
use crate::scenario::{Case, Catalogue};

/// Version of the JSON form.
pub const COVERAGE_VERSION: u32 = 2;

/// Every row of some sources, with its cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    version: u32,
    pub(super) sources: Vec<SourceCoverage>,
}

/// One source: `rows` is the sum of the counts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceCoverage {
    pub(super) source: String,
    rows: usize,
    covered: usize,
    tested: usize,
    excused: usize,
    skipped: usize,
    uncovered: usize,
    beyond: usize,
    pub(super) requirements: Vec<RowCoverage>,
}

/// Who cites a row.
#[derive(Debug, Default)]
pub(super) struct Citations<'a> {
    pub(super) cases: Vec<&'a str>,
    pub(super) skipped_cases: Vec<&'a str>,
    pub(super) needs: BTreeSet<String>,
}

impl Coverage {
    /// Joins the catalogue with cases that are played, with those that are not and what they lack, and with what shows
    /// rows elsewhere. Sources stand in the order of their names, rows in that of their ids.
    #[must_use]
    pub fn of<'a>(
        catalogue: &Catalogue,
        played: impl IntoIterator<Item = &'a Case>,
        skipped: impl IntoIterator<Item = (&'a Case, Vec<String>)>,
        elsewhere: &Elsewhere,
    ) -> Self {
        let mut citations: BTreeMap<&str, Citations<'_>> = BTreeMap::new();
        for case in played {
            for row in case.requirements() {
                citations.entry(row).or_default().cases.push(&case.id);
            }
        }
        for (case, needs) in skipped {
            for row in case.requirements() {
                let citations = citations.entry(row).or_default();
                citations.skipped_cases.push(&case.id);
                citations.needs.extend(needs.iter().cloned());
            }
        }
        let mut sources: BTreeMap<&str, Vec<RowCoverage>> = BTreeMap::new();
        for row in catalogue.rows() {
            let citations = citations.remove(row.id.as_str()).unwrap_or_default();
            let rows = sources.entry(&row.source).or_default();
            rows.push(RowCoverage::of(row, citations, elsewhere));
        }
        Self {
            version: COVERAGE_VERSION,
            sources: sources
                .into_iter()
                .map(|(source, rows)| SourceCoverage::of(source, rows))
                .collect(),
        }
    }

    /// The sources by name.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.source.as_str())
    }

    /// All rows.
    pub fn requirements(&self) -> impl Iterator<Item = &RowCoverage> {
        self.sources.iter().flat_map(|source| &source.requirements)
    }

    /// Only the sources of these names.
    #[must_use]
    pub fn only(mut self, names: &[String]) -> Self {
        self.sources.retain(|source| names.contains(&source.source));
        self
    }

    /// A line for each source, one for all, and what the columns mean.
    #[must_use]
    pub fn table(&self) -> String {
        let name = |source: &SourceCoverage| source.source.chars().count();
        let width = self.sources.iter().map(name).max().unwrap_or(0).max(6);
        let mut out = String::new();
        let mut line = |name: &str, rows: &str, cells: [String; 6]| {
            let _ = write!(out, "{name:<width$}  {rows:>4}");
            for (state, cell) in State::ALL.iter().zip(cells) {
                let width = state.as_str().len();
                let _ = write!(out, "  {cell:>width$}");
            }
            out.push('\n');
        };
        line(
            "source",
            "rows",
            State::ALL.map(|state| state.as_str().to_owned()),
        );
        let mut sum = [0; 6];
        for source in &self.sources {
            let counts = source.counts();
            let rows = source.rows.to_string();
            line(&source.source, &rows, counts.map(|n| n.to_string()));
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let rows = sum.iter().sum::<usize>().to_string();
        line("all", &rows, sum.map(|n| n.to_string()));
        out.push('\n');
        for state in State::ALL {
            let _ = writeln!(out, "{:<9}  {}", state.as_str(), state.meaning());
        }
        out
    }

    /// Each row of each source: its level, its id, and who speaks for it or why nobody does.
    #[must_use]
    pub fn rows(&self) -> String {
        let mut out = String::new();
        for source in &self.sources {
            let _ = writeln!(out, "\n{}", source.source);
            for row in &source.requirements {
                let _ = writeln!(out, "  {:<10}  {}", row.level, row.id);
                let _ = writeln!(out, "{}", wrapped(&row.words(), "              "));
            }
        }
        out
    }
}

impl SourceCoverage {
    fn of(source: &str, requirements: Vec<RowCoverage>) -> Self {
        let count = |state| {
            let is_so = |row: &&RowCoverage| row.state == state;
            requirements.iter().filter(is_so).count()
        };
        Self {
            source: source.to_owned(),
            rows: requirements.len(),
            covered: count(State::Covered),
            tested: count(State::Tested),
            excused: count(State::Excused),
            skipped: count(State::Skipped),
            uncovered: count(State::Uncovered),
            beyond: count(State::Beyond),
            requirements,
        }
    }

    /// In the order of [`State::ALL`].
    pub(super) fn counts(&self) -> [usize; 6] {
        [
            self.covered,
            self.tested,
            self.excused,
            self.skipped,
            self.uncovered,
            self.beyond,
        ]
    }
}
