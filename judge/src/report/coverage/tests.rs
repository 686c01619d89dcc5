//! Tests of coverage.

use insta::assert_snapshot;

use super::*;
use crate::scenario::{Case, Catalogue, Level};
use crate::verdict::testing::{case_of, step, table};

type Ids = &'static [&'static str];

/// (id, source, role, testable)
const ROWS: [(&str, &str, &str, &str); 11] = [
    ("A-played", "rfc0001", "sender", "black-box"),
    ("A-played-and-skipped", "rfc0001", "sender", "clock"),
    ("A-skipped", "rfc0001", "receiver", "black-box"),
    ("A-skipped-and-excused", "rfc0001", "receiver", "black-box"),
    ("A-uncovered", "rfc0001", "engine-api", "clock"),
    ("B-excused", "rfc0002", "sender", "no"),
    ("B-harness", "rfc0002", "harness", "black-box"),
    ("B-publisher", "rfc0002", "policy-publisher", "clock"),
    ("B-tested", "rfc0002", "sender", "white-box"),
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

fn elsewhere() -> Elsewhere {
    Elsewhere::parse(
        "[[row]]\nid = \"B-tested\"\nshown_by = [\"engine/src/a.rs::one\", \"engine/src/a.rs::two\", \"engine/tests/b.rs::three\"]\n\
         [[row]]\nid = \"B-excused\"\nreason = \"nobody could see it\"\n\
         [[row]]\nid = \"A-skipped-and-excused\"\nreason = \"it waits\"\n\
         [[row]]\nid = \"A-played\"\nreason = \"a case that is played goes before\"\n",
    )
    .unwrap()
}

fn coverage() -> Coverage {
    let played = [
        case("a", &["A-played", "A-played-and-skipped"]),
        case("b", &["A-played"]),
        case("c", &["A-played", "not-in-the-catalogue"]),
    ];
    let skipped = [
        case("d", &["A-played-and-skipped", "A-skipped"]),
        case("e", &["A-skipped", "A-skipped-and-excused"]),
    ];
    let needs: [Vec<String>; 2] = [
        vec!["inbound".into()],
        vec!["dane".into(), "inbound".into()],
    ];
    Coverage::of(
        &catalogue(),
        &played,
        skipped.iter().zip(needs),
        &elsewhere(),
    )
}

#[test]
fn a_row_is_covered_by_a_played_case_that_cites_it_and_else_says_why_not() {
    // (row, state, cases, cases that are skipped, what those need)
    let want: [(&str, State, Ids, Ids, Ids); 11] = [
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
        (
            "A-skipped-and-excused",
            State::Excused,
            &[],
            &["e"],
            &["dane", "inbound"],
        ),
        ("A-uncovered", State::Uncovered, &[], &[], &[]),
        ("B-excused", State::Excused, &[], &[], &[]),
        ("B-harness", State::Beyond, &[], &[], &[]),
        ("B-publisher", State::Beyond, &[], &[], &[]),
        ("B-tested", State::Tested, &[], &[], &[]),
        ("B-untestable", State::Beyond, &[], &[], &[]),
        ("B-white-box", State::Beyond, &[], &[], &[]),
    ];
    let coverage = coverage();
    let rows: Vec<&RowCoverage> = coverage.requirements().collect();
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
        [
            ("rfc0001", [2, 0, 1, 1, 1, 0]),
            ("rfc0002", [0, 1, 1, 0, 0, 4])
        ]
    );
}

#[test]
fn a_list_of_rows_is_refused_when_a_row_has_not_one_of_two_or_stands_there_twice() {
    let row = |fields: &str| format!("[[row]]\nid = \"A\"\n{fields}\n");
    let (by, reason) = ("shown_by = [\"a.rs::b\"]", "reason = \"r\"");
    // (the list, what the refusal begins with)
    let cases = [
        (row(by), ""),
        (row(reason), ""),
        (row(""), "row \"A\" has to have either"),
        (row("reason = \" \""), "row \"A\" has to have either"),
        (
            row(&format!("{by}\n{reason}")),
            "row \"A\" has to have either",
        ),
        (row(by) + &row(reason), "row \"A\" stands there twice"),
        (row("shown_by = [\"a.rs\"]"), "the list of rows"),
        (row("because = \"r\""), "the list of rows"),
    ];
    for (list, want) in cases {
        let got = Elsewhere::parse(&list)
            .err()
            .map_or_else(String::new, |error| error.to_string());
        assert_eq!(got.is_empty(), want.is_empty(), "{list}: {got}");
        assert!(got.starts_with(want), "{list}: {got}");
    }
    let list = Elsewhere::parse(&row(by)).unwrap();
    let (id, test) = list.tests().next().unwrap();
    assert_eq!((id, test.file(), test.name()), ("A", "a.rs", "b"));
}

#[test]
fn a_person_reads_a_line_a_source_and_below_it_each_row() {
    let coverage = coverage();
    assert_snapshot!(format!("{}{}", coverage.table(), coverage.rows()));
}
