//! How a case lies over its file, and a step over what stood before (SCENARIOS §2).
//!
//! Tables merge key by key at every depth; text, numbers and lists replace; `expect`, `inject` and `ask` are never
//! merged; `"healthy"` takes back; a varied value merges as one.

use super::vary::is_varied;
use crate::document::{Entry, Node, Table, Value};

/// The keys whose innermost value stands alone.
pub(crate) const NEVER_MERGED: [&str; 3] = ["expect", "inject", "ask"];

/// `over` laid over `under`.
pub(crate) fn merge(under: &Table, over: &Table) -> Table {
    let mut merged = under.clone();
    lay(&mut merged, over);
    merged
}

/// A table without anything that is taken back in it.
pub(crate) fn settled(table: &Table) -> Table {
    merge(&Table::default(), table)
}

/// The steps of a case without what is taken back in them, but for the world: there the step before decides.
pub(crate) fn settle_steps(case: &mut Table, world: &[&str]) {
    let steps = case.entries.iter_mut().filter(|entry| entry.key == "step");
    for entry in steps {
        let Value::List(steps) = &mut entry.node.value else {
            continue;
        };
        for step in steps {
            if let Value::Table(step) = &mut step.value {
                step.entries.retain(|entry| {
                    !entry.node.is_healthy() || world.contains(&entry.key.as_str())
                });
            }
        }
    }
}

fn lay(under: &mut Table, over: &Table) {
    for entry in &over.entries {
        if entry.node.is_healthy() {
            under.remove(&entry.key);
            continue;
        }
        let mut laid = entry.clone();
        let merges = !NEVER_MERGED.contains(&entry.key.as_str()) && !is_varied(&entry.node);
        if let (true, Some(table)) = (merges, entry.node.table()) {
            let old = under.get(&entry.key).filter(|node| !is_varied(node));
            let mut merged = old.and_then(Node::table).cloned().unwrap_or_default();
            lay(&mut merged, table);
            laid.node.value = Value::Table(merged);
        }
        put(under, laid);
    }
}

fn put(table: &mut Table, entry: Entry) {
    match table.entries.iter_mut().find(|old| old.key == entry.key) {
        Some(old) => *old = entry,
        None => table.entries.push(entry),
    }
}
