//! The suite against the built-in engine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use mtaspec::builtin::BuiltIn;
use mtaspec_harness::plan::Skip;
use mtaspec_judge::report::{Colour, detail};
use mtaspec_judge::verdict::Verdict;

use super::play::{Loaded, by_the_engine};

#[test]
fn the_engine_passes_every_case_that_it_can_play() {
    let suite = Loaded::suite();
    let mut told = String::new();
    for (result, evidence) in by_the_engine() {
        if !matches!(result.verdict, Verdict::Pass | Verdict::Warn) {
            told += &detail(result, &evidence.recording, &suite.catalogue, Colour::No);
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn the_list_of_skips_can_only_shrink() {
    let suite = Loaded::suite();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/skipped.txt");
    let listed = std::fs::read_to_string(path).unwrap();
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let order = suite.order(&BuiltIn);
    // What the build lacks is no matter of the engine's.
    let skipped: Vec<String> = (order.skipped.iter())
        .filter(|skipped| matches!(skipped.why, Skip::Needs(_)))
        .map(|skipped| format!("{}: {}", skipped.case.id, skipped.why))
        .collect();
    let skipped: BTreeSet<&str> = skipped.iter().map(String::as_str).collect();
    let mut told = String::new();
    for line in skipped.difference(&listed) {
        writeln!(told, "is skipped and not on the list: {line}").unwrap();
    }
    for line in listed.difference(&skipped) {
        writeln!(told, "is on the list and no longer skipped so: {line}").unwrap();
    }
    assert!(told.is_empty(), "{told}");
}
