//! Which expectations fail when what was seen is changed.
//!
//! Each case that the engine passes is judged again with its recording changed in many ways. An expectation that
//! none of the changes makes fail proves nothing where it passes. Each pattern and each field counts by itself.
//! The twin plays no part: a doubt takes back what holds, never what fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mtaspec_judge::events::Recording;
use mtaspec_judge::scenario::{
    Count, Disclosure, FieldPattern, Fields, OutcomeWord, Pattern, Wanted,
};
use mtaspec_judge::verdict::{
    CaseResult, Finding, FindingVerdict, JudgeOptions, TwinResult, Verdict, judge,
};

use super::changes::CHANGES;
use super::parts::part;
use crate::play::by_the_engine;

/// What no change makes fail, as `case: step: key = wanted`, and how many expectations there are.
fn dead_of(recording: &Recording) -> (BTreeSet<String>, usize) {
    let mut changed = recording.clone();
    let without = part(&mut changed.case);
    assert_eq!(
        without.len(),
        judged(&changed).findings.len(),
        "a finding for each"
    );
    let as_played = Recording {
        events: recording.events.clone(),
        ..changed.clone()
    };
    let before = judged(&as_played);
    let told = |finding: &Finding| {
        let Finding {
            step,
            expectation,
            wanted,
            ..
        } = finding;
        format!("{}: {step}: {expectation} = {wanted}", recording.case.id)
    };
    let mut dead: BTreeMap<usize, String> = before.findings.iter().map(told).enumerate().collect();
    let count = dead.len();
    dead.retain(|index, _| !matters(&before, &without, *index));
    for (_, change) in CHANGES {
        if dead.is_empty() {
            break;
        }
        for events in change(&as_played) {
            changed.events = events;
            let result = judged(&changed);
            assert_eq!(result.findings.len(), count, "{}", result.id);
            let was_dead = dead.len();
            dead.retain(|index, _| !matters(&result, &without, *index));
            assert!(
                dead.len() == was_dead || result.verdict != Verdict::Pass,
                "{}",
                result.id
            );
        }
    }
    (dead.into_values().collect(), count)
}

fn judged(recording: &Recording) -> CaseResult {
    judge(recording, &TwinResult::Delivered, &JudgeOptions::default())
}

/// Does this one fail, and not for what fails without its field as well?
fn matters(result: &CaseResult, without: &[Option<usize>], index: usize) -> bool {
    let is_alone = without[index].is_none_or(|other| !fails(&result.findings[other]));
    fails(&result.findings[index]) && is_alone
}

/// A should and a may are warned of.
fn fails(finding: &Finding) -> bool {
    matches!(finding.verdict, FindingVerdict::Fail | FindingVerdict::Warn)
}

#[test]
fn every_expectation_fails_for_some_change_of_what_was_seen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/live/cannot_fail.txt");
    let listed = std::fs::read_to_string(path).unwrap();
    let listed: BTreeSet<&str> = (listed.lines())
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let played = by_the_engine().iter();
    let passed: Vec<&Recording> = played
        .filter(|(result, _)| matches!(result.verdict, Verdict::Pass | Verdict::Warn))
        .map(|(_, evidence)| &*evidence.recording)
        .collect();
    let (one, other) = passed.split_at(passed.len() / 2);
    let dead_of_all = |recordings: &[&Recording]| {
        let found = recordings.iter().map(|recording| dead_of(recording));
        found.fold(
            (BTreeSet::new(), 0),
            |(mut dead, count), (more, counted)| {
                dead.extend(more);
                (dead, count + counted)
            },
        )
    };
    let ((mut dead, count), (more, counted)) = std::thread::scope(|scope| {
        let other = scope.spawn(|| dead_of_all(other));
        (dead_of_all(one), other.join().unwrap())
    });
    dead.extend(more);
    assert!(
        count + counted > passed.len(),
        "each case expects something"
    );
    let dead: BTreeSet<&str> = dead.iter().map(String::as_str).collect();
    let unlisted: Vec<&&str> = dead.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "no change makes these fail: {unlisted:#?}"
    );
    let alive: Vec<&&str> = listed.difference(&dead).collect();
    assert!(
        alive.is_empty(),
        "listed, and yet some change makes them fail: {alive:#?}"
    );
}

fn saw_connect(host: &str) -> Wanted {
    let host = FieldPattern::Text(vec![host.to_owned()]);
    Wanted::Saw(vec![Pattern {
        event: "connect".to_owned(),
        count: None,
        fields: Fields::from([("host".to_owned(), host)]),
        written: "{ event = \"connect\", host = ... }".to_owned(),
    }])
}

#[test]
fn an_expectation_that_cannot_fail_is_found() {
    let (_, evidence) = by_the_engine()
        .iter()
        .find(|(result, _)| result.verdict == Verdict::Pass)
        .unwrap();
    let any = Count {
        least: 0,
        most: None,
    };
    // (what is wanted, can it fail?)
    let wanted = [
        (Wanted::Outcome(vec![OutcomeWord::Delivered]), true),
        (Wanted::Disclosed(Disclosure::Envelope), true),
        (Wanted::Disclosed(Disclosure::Message), false),
        (Wanted::Attempts(Count { least: 1, ..any }), true),
        (Wanted::Attempts(any), false),
        (Wanted::Rounds(any), false),
        (saw_connect("mx.*"), true),
        (saw_connect("*"), false),
    ];
    for (wanted, can_fail) in wanted {
        let mut recording = Recording::clone(&evidence.recording);
        let table = &mut recording.case.steps[0].expect[0];
        table.keys.truncate(1);
        table.keys[0].wanted = wanted.clone();
        let (dead, _) = dead_of(&recording);
        assert_eq!(dead.is_empty(), can_fail, "{wanted:?}: {dead:?}");
    }
}
