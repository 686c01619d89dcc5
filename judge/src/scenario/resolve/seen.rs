//! Patterns of events, and tables of fields in an expectation (SCENARIOS §9).

use super::super::keys::{FieldKind, event};
use super::super::reader::Reader;
use super::super::values;
use super::super::{Count, FieldPattern, Fields, Pattern};
use crate::document::{Node, Table, Value};

/// The patterns of `saw`, `never` or `order`.
pub(super) fn patterns(reader: Reader<'_>, list: &Node) -> Vec<Pattern> {
    let tables = list
        .many()
        .iter()
        .filter_map(|node| Some((node, node.table()?)));
    tables
        .filter_map(|(node, table)| pattern(reader.inside(table), node))
        .collect()
}

fn pattern(reader: Reader<'_>, node: &Node) -> Option<Pattern> {
    let event = event(&reader.text("event")?)?;
    let mut fields = Fields::new();
    for entry in &reader.table.entries {
        if let Some(field) = event.field(&entry.key)
            && let Some(pattern) = field_pattern(reader, &entry.node, field.kind)
        {
            fields.insert(entry.key.clone(), pattern);
        }
    }
    let count = reader.node("count").and_then(|node| count(reader, node));
    Some(Pattern {
        event: event.name.into(),
        count,
        fields,
        written: node.to_string(),
    })
}

/// What a field must be, by its kind.
pub(super) fn field_pattern(
    reader: Reader<'_>,
    node: &Node,
    kind: FieldKind,
) -> Option<FieldPattern> {
    match (&node.value, kind) {
        (Value::Flag(flag), _) => Some(FieldPattern::Flag(*flag)),
        (Value::Number(number), FieldKind::Text) => {
            Some(FieldPattern::Text(vec![number.to_string()]))
        }
        (Value::Number(_), _) => count(reader, node).map(FieldPattern::Count),
        (Value::Text(text), FieldKind::Number) => {
            // Digits with `*` or `?` are a text: `"4??"`.
            Some(values::count(text).map_or_else(
                |_| FieldPattern::Text(vec![text.clone()]),
                FieldPattern::Count,
            ))
        }
        (Value::Text(text), _) => Some(FieldPattern::Text(vec![text.clone()])),
        (Value::List(list), _) if !list.is_empty() && list.iter().all(|n| n.number().is_some()) => {
            Some(FieldPattern::Numbers(
                list.iter().filter_map(Node::number).collect(),
            ))
        }
        (Value::List(list), _) if list.iter().any(|n| n.table().is_some()) => {
            let tables = list.iter().filter_map(Node::table);
            Some(FieldPattern::Tables(
                tables.map(|table| failure(reader.inside(table))).collect(),
            ))
        }
        (Value::List(list), _) => {
            let text = |node: &Node| node.text().map_or_else(|| node.to_string(), Into::into);
            Some(FieldPattern::Text(list.iter().map(text).collect()))
        }
        (Value::Table(_) | Value::Other(_), _) => None,
    }
}

fn failure(reader: Reader<'_>) -> Fields {
    fields(reader, &["count"])
}

/// The fields of a table; those in `counts` are counts.
pub(super) fn fields(reader: Reader<'_>, counts: &[&str]) -> Fields {
    let kind = |key: &str| {
        if counts.contains(&key) {
            FieldKind::Number
        } else {
            FieldKind::Text
        }
    };
    let Table { entries } = reader.table;
    entries
        .iter()
        .filter_map(|entry| {
            Some((
                entry.key.clone(),
                field_pattern(reader, &entry.node, kind(&entry.key))?,
            ))
        })
        .collect()
}

/// A number, or a text as `">=1"`.
pub(super) fn count(reader: Reader<'_>, node: &Node) -> Option<Count> {
    match node.number() {
        Some(number) => {
            let number = u64::try_from(number).ok()?;
            Some(Count {
                least: number,
                most: Some(number),
            })
        }
        None => reader.parse(node, values::count),
    }
}
