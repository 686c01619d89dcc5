//! Typed getters over a table of a profile: a value or nothing, with every problem noted on the way.

use std::time::Duration;

use mtaspec_judge::document::{Complaint, Entry, Node, Notes, Span, Table, nearest};
use mtaspec_judge::scenario::duration;

use super::keys::Keys;

/// Keys that one may look for here, and where they are.
const ELSEWHERE: [(&str, &str); 1] = [(
    "known_failure",
    "they stand in known-failures.toml beside this file",
)];

/// A table that is read.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    table: &'a Table,
    keys: &'static Keys,
    span: Span,
    notes: &'a Notes<'a>,
}

impl<'a> Section<'a> {
    /// Notes all keys that the table should not have.
    pub(super) fn new(
        table: &'a Table,
        keys: &'static Keys,
        span: Span,
        notes: &'a Notes<'a>,
    ) -> Self {
        for entry in &table.entries {
            if !keys.keys.contains(&entry.key.as_str()) {
                let complaint =
                    Complaint::new(format!("unknown key `{}` in {}", entry.key, keys.name));
                let near = ELSEWHERE.iter().find(|(key, _)| *key == entry.key);
                if let Some((_, where_to)) = near {
                    notes.note(entry.key_span, complaint.help(*where_to));
                    continue;
                }
                let help = match nearest(&entry.key, keys.keys.iter().copied()) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => format!("it has {}", keys.keys.join(", ")),
                };
                notes.note(entry.key_span, complaint.help(help));
            }
        }
        Self {
            table,
            keys,
            span,
            notes,
        }
    }

    /// The file as a whole.
    pub(super) fn of_file(table: &'a Table, keys: &'static Keys, notes: &'a Notes<'a>) -> Self {
        Self::new(table, keys, Span::default(), notes)
    }

    /// As messages call it.
    pub(super) fn name(self) -> &'static str {
        self.keys.name
    }

    pub(super) fn notes(self) -> &'a Notes<'a> {
        self.notes
    }

    /// Where the table begins, for what is wrong with all of it.
    pub(super) fn span(self) -> Span {
        self.span
    }

    pub(super) fn node(self, key: &str) -> Option<&'a Node> {
        debug_assert!(self.keys.keys.contains(&key), "{key} is in the key table");
        self.table.get(key)
    }

    /// The value that must be there; `help` says what it is.
    pub(super) fn needed(self, key: &str, help: &str) -> Option<&'a Node> {
        let node = self.node(key);
        if node.is_none() {
            let complaint = Complaint::new(format!("{} has no `{key}`", self.keys.name));
            self.notes.note(self.span, complaint.help(help));
        }
        node
    }

    fn wrong(self, key: &str, node: &Node, wanted: &str, help: &str) {
        let found = node.kind();
        let complaint = Complaint::new(format!("`{key}` is {wanted}, this is {found}"));
        self.notes.note(node.span, complaint.help(help));
    }

    fn text_of(self, key: &str, node: &'a Node) -> Option<&'a str> {
        let text = node.text();
        if text.is_none() {
            self.wrong(key, node, "text", "write it in quotes");
        }
        text
    }

    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.text_of(key, self.node(key)?)
    }

    /// Text that must be there and is not empty.
    pub(super) fn needed_text(self, key: &str, help: &str) -> Option<&'a str> {
        let node = self.needed(key, help)?;
        let text = self.text_of(key, node)?;
        if text.trim().is_empty() {
            let complaint = Complaint::new(format!("`{key}` is empty"));
            self.notes.note(node.span, complaint.help(help));
            return None;
        }
        Some(text)
    }

    pub(super) fn flag(self, key: &str) -> Option<bool> {
        let node = self.node(key)?;
        let flag = node.flag();
        if flag.is_none() {
            self.wrong(key, node, "true or false", "write it without quotes");
        }
        flag
    }

    /// A whole number from 1 on.
    pub(super) fn number<T: TryFrom<i64>>(self, key: &str, most: i64) -> Option<T> {
        let node = self.node(key)?;
        let Some(number) = node.number() else {
            self.wrong(key, node, "a number", "write it without quotes");
            return None;
        };
        if !(1..=most).contains(&number) {
            let complaint = Complaint::new(format!("`{key}` cannot be {number}"));
            self.notes
                .note(node.span, complaint.help(format!("from 1 to {most}")));
        }
        T::try_from(number).ok()
    }

    pub(super) fn duration(self, key: &str) -> Option<Duration> {
        let node = self.node(key)?;
        let Some(text) = node.text() else {
            self.wrong(key, node, "a duration", "as in \"30 s\"");
            return None;
        };
        let parsed = duration(text).and_then(|duration| match duration.is_zero() {
            true => Err(Complaint::new(format!("`{key}` is no time at all")).help("as in \"3 s\"")),
            false => Ok(duration),
        });
        self.noted(node, parsed)
    }

    /// A list of texts, each with its node.
    pub(super) fn texts(self, key: &str) -> Vec<(&'a Node, &'a str)> {
        self.node(key)
            .map(|node| self.texts_of(key, node))
            .unwrap_or_default()
    }

    pub(super) fn texts_of(self, key: &str, node: &'a Node) -> Vec<(&'a Node, &'a str)> {
        let Some(list) = node.list() else {
            let help = match node.text() {
                Some(text) => format!("write [{text:?}]"),
                None => "texts in square brackets".to_owned(),
            };
            self.wrong(key, node, "a list of texts", &help);
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| {
                let text = item.text();
                if text.is_none() {
                    let found = item.kind();
                    let complaint =
                        Complaint::new(format!("`{key}` is a list of texts, with {found} in it"));
                    self.notes
                        .note(item.span, complaint.help("write each in quotes"));
                }
                Some((item, text?))
            })
            .collect()
    }

    /// The texts of a table whose keys are not ours to choose.
    pub(super) fn pairs(self, key: &str, help: &str) -> Vec<(&'a Entry, &'a str)> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let Some(table) = node.table() else {
            self.wrong(key, node, "a table", help);
            return Vec::new();
        };
        let pair = |entry: &'a Entry| {
            let text = self.text_of(&entry.key, &entry.node)?;
            Some((entry, text))
        };
        table.entries.iter().filter_map(pair).collect()
    }

    /// The table at a key.
    pub(super) fn table(self, key: &str, keys: &'static Keys) -> Option<Self> {
        let node = self.node(key)?;
        self.open(key, node, keys)
    }

    /// The tables of a key that may be written more than once.
    pub(super) fn tables(self, key: &str, keys: &'static Keys) -> Vec<Self> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let Some(list) = node.list() else {
            let help = format!("write it as [[{key}]]");
            self.wrong(key, node, "a list of tables", &help);
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| self.open(key, item, keys))
            .collect()
    }

    fn open(self, key: &str, node: &'a Node, keys: &'static Keys) -> Option<Self> {
        let Some(table) = node.table() else {
            self.wrong(key, node, "a table", &format!("write it as {}", keys.name));
            return None;
        };
        Some(Self::new(table, keys, node.span, self.notes))
    }

    /// What was made of a value, or nothing and a note.
    pub(super) fn noted<T>(self, node: &Node, made: Result<T, Complaint>) -> Option<T> {
        made.map_err(|complaint| self.notes.note(node.span, complaint))
            .ok()
    }
}
