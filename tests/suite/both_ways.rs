//! The engine inside this process and `mtaspec relay` on sockets have the same findings.
//!
//! A part of the suite is played here; all of it in `.ci/both_ways.py`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mtaspec::builtin::BuiltIn;
use mtaspec::own_relay::OwnRelay;
use mtaspec_harness::subject::Subject;
use mtaspec_judge::events::SubjectName;
use mtaspec_judge::report::RunReport;
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::CaseResult;

use super::play::{Loaded, by_the_engine};

fn relay() -> Arc<dyn Subject> {
    Arc::new(OwnRelay::of(PathBuf::from(env!("CARGO_BIN_EXE_mtaspec"))))
}

/// What a program is told of a case, but how long it took and who was tested.
fn told(result: &CaseResult) -> (String, String) {
    let mut result = result.clone();
    result.milliseconds = 0;
    let nobody = SubjectName {
        name: String::new(),
        version: String::new(),
        capabilities: BuiltIn.capabilities(),
        gives_up_after: None,
    };
    let text = RunReport::of(std::slice::from_ref(&result), &nobody).to_json();
    (result.id, text)
}

/// Of each family the first case, and every tenth behind it.
fn part_of(cases: &[Arc<Case>]) -> Vec<Arc<Case>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut part = Vec::new();
    for case in cases {
        let family = case.id.split('/').next().unwrap_or_default();
        let seen = seen.entry(family).or_default();
        if seen.is_multiple_of(10) {
            part.push(Arc::clone(case));
        }
        *seen += 1;
    }
    part
}

#[test]
fn the_relay_on_sockets_has_the_findings_of_the_engine_in_this_process() {
    let suite = Loaded::suite();
    let relay = relay();
    let part = part_of(&suite.order(&*relay).run);
    assert!(part.len() > 30, "{}", part.len());
    let engine: BTreeMap<String, String> = by_the_engine()
        .iter()
        .map(|(result, _)| told(result))
        .collect();
    for (result, _) in suite.play(relay, &part, 2) {
        let (id, text) = told(&result);
        assert_eq!(Some(&text), engine.get(&id), "{id}");
    }
}

#[test]
fn the_relay_plays_all_that_the_engine_plays_and_no_clock_is_needed_for() {
    let suite = Loaded::suite();
    let by_relay = suite.order(&*relay()).run.len();
    let by_engine = suite.order(&BuiltIn).run.len();
    assert!(by_relay * 3 > by_engine * 2, "{by_relay} of {by_engine}");
}
