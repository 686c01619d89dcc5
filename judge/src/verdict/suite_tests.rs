//! The suite can fail: a subject that does nothing, or the same whatever is asked of it, passes no case.

use std::path::PathBuf;

use super::testing::*;
use super::{JudgeOptions, TwinResult, Verdict, copy_names, judge};
use crate::events::{Event, What};
use crate::scenario::{Case, Catalogue, Suite, Twin};

fn suite() -> Vec<Case> {
    let scenarios = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
    let catalogue = Catalogue::load(&scenarios.join("requirements.toml")).unwrap();
    let (suite, problems) = Suite::load(&[scenarios], Some(&catalogue));
    assert!(problems.is_empty(), "{problems}");
    suite.cases
}

/// What such a subject leaves behind: for each message and recipient these events, in each step.
fn played(case: &Case, each: fn(&str, &str) -> Vec<Event>) -> Vec<Event> {
    let mut events = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        events.push(in_step(index + 1, event(What::StepBegan)));
        for message in &step.inject {
            for name in copy_names(message) {
                for to in &message.to {
                    events.extend(
                        each(&name, to)
                            .into_iter()
                            .map(|one| in_step(index + 1, one)),
                    );
                }
            }
        }
    }
    events
}

fn passed(each: fn(&str, &str) -> Vec<Event>) -> Vec<String> {
    suite()
        .into_iter()
        .filter_map(|case| {
            let twin = match case.twin {
                Twin::NotNeeded => TwinResult::NotNeeded,
                Twin::Healthy | Twin::Case(_) => TwinResult::NotDelivered("deferred".into()),
            };
            let events = played(&case, each);
            let result = judge(&recording(case, events), &twin, &JudgeOptions::default());
            (result.verdict == Verdict::Pass).then_some(result.id)
        })
        .collect()
}

#[test]
fn a_subject_that_keeps_everything_passes_nothing() {
    let kept = passed(|name, _| vec![injected(name, 250, "ok"), queued(name, true)]);
    assert_eq!(kept, Vec::<String>::new());
}

#[test]
fn a_subject_that_loses_everything_passes_nothing() {
    let lost = passed(|name, _| vec![injected(name, 250, "ok"), queued(name, false)]);
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn a_subject_that_takes_nothing_passes_nothing() {
    let taken = passed(|name, _| vec![injected(name, 550, "5.7.4 no")]);
    assert_eq!(taken, Vec::<String>::new());
}

#[test]
fn a_subject_that_returns_everything_passes_nothing_but_notices() {
    let returned = passed(|name, to| {
        vec![
            injected(name, 250, "ok"),
            notice(name, &dsn("failed", "5.7.4", to)),
            queued(name, false),
        ]
    });
    let beside: Vec<&String> = returned
        .iter()
        .filter(|id| !id.starts_with("notices/"))
        .collect();
    assert_eq!(beside, Vec::<&String>::new());
}
