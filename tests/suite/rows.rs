//! `tests/rows.toml`: what it says of rows that no scenario shows is so.

use std::fmt::Write as _;
use std::path::Path;

use mtaspec::builtin::BuiltIn;
use mtaspec_judge::report::{Coverage, Elsewhere, State};

use super::play::Loaded;

fn elsewhere() -> Elsewhere {
    Elsewhere::parse(include_str!("../rows.toml")).unwrap()
}

fn coverage(suite: &Loaded) -> Coverage {
    let order = suite.order(&BuiltIn);
    let played = order.run.iter().map(AsRef::as_ref);
    let skipped = (order.skipped.iter()).map(|skipped| (skipped.case.as_ref(), Vec::new()));
    Coverage::of(&suite.catalogue, played, skipped, &elsewhere())
}

/// Whether a line of the text begins a function of the name.
fn defines(text: &str, name: &str) -> bool {
    let heads = ["fn", "async fn", "def"].map(|word| format!("{word} {name}("));
    let begins = |line: &str| heads.iter().any(|head| line.trim_start().starts_with(head));
    text.lines().any(begins)
}

#[test]
fn every_test_that_is_to_show_a_row_stands_in_the_file_that_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut told = String::new();
    for (row, test) in elsewhere().tests() {
        match std::fs::read_to_string(root.join(test.file())) {
            Ok(text) if defines(&text, test.name()) => {}
            Ok(_) => writeln!(told, "{row}: {} has no test {}", test.file(), test.name()).unwrap(),
            Err(error) => writeln!(told, "{row}: {}: {error}", test.file()).unwrap(),
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn every_listed_row_is_one_of_the_catalogue_and_no_played_case_cites_it() {
    let suite = Loaded::suite();
    let mut told = String::new();
    for id in elsewhere().ids() {
        if suite.catalogue.row(id).is_none() {
            writeln!(told, "{id} is no row of the catalogue").unwrap();
        }
    }
    let listed = elsewhere();
    for row in coverage(&suite).requirements() {
        if row.state() == State::Covered && listed.of(row.id()).is_some() {
            writeln!(
                told,
                "{} is covered by a case and need not be listed",
                row.id()
            )
            .unwrap();
        }
    }
    assert!(told.is_empty(), "{told}");
}
