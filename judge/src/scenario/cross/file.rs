//! What is wrong with a file as a whole: no title, rows that nobody speaks for, cases that are the same.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Copy;
use crate::document::{Complaint, Node, Notes, Span, Table, Value};

/// What every file must say of itself.
pub(crate) fn whole_file(document: &Table, notes: &Notes<'_>) {
    let needed = [
        (
            "title",
            "the case as one statement, as in \"A star covers one label\"",
        ),
        (
            "why",
            "say in a sentence what goes wrong when a subject fails this",
        ),
    ];
    for (key, help) in needed {
        let text = document.get(key).and_then(Node::text);
        if text.is_none_or(|text| text.trim().is_empty() || text == "healthy") {
            let span = document
                .entry(key)
                .map_or(Span::default(), |entry| entry.key_span);
            notes.note(
                span,
                Complaint::new(format!("the file has no `{key}`")).help(help),
            );
        }
    }
}

/// `requirements` that every table replaces.
pub(crate) fn unspoken_rows(document: &Table, copies: &[Copy<'_>], notes: &Notes<'_>) {
    let cases = document.get("case").and_then(Node::table);
    let own = |name: Option<&str>| {
        let case = name.and_then(|name| cases?.get(name)?.table());
        case.and_then(|case| case.entry("requirements"))
    };
    let speaks = |copy: &Copy<'_>| {
        let tables = copy
            .steps
            .iter()
            .flat_map(|step| step.written.tables("expect"));
        tables
            .into_iter()
            .any(|(_, table)| !table.has("requirements"))
    };
    let complain = |span| {
        let complaint = Complaint::new("no table speaks for these rows");
        notes.note(
            span,
            complaint.help("leave them out, or let a table speak for them"),
        );
    };
    let speaking: Vec<&Copy<'_>> = copies.iter().filter(|copy| speaks(copy)).collect();
    if let Some(entry) = document.entry("requirements")
        && !speaking.iter().any(|copy| own(copy.name).is_none())
    {
        complain(entry.key_span);
    }
    for case in cases.iter().flat_map(|cases| &cases.entries) {
        let name = Some(case.key.as_str());
        if let Some(entry) = own(name)
            && !speaking.iter().any(|copy| copy.name == name)
        {
            complain(entry.key_span);
        }
    }
}

/// Copies with the same world and the same expectations.
pub(crate) fn same_cases(copies: &[Copy<'_>], notes: &Notes<'_>) {
    let mut seen: BTreeMap<String, &Copy<'_>> = BTreeMap::new();
    for copy in copies {
        let mut tree = copy.tree.clone();
        ["title", "why", "requirements"]
            .iter()
            .for_each(|key| tree.remove(key));
        match seen.entry(canonical(&tree)) {
            Entry::Occupied(first) => {
                let (one, other) = (short(first.get()), short(copy));
                let message = format!("cases `{one}` and `{other}` are the same");
                let complaint = Complaint::new(message).help("let them differ, or leave one out");
                notes.note(copy.span, complaint);
            }
            Entry::Vacant(place) => {
                place.insert(copy);
            }
        }
    }
}

/// What stands behind `#` in an id.
fn short<'a>(copy: &Copy<'a>) -> &'a str {
    copy.case
        .id
        .split_once('#')
        .map_or(copy.case.id.as_str(), |(_, name)| name)
}

/// A text that is equal for equal tables, in whatever order their keys stand.
fn canonical(table: &Table) -> String {
    let mut entries: Vec<(&str, String)> = table
        .entries
        .iter()
        .map(|entry| (entry.key.as_str(), value(&entry.node)))
        .collect();
    entries.sort();
    entries
        .iter()
        .map(|(key, value)| format!("{key:?}={value};"))
        .collect()
}

fn value(node: &Node) -> String {
    match &node.value {
        Value::Table(table) => format!("{{{}}}", canonical(table)),
        Value::List(list) => format!("[{}]", list.iter().map(value).collect::<Vec<_>>().join(",")),
        _ => node.to_string(),
    }
}
