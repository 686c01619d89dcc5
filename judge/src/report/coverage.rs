//! Which rows of the catalogue the suite speaks for, and which it does not, per source.
//!
//! A row is spoken for by a case one of whose `expect` tables cites it. Whether a subject plays a case is not decided
//! here: the caller sorts the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::wrapped;
use crate::scenario::{Case, Catalogue, Row};

/// Version of the JSON form.
pub const COVERAGE_VERSION: u32 = 1;

/// Of how many cases a row tells the ids; the others are counted.
const NAMED: usize = 2;

/// Every row of some sources, with its cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    version: u32,
    sources: Vec<SourceCoverage>,
}

/// One source: `rows` is the sum of the four counts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceCoverage {
    source: String,
    rows: usize,
    /// Cited by a case that is played.
    covered: usize,
    /// Cited by cases that are skipped, and by no other.
    skipped: usize,
    /// Cited by no case, though one could show it.
    uncovered: usize,
    /// Cited by no case, and none could show it.
    beyond: usize,
    requirements: Vec<RowCoverage>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowCoverage {
    id: String,
    level: String,
    role: String,
    testable: String,
    state: State,
    /// Cases that are played.
    cases: Vec<String>,
    /// Cases that are not.
    skipped_cases: Vec<String>,
    /// What the subject or the build lacks to play those.
    needs: Vec<String>,
    /// What a case could be about.
    situations: Vec<String>,
}

/// What is shown of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Covered,
    Skipped,
    Uncovered,
    Beyond,
}

impl Coverage {
    /// Joins the catalogue with cases that are played, and with those that are not and what they lack. Sources stand in
    /// the order of their names, rows in that of their ids.
    #[must_use]
    pub fn of<'a>(
        catalogue: &Catalogue,
        played: impl IntoIterator<Item = &'a Case>,
        skipped: impl IntoIterator<Item = (&'a Case, Vec<String>)>,
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
            rows.push(RowCoverage::of(row, citations));
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
        let mut line = |name: &str, cells: [&str; 5]| {
            let [rows, covered, skipped, uncovered, beyond] = cells;
            let _ = writeln!(
                out,
                "{name:<width$}  {rows:>4}  {covered:>7}  {skipped:>7}  {uncovered:>9}  {beyond:>6}"
            );
        };
        line(
            "source",
            ["rows", "covered", "skipped", "uncovered", "beyond"],
        );
        let mut sum = [0; 5];
        for source in &self.sources {
            let counts = source.counts();
            line(
                &source.source,
                counts.map(|n| n.to_string()).each_ref().map(String::as_str),
            );
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        line(
            "all",
            sum.map(|n| n.to_string()).each_ref().map(String::as_str),
        );
        out.push('\n');
        out.push_str(
            "covered    a case that is played cites the row\n\
             skipped    only cases that are skipped cite it\n\
             uncovered  no case cites it\n\
             beyond     no scenario can show it: its role is not seen on the wire, or it is not testable there\n",
        );
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

/// Who cites a row.
#[derive(Debug, Default)]
struct Citations<'a> {
    cases: Vec<&'a str>,
    skipped_cases: Vec<&'a str>,
    needs: BTreeSet<String>,
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
            skipped: count(State::Skipped),
            uncovered: count(State::Uncovered),
            beyond: count(State::Beyond),
            requirements,
        }
    }

    fn counts(&self) -> [usize; 5] {
        [
            self.rows,
            self.covered,
            self.skipped,
            self.uncovered,
            self.beyond,
        ]
    }
}

impl RowCoverage {
    fn of(row: &Row, citations: Citations<'_>) -> Self {
        let state = if !citations.cases.is_empty() {
            State::Covered
        } else if !citations.skipped_cases.is_empty() {
            State::Skipped
        } else if is_for_scenarios(row) {
            State::Uncovered
        } else {
            State::Beyond
        };
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        Self {
            id: row.id.clone(),
            level: row.level.clone(),
            role: row.role.clone(),
            testable: row.testable.clone(),
            state,
            cases: owned(citations.cases),
            skipped_cases: owned(citations.skipped_cases),
            needs: citations.needs.into_iter().collect(),
            situations: row.situations.clone(),
        }
    }

    fn words(&self) -> String {
        match self.state {
            State::Covered => format!("covered by {}", named(&self.cases)),
            State::Skipped => {
                let needs: Vec<String> =
                    self.needs.iter().map(|need| format!("`{need}`")).collect();
                let cases = named(&self.skipped_cases);
                format!("skipped, needs {}: {cases}", needs.join(", "))
            }
            State::Uncovered if self.situations.is_empty() => "no case".to_owned(),
            State::Uncovered => format!("no case; write one about {}", self.situations.join(", ")),
            State::Beyond => match self.testable.as_str() {
                "no" => "beyond scenarios: not testable".to_owned(),
                "white-box" => "beyond scenarios: white-box, for the engine's own tests".to_owned(),
                _ => format!("beyond scenarios: the role is {}", self.role),
            },
        }
    }
}

