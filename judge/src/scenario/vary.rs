//! `{ vary = [...] }` and `{ vary = { LABEL = value } }`: one value, many copies (SCENARIOS §2).
//!
//! The copies are counted before any is made, so a huge product costs nothing.

use crate::document::{Entry, Node, Table, Value};

/// A table with `vary` as its only key.
pub(crate) fn is_varied(node: &Node) -> bool {
    choices(node).is_some()
}

/// What stands behind `vary`.
pub(crate) fn choices(node: &Node) -> Option<&Node> {
    match node.table()?.entries.as_slice() {
        [Entry { key, node, .. }] if key == "vary" => Some(node),
        _ => None,
    }
}

/// The labels and values of what stands behind `vary`; in a list the values are the labels.
pub(crate) fn labelled(choices: &Node) -> Vec<(String, &Node)> {
    match &choices.value {
        Value::Table(table) => table
            .entries
            .iter()
            .map(|entry| (entry.key.clone(), &entry.node))
            .collect(),
        Value::List(list) => list.iter().map(|node| (plain(node), node)).collect(),
        _ => Vec::new(),
    }
}

fn plain(node: &Node) -> String {
    node.text().map_or_else(|| node.to_string(), Into::into)
}

/// How many copies a table makes; no more than `u64` holds.
pub(crate) fn copies(table: &Table) -> u64 {
    table
        .entries
        .iter()
        .map(|entry| copies_of(&entry.node))
        .fold(1, u64::saturating_mul)
}

fn copies_of(node: &Node) -> u64 {
    if let Some(choices) = choices(node) {
        let each = labelled(choices)
            .into_iter()
            .map(|(_, node)| copies_of(node));
        return each.fold(0, u64::saturating_add);
    }
    match &node.value {
        Value::List(list) => list.iter().map(copies_of).fold(1, u64::saturating_mul),
        Value::Table(table) => copies(table),
        _ => 1,
    }
}

/// Every copy of a table with its labels, in the order in which they stand. Count them first.
pub(crate) fn expand(table: &Table) -> Vec<(Vec<String>, Table)> {
    let mut copies = vec![(Vec::new(), Table::default())];
    for entry in &table.entries {
        let values = expand_node(&entry.node);
        copies = product(&copies, &values, |table: &mut Table, node| {
            table.entries.push(Entry {
                node,
                ..entry.clone()
            });
        });
    }
    copies
}

fn expand_node(node: &Node) -> Vec<(Vec<String>, Node)> {
    if let Some(choices) = choices(node) {
        let mut values = Vec::new();
        for (label, choice) in labelled(choices) {
            for (labels, value) in expand_node(choice) {
                values.push((
                    std::iter::once(label.clone()).chain(labels).collect(),
                    value,
                ));
            }
        }
        return values;
    }
    let with = |value| Node {
        span: node.span,
        value,
    };
    match &node.value {
        Value::List(list) => {
            let mut copies = vec![(Vec::new(), Vec::new())];
            for item in list {
                copies = product(&copies, &expand_node(item), |list: &mut Vec<Node>, node| {
                    list.push(node);
                });
            }
            copies
                .into_iter()
                .map(|(labels, list)| (labels, with(Value::List(list))))
                .collect()
        }
        Value::Table(table) => {
            let copies = expand(table).into_iter();
            copies
                .map(|(labels, table)| (labels, with(Value::Table(table))))
                .collect()
        }
        _ => vec![(Vec::new(), node.clone())],
    }
}

fn product<T: Clone, U: Clone>(
    copies: &[(Vec<String>, T)],
    values: &[(Vec<String>, U)],
    add: impl Fn(&mut T, U),
) -> Vec<(Vec<String>, T)> {
    let mut all = Vec::with_capacity(copies.len() * values.len());
    for (labels, copy) in copies {
        for (further, value) in values {
            let mut copy = copy.clone();
            add(&mut copy, value.clone());
            all.push((labels.iter().chain(further).cloned().collect(), copy));
        }
    }
    all
}
