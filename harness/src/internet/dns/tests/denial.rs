//! Proofs of absence, for every name that can be asked for in zones of all shapes.

use std::collections::BTreeSet;

use hickory_proto::rr::RecordType;
use mtaspec_judge::scenario::{Denial, Domain, ExtraRecord};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::bench::{Bench, ask_tcp, query, text};
use super::validator::Validator;

const ZONES: usize = 6;

/// Owners of records below a zone, each of one to three labels. Stars begin names only: this validator does not know
/// wildcards that exist because of what stands below them.
fn shapes() -> Vec<BTreeSet<String>> {
    let owner = "[ab*](\\.[ab]){0,2}";
    let shape = prop::collection::btree_set(owner, 0..7);
    let mut runner = TestRunner::deterministic();
    let shapes = prop::collection::vec(shape, ZONES).new_tree(&mut runner);
    shapes.unwrap().current()
}

/// All names of up to three labels.
fn names() -> Vec<String> {
    let labels = ["a", "b", "c"];
    let mut names: Vec<String> = labels.map(str::to_owned).into();
    for from in [0, 3] {
        let above = names.split_off(from);
        names.extend(above.iter().cloned());
        for name in above {
            names.extend(labels.map(|label| format!("{label}.{name}")));
        }
    }
    names
}

#[tokio::test]
async fn every_absence_is_proven() {
    let bench = Bench::new().await;
    let kinds = [("one", Denial::Nsec), ("three", Denial::Nsec3)];
    let staged = bench.stage(|world| {
        for (number, shape) in shapes().into_iter().enumerate() {
            for (kind, denial) in kinds {
                let records = shape.iter().map(|owner| ExtraRecord {
                    owner: owner.clone(),
                    kind: "TXT".into(),
                    data: "here".into(),
                });
                let domain = Domain {
                    denial,
                    records: records.collect(),
                    ..Domain::default()
                };
                world
                    .domains
                    .insert(format!("{kind}-{number}.test"), domain);
            }
        }
    });
    let resolver = bench.server.resolver();
    let validator = Validator::new(resolver, &bench.server.trust_anchor()).await;
    let mut seen = BTreeSet::new();
    for number in 0..ZONES {
        for (kind, _) in kinds {
            for below in names() {
                let name = format!("{below}.{kind}-{number}.test");
                let labelled = staged.planned.names().labelled(&name);
                let answer = ask_tcp(resolver, &query(&labelled, RecordType::A)).await;
                assert!(answer.answers.is_empty(), "{name}");
                let found = validator.state(&labelled, RecordType::A).await;
                assert_eq!(found, "secure", "{name}: {}", text(&answer));
                seen.insert((kind, answer.metadata.response_code.to_string()));
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
