//! The steps of a case as trees, each with the whole world as it then stands (SCENARIOS §2).

use super::super::merge::merge;
use crate::document::{Node, Table};

/// The keys that make a world.
pub(crate) const WORLD: [&str; 8] = [
    "domain", "host", "https", "attacker", "fault", "rule", "route", "settings",
];

/// One step.
#[derive(Debug)]
pub(crate) struct StepTree<'a> {
    /// What the file writes in the step; of the first, the case itself.
    pub(crate) written: &'a Table,
    /// The world as it stands in the step.
    pub(crate) world: Table,
}

/// The steps of a merged case; the case itself is the first.
pub(crate) fn story(case: &Table) -> Vec<StepTree<'_>> {
    let mut world = world_of(case);
    let mut steps = vec![StepTree {
        written: case,
        world: world.clone(),
    }];
    for step in case.get("step").and_then(Node::list).unwrap_or_default() {
        let Some(written) = step.table() else {
            continue;
        };
        world = merge(&world, &world_of(written));
        steps.push(StepTree {
            written,
            world: world.clone(),
        });
    }
    steps
}

fn world_of(table: &Table) -> Table {
    let entries = table
        .entries
        .iter()
        .filter(|entry| WORLD.contains(&entry.key.as_str()));
    Table {
        entries: entries.cloned().collect(),
    }
}

/// Whether records in the DNS, or answers about them, change in the course of the story: their time to live is then
/// nothing unless the file says one.
pub(super) fn changes_records(steps: &[StepTree<'_>]) -> bool {
    steps
        .windows(2)
        .any(|pair| seen_in_dns(&pair[0].world) != seen_in_dns(&pair[1].world))
}

/// All of a world that the DNS shows, as text.
fn seen_in_dns(world: &Table) -> String {
    let mut text = String::new();
    let mut add = |table: &str, name: &str, key: &str, node: &Node| {
        text.push_str(&format!("{table}.{name}.{key} = {node}\n"));
    };
    for (name, domain) in world.named("domain") {
        for entry in &domain.entries {
            match (entry.key.as_str(), entry.node.table()) {
                ("sts", Some(sts)) => {
                    add(
                        "domain",
                        &name.key,
                        "sts",
                        &Node {
                            value: crate::document::Value::Flag(true),
                            ..entry.node
                        },
                    );
                    for key in ["id", "record"] {
                        sts.get(key)
                            .into_iter()
                            .for_each(|node| add("domain", &name.key, key, node));
                    }
                }
                (key, _) => add("domain", &name.key, key, &entry.node),
            }
        }
    }
    for (name, host) in world.named("host").chain(world.named("https")) {
        // The data of a TLSA record follow the certificate.
        let keys = ["addresses", "cname", "port", "tlsa"];
        let keys = keys
            .into_iter()
            .chain(host.has("tlsa").then_some("certificate"));
        for key in keys {
            host.get(key)
                .into_iter()
                .for_each(|node| add("host", &name.key, key, node));
        }
    }
    for (node, fault) in world.tables("fault") {
        if fault.get("on").and_then(Node::text) == Some("dns") {
            add("fault", "", "", node);
        }
    }
    text
}
