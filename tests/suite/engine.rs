//! The suite against the built-in engine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use mtaspec::builtin::BuiltIn;
use mtaspec_harness::plan::Skip;
use mtaspec_judge::report::{Colour, detail};
use mtaspec_judge::verdict::Verdict;

use super::play::{Loaded, findings};

#[test]
fn the_engine_passes_every_case_that_it_can_play() {
    let suite = Loaded::suite();
    let order = suite.order(&BuiltIn);
    let mut told = String::new();
    for (result, evidence) in suite.play(Arc::new(BuiltIn), &order.run, 2) {
        if !matches!(result.verdict, Verdict::Pass | Verdict::Warn) {
            told += &detail(&result, &evidence.recording, &suite.catalogue, Colour::No);
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn findings_are_the_same_in_any_order_and_with_any_number_of_workers() {
    let suite = Loaded::suite();
    let order = suite.order(&BuiltIn);
    // A fixed part of each run: every seventh case, and all that wait on stalls and retries.
    let chosen: Vec<_> = (order.run.iter().enumerate())
        .filter(|(index, case)| {
            index % 7 == 0 || case.id.contains("silent") || case.id.contains("queue")
        })
        .map(|(_, case)| Arc::clone(case))
        .collect();
    let play = |cases: &[_], jobs| {
        let played = suite.play(Arc::new(BuiltIn), cases, jobs);
        let mut told: Vec<String> = played.iter().map(|(result, _)| findings(result)).collect();
        told.sort();
        told.concat()
    };
    let first = play(&chosen, 1);
    let reversed: Vec<_> = chosen.iter().rev().cloned().collect();
    let middle = chosen.len() / 2;
    let rotated: Vec<_> = [&chosen[middle..], &chosen[..middle]].concat();
    for (cases, jobs) in [(&reversed, 3), (&rotated, 8), (&chosen, 1)] {
        similar(&first, &play(cases, jobs));
    }
}

fn similar(one: &str, other: &str) {
    for (one, other) in one.lines().zip(other.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(one.lines().count(), other.lines().count());
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
