//! Typed getters over a table: a value or nothing, with every problem noted on the way.
//!
//! A value of the wrong type is nothing here; [`super::check`] has said so already.

use crate::document::{Complaint, Entry, Node, Notes, Span, Table};

/// A table that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) table: &'a Table,
    pub(crate) notes: &'a Notes<'a>,
}

/// How a text becomes a value.
pub(crate) type Parse<T> = fn(&str) -> Result<T, Complaint>;

impl<'a> Reader<'a> {
    pub(crate) fn new(table: &'a Table, notes: &'a Notes<'a>) -> Self {
        Self { table, notes }
    }

    pub(crate) fn node(self, key: &str) -> Option<&'a Node> {
        self.table.get(key)
    }

    pub(crate) fn text(self, key: &str) -> Option<String> {
        self.node(key)?.text().map(Into::into)
    }

    pub(crate) fn flag(self, key: &str) -> Option<bool> {
        self.node(key)?.flag()
    }

    pub(crate) fn number<T: TryFrom<i64>>(self, key: &str) -> Option<T> {
        T::try_from(self.node(key)?.number()?).ok()
    }

    /// A text that is more than a text.
    pub(crate) fn parsed<T>(self, key: &str, parse: Parse<T>) -> Option<T> {
        self.parse(self.node(key)?, parse)
    }

    /// A list of them.
    pub(crate) fn list<T>(self, key: &str, parse: Parse<T>) -> Option<Vec<T>> {
        let list = self.node(key)?.list()?;
        Some(
            list.iter()
                .filter_map(|item| self.parse(item, parse))
                .collect(),
        )
    }

    /// One of them or a list.
    pub(crate) fn many<T>(self, key: &str, parse: Parse<T>) -> Option<Vec<T>> {
        let items = self.node(key)?.many();
        Some(
            items
                .iter()
                .filter_map(|item| self.parse(item, parse))
                .collect(),
        )
    }

    pub(crate) fn texts(self, key: &str) -> Option<Vec<String>> {
        self.list(key, |text| Ok(text.into()))
    }

    /// One of a few words.
    pub(crate) fn word<T: Clone>(self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.node(key)?.text()?;
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn table(self, key: &str) -> Option<Self> {
        Some(self.inside(self.node(key)?.table()?))
    }

    /// The tables below `key` by name.
    pub(crate) fn named(self, key: &'static str) -> impl Iterator<Item = (&'a Entry, Self)> {
        self.table
            .named(key)
            .map(move |(entry, table)| (entry, self.inside(table)))
    }

    /// One table or a list of them.
    pub(crate) fn tables(self, key: &'static str) -> impl Iterator<Item = (&'a Node, Self)> {
        self.table
            .tables(key)
            .map(move |(node, table)| (node, self.inside(table)))
    }

    pub(crate) fn inside(self, table: &'a Table) -> Self {
        Self { table, ..self }
    }

    pub(crate) fn parse<T>(self, node: &Node, parse: Parse<T>) -> Option<T> {
        match parse(node.text()?) {
            Ok(value) => Some(value),
            Err(complaint) => {
                self.note(node.span, complaint);
                None
            }
        }
    }

    pub(crate) fn note(self, span: Span, complaint: Complaint) {
        self.notes.note(span, complaint);
    }
}

/// What an optional value sets when it is there.
pub(crate) fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
