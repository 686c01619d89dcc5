//! A file as a tree of our own: the values of TOML in the order of the file, each with its place.
//!
//! The tree is what is merged, varied and then read. It is built from [`DeTable`], which keeps spans but not order;
//! the places of the keys give the order back.

use std::fmt::{self, Write};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Complaint, Notes, Span};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text of any kind.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
    /// A float or a date, which no key wants; as the file has it.
    Other(String),
}

/// A table in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its keys.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Text, if it is that.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, if it is that.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// `true` or `false`, if it is that.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The table, if it is that.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The items of a list, or the value itself: for keys that take one or many.
    #[must_use]
    pub fn many(&self) -> &[Self] {
        match &self.value {
            Value::List(list) => list,
            _ => std::slice::from_ref(self),
        }
    }

    /// The word that takes back what the file said.
    pub(crate) fn is_healthy(&self) -> bool {
        self.text() == Some("healthy")
    }

    /// What the value is, for people.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(text) if text.contains([':', '-']) && !text.contains('e') => "a date",
            Value::Other(_) => "a number with a fraction",
        }
    }
}

impl Table {
    /// The key of that name and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Whether it has that key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key);
    }

    /// The tables below `key`, by name: `host."NAME"`.
    pub fn named(&self, key: &str) -> impl Iterator<Item = (&Entry, &Self)> {
        let table = self.get(key).and_then(Node::table);
        table
            .into_iter()
            .flat_map(|table| &table.entries)
            .filter_map(|entry| Some((entry, entry.node.table()?)))
    }

    /// The tables at `key`, which takes one or a list of them.
    pub fn tables(&self, key: &str) -> impl Iterator<Item = (&Node, &Self)> {
        let nodes = self.get(key).map_or(&[][..], Node::many);
        nodes.iter().filter_map(|node| Some((node, node.table()?)))
    }
}

/// As TOML on one line; equal values in equal order print alike.
impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Text(text) => quote(formatter, text),
            Value::Number(number) => write!(formatter, "{number}"),
            Value::Flag(flag) => write!(formatter, "{flag}"),
            Value::Other(text) => formatter.write_str(text),
            Value::List(list) => {
                for (index, node) in list.iter().enumerate() {
                    write!(formatter, "{}{node}", if index == 0 { "[" } else { ", " })?;
                }
                formatter.write_str(if list.is_empty() { "[]" } else { "]" })
            }
            Value::Table(table) => write!(formatter, "{table}"),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |key: &str| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        for (index, Entry { key, node, .. }) in self.entries.iter().enumerate() {
            let parted = if index == 0 { "{ " } else { ", " };
            formatter.write_str(parted)?;
            match bare(key) {
                true => formatter.write_str(key)?,
                false => quote(formatter, key)?,
            }
            write!(formatter, " = {node}")?;
        }
        formatter.write_str(if self.entries.is_empty() { "{}" } else { " }" })
    }
}

/// A basic string of TOML.
fn quote(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(formatter, "\\{character}")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            '\t' => formatter.write_str("\\t")?,
            control if control.is_control() => write!(formatter, "\\u{:04X}", u32::from(control))?,
            _ => formatter.write_char(character)?,
        }
    }
    formatter.write_char('"')
}

/// The tree of a parsed file. A number beyond 64 bits is noted and left out.
pub(crate) fn from_toml(table: DeTable<'_>, notes: &Notes<'_>) -> Table {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_span: key.span().into(),
            key: key.into_inner().into_owned(),
            node: node(value, notes),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Table { entries }
}

fn node(value: Spanned<DeValue<'_>>, notes: &Notes<'_>) -> Node {
    let span = Span::from(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(
            i64::from_str_radix(number.as_str(), number.radix()).unwrap_or_else(|_| {
                notes.note(
                    span,
                    Complaint::new(format!("{number} is too big a number")),
                );
                0
            }),
        ),
        DeValue::Float(float) => Value::Other(float.to_string()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(date) => Value::Other(date.to_string()),
        DeValue::Array(array) => {
            Value::List(array.into_iter().map(|item| node(item, notes)).collect())
        }
        DeValue::Table(table) => Value::Table(from_toml(table, notes)),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::problem::Source;
    use super::*;

    fn parse(text: &str) -> Table {
        let source = Source::new("a.toml", text);
        let notes = Notes::new(&source);
        from_toml(DeTable::parse(text).unwrap().into_inner(), &notes)
    }

    fn node(value: Value) -> Node {
        Node {
            span: Span::default(),
            value,
        }
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            any::<String>().prop_map(Value::Text),
            any::<i64>().prop_map(Value::Number),
            any::<bool>().prop_map(Value::Flag),
        ];
        leaf.prop_map(node).prop_recursive(3, 20, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List);
            let table =
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|entries| {
                    let entry = |(key, node)| Entry {
                        key,
                        key_span: Span::default(),
                        node,
                    };
                    Value::Table(Table {
                        entries: entries.into_iter().map(entry).collect(),
                    })
                });
            prop_oneof![list, table].prop_map(node)
        })
    }

    #[test]
    fn keys_stand_in_the_order_of_the_file() {
        let table = parse("b = 1\na.x = 2\n[c]\nz = 1\ny = 2\n");
        assert_eq!(
            table.to_string(),
            "{ b = 1, a = { x = 2 }, c = { z = 1, y = 2 } }"
        );
    }

    proptest! {
        #[test]
        fn a_printed_value_reads_back_the_same(node in any_node()) {
            let printed = format!("key = {node}");
            prop_assert_eq!(format!("{{ {} }}", printed), parse(&printed).to_string());
        }
    }
}
