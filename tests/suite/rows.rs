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

/// Sources all of whose rows are shown, or told why not.
#[cfg(feature = "legacy-tls")]
const WHOLE: [&str; 30] = [
    "google-certificates",
    "google-mta-sts",
    "google-tls-compliance",
    "google-tls-compliance-fr",
    "rfc2034",
    "rfc3207",
    "rfc3461",
    "rfc3463",
    "rfc3464",
    "rfc3848",
    "rfc4954",
    "rfc5248",
    "rfc5321",
    "rfc6125",
    "rfc6522",
    "rfc6698",
    "rfc7372",
    "rfc7435",
    "rfc7505",
    "rfc7671",
    "rfc7672",
    "rfc7817",
    "rfc8314",
    "rfc8460",
    "rfc8461",
    "rfc8689",
    "rfc8996",
    "rfc9325",
    "rfc9525",
    "uk-gov-tls",
];

#[cfg(feature = "legacy-tls")]
#[test]
fn every_row_of_the_setting_of_published_policies_and_of_the_texts_under_them_is_shown_or_excused()
{
    let suite = Loaded::suite();
    let sources: Vec<String> = WHOLE.map(str::to_owned).into();
    let mut told = String::new();
    for row in coverage(&suite).only(&sources).requirements() {
        if !matches!(row.state(), State::Covered | State::Tested | State::Excused) {
            writeln!(told, "{}: {}", row.id(), row.state().as_str()).unwrap();
        }
    }
    assert!(told.is_empty(), "{told}");
}
