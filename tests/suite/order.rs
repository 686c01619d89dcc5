//! Findings depend neither on the order in which cases are played nor on how many are played at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use mtaspec::builtin::BuiltIn;
use mtaspec_harness::subject::Subject;
use mtaspec_judge::report::RunReport;
use mtaspec_judge::scenario::Case;

use super::play::Loaded;

/// A fixed part of the suite: of each family every twelfth case, and all that wait for something that never comes.
fn part_of(cases: &[Arc<Case>]) -> Vec<Arc<Case>> {
    let mut part = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        let family = case.id.split('/').next().unwrap_or_default();
        let seen = seen.entry(family).or_default();
        if seen.is_multiple_of(12)
            || ["silent", "queue"]
                .iter()
                .any(|word| case.id.contains(word))
        {
            part.push(Arc::clone(case));
        }
        *seen += 1;
    }
    part
}

/// What a program is told of each of these cases, but how long it took, by id. (Events have other numbers where
/// messages travel at the same time.)
fn told(suite: &Loaded, cases: &[Arc<Case>], jobs: usize) -> BTreeMap<String, String> {
    let subject = BuiltIn.told();
    let played = suite.play(Arc::new(BuiltIn), cases, jobs);
    let results = played.into_iter().map(|(mut result, _)| {
        result.milliseconds = 0;
        let text = RunReport::of(std::slice::from_ref(&result), &subject).to_json();
        (result.id, text)
    });
    results.collect()
}

#[test]
fn findings_are_the_same_in_any_order_and_with_any_number_of_workers() {
    let suite = Loaded::suite();
    let in_file_order = part_of(&suite.order(&BuiltIn).run);
    let mut reversed = in_file_order.clone();
    reversed.reverse();
    // Ids read backwards have little to do with the order of the files.
    let mut shuffled = in_file_order.clone();
    shuffled.sort_by_key(|case| case.id.bytes().rev().collect::<Vec<_>>());
    let first = told(&suite, &in_file_order, 2);
    assert_eq!(first.len(), in_file_order.len());
    let ways = [
        ("reversed", &reversed, 2),
        ("shuffled", &shuffled, 8),
        ("with one job", &in_file_order, 1),
    ];
    for (way, cases, jobs) in ways {
        let again = told(&suite, cases, jobs);
        assert_eq!(again.len(), first.len(), "{way}");
        for (id, text) in &first {
            assert_eq!(again.get(id), Some(text), "{id} {way}");
        }
    }
}