/// Whether a case could show the row: fakes see what a mail server does or answers, and nothing of who publishes a
/// policy or of the harness.
fn is_for_scenarios(row: &Row) -> bool {
    matches!(row.testable.as_str(), "black-box" | "clock")
        && !matches!(row.role.as_str(), "policy-publisher" | "harness")
}

/// The first ids and how many more there are.
fn named(ids: &[String]) -> String {
    let first = ids[..ids.len().min(NAMED)].join(", ");
    match ids.len() - ids.len().min(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::scenario::Level;
    use crate::verdict::testing::{case_of, step, table};

    type Ids = &'static [&'static str];

    /// (id, source, role, testable)
    const ROWS: [(&str, &str, &str, &str); 8] = [
        ("A-played", "rfc0001", "sender", "black-box"),
        ("A-played-and-skipped", "rfc0001", "sender", "clock"),
        ("A-skipped", "rfc0001", "receiver", "black-box"),
        ("A-uncovered", "rfc0001", "engine-api", "clock"),
        ("B-harness", "rfc0002", "harness", "black-box"),
        ("B-publisher", "rfc0002", "policy-publisher", "clock"),
        ("B-untestable", "rfc0002", "sender", "no"),
        ("B-white-box", "rfc0002", "sender", "white-box"),
    ];

    fn catalogue() -> Catalogue {
        let row = |(id, source, role, testable): &(&str, &str, &str, &str)| {
            format!(
                "[[requirement]]\nid = {id:?}\nsource = {source:?}\nsection = \"1\"\nlevel = \"must\"\nrole = {role:?}\n\
                 text = \"t\"\ntestable = {testable:?}\nsituations = [\"one\", \"two\"]\n"
            )
        };
        Catalogue::parse(&ROWS.iter().map(row).collect::<String>()).unwrap()
    }

    fn case(id: &str, rows: &[&str]) -> Case {
        // Two tables and two steps that cite the same row make one citation.
        let mut cites = table(Level::Must, Vec::new());
        cites.requirements = rows.iter().map(|&row| row.to_owned()).collect();
        let step = || step(vec![cites.clone(), cites.clone()]);
        let mut case = case_of(vec![step(), step()]);
        id.clone_into(&mut case.id);
        case
    }

    fn coverage() -> Coverage {
        let played = [
            case("a", &["A-played", "A-played-and-skipped"]),
            case("b", &["A-played"]),
            case("c", &["A-played", "not-in-the-catalogue"]),
        ];
        let skipped = [
            case("d", &["A-played-and-skipped", "A-skipped"]),
            case("e", &["A-skipped"]),
        ];
        let needs: [Vec<String>; 2] = [
            vec!["inbound".into()],
            vec!["dane".into(), "inbound".into()],
        ];
        Coverage::of(&catalogue(), &played, skipped.iter().zip(needs))
    }

    #[test]
    fn a_row_is_covered_by_a_played_case_that_cites_it_and_else_says_why_not() {
        // (row, state, cases, cases that are skipped, what those need)
        let want: [(&str, State, Ids, Ids, Ids); 8] = [
            ("A-played", State::Covered, &["a", "b", "c"], &[], &[]),
            (
                "A-played-and-skipped",
                State::Covered,
                &["a"],
                &["d"],
                &["inbound"],
            ),
            (
                "A-skipped",
                State::Skipped,
                &[],
                &["d", "e"],
                &["dane", "inbound"],
            ),
            ("A-uncovered", State::Uncovered, &[], &[], &[]),
            ("B-harness", State::Beyond, &[], &[], &[]),
            ("B-publisher", State::Beyond, &[], &[], &[]),
            ("B-untestable", State::Beyond, &[], &[], &[]),
            ("B-white-box", State::Beyond, &[], &[], &[]),
        ];
        let coverage = coverage();
        let rows: Vec<&RowCoverage> = coverage
            .sources
            .iter()
            .flat_map(|source| &source.requirements)
            .collect();
        assert_eq!(rows.len(), want.len());
        for (row, (id, state, cases, skipped_cases, needs)) in rows.into_iter().zip(want) {
            assert_eq!((row.id.as_str(), row.state), (id, state));
            assert_eq!(row.cases, cases, "{id}");
            assert_eq!(row.skipped_cases, skipped_cases, "{id}");
            assert_eq!(row.needs, needs, "{id}");
        }
        let counts: Vec<_> = coverage
            .sources
            .iter()
            .map(|source| (source.source.as_str(), source.counts()))
            .collect();
        assert_eq!(
            counts,
            [("rfc0001", [4, 2, 1, 1, 0]), ("rfc0002", [4, 0, 0, 0, 4])]
        );
    }

    #[test]
    fn a_person_reads_a_line_a_source_and_below_it_each_row() {
        let coverage = coverage();
        assert_snapshot!(format!("{}{}", coverage.table(), coverage.rows()));
    }
}
