//! Typed getters over a TOML table: a value or nothing, with every problem noted on the way.
//!
//! A table remembers which keys it was asked for; those that nobody asked for are unknown.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Complaint, Notes, Source};
use super::spelling::nearest;

/// A table that is read.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) file: File<'a>,
    /// The key under which it stands, and where.
    pub(super) key: Text<'a>,
    /// What it is called where something is wrong with it.
    name: String,
    entries: Vec<Entry<'a>>,
    asked: RefCell<Vec<&'static str>>,
}

/// The file in which it stands, and who hears what is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) notes: &'a Notes,
}

impl File<'_> {
    pub(super) fn error(self, span: Range<usize>, complaint: Complaint) {
        self.notes.error(self.source, span, complaint);
    }

    pub(super) fn warn(self, span: Range<usize>, complaint: Complaint) {
        self.notes.warn(self.source, span, complaint);
    }
}

/// A text and its place.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) key: Text<'a>,
    value: &'a Spanned<DeValue<'a>>,
}

impl Entry<'_> {
    /// The place of its value.
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl<'a> Table<'a> {
    /// The whole file.
    pub(super) fn whole(file: File<'a>, table: &'a DeTable<'a>) -> Self {
        let key = Text {
            text: "",
            span: 0..0,
        };
        Self::new(file, key, "a settings file".to_owned(), table)
    }

    fn new(file: File<'a>, key: Text<'a>, name: String, table: &'a DeTable<'a>) -> Self {
        let mut entries: Vec<Entry<'a>> = (table.iter())
            .map(|(key, value)| Entry {
                key: Text {
                    text: key.get_ref(),
                    span: key.span(),
                },
                value,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key.span.start);
        Self {
            file,
            key,
            name,
            entries,
            asked: RefCell::default(),
        }
    }

    /// What stands under a key.
    pub(super) fn entry(&self, key: &'static str) -> Option<&Entry<'a>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// The place of what stands under a key; that of the table where nothing does.
    pub(super) fn place(&self, key: &'static str) -> Range<usize> {
        let entry = self.entry(key);
        entry.map_or(self.key.span.clone(), |entry| entry.value.span())
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str) -> Option<Text<'a>> {
        let entry = self.entry(key)?;
        self.as_text(entry.value, &entry.key)
    }

    /// A text that is more than a text.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        self.parse(&self.text(key)?, parse)
    }

    /// The same for each of one text or a list of them.
    pub(super) fn many<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let values = texts.iter().filter_map(|text| self.parse(text, &parse));
        Some(values.collect())
    }

    /// One text or a list of them.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<Text<'a>>> {
        Some(self.texts_of(self.entry(key)?))
    }

    /// Under each key, whatever it is called, one text or a list of them.
    pub(super) fn texts_by_key(&self) -> Vec<(Text<'a>, Vec<Text<'a>>)> {
        let entries = self.entries.iter();
        let texts = entries.map(|entry| (entry.key.clone(), self.texts_of(entry)));
        texts.collect()
    }

    /// The same of an entry at hand.
    fn texts_of(&self, entry: &Entry<'a>) -> Vec<Text<'a>> {
        match entry.value.get_ref() {
            DeValue::Array(items) => (items.iter())
                .filter_map(|item| self.as_text(item, &entry.key))
                .collect(),
            _ => self.as_text(entry.value, &entry.key).into_iter().collect(),
        }
    }

    /// One item or a list of them, each of them a text or a table.
    pub(super) fn items(&self, key: &'static str) -> Vec<Item<'a>> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let one = |value: &'a Spanned<DeValue<'a>>| match value.get_ref() {
            DeValue::Table(table) => {
                let key = Text {
                    text: entry.key.text,
                    span: value.span(),
                };
                let name = format!("an entry of {self}");
                Some(Item::Table(Self::new(self.file, key, name, table)))
            }
            _ => self.as_text(value, &entry.key).map(Item::Text),
        };
        match entry.value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(one).collect(),
            _ => one(entry.value).into_iter().collect(),
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let entry = self.entry(key)?;
        if let DeValue::Boolean(flag) = entry.value.get_ref() {
            return Some(*flag);
        }
        let complaint = self.wrong_kind(&entry.key, "true or false", entry.value.get_ref());
        let meant = match entry.value.get_ref() {
            DeValue::String(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" => Some("true"),
                "false" | "no" | "off" => Some("false"),
                _ => None,
            },
            _ => None,
        };
        self.file.error(
            entry.value.span(),
            match meant {
                Some(meant) => complaint.help(format!("write {meant}, without quotes")),
                None => complaint,
            },
        );
        None
    }

    /// A number within a range.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<u16>) -> Option<u16> {
        let entry = self.entry(key)?;
        let span = entry.value.span();
        let DeValue::Integer(number) = entry.value.get_ref() else {
            let complaint = self.wrong_kind(&entry.key, "a number", entry.value.get_ref());
            self.file.error(span, complaint);
            return None;
        };
        let read = u16::from_str_radix(number.as_str(), number.radix()).ok();
        let within = read.filter(|number| range.contains(number));
        if within.is_none() {
            let complaint = Complaint::new(format!("{number} is no `{key}`"));
            let help = format!("from {} to {}", range.start(), range.end());
            self.file.error(span, complaint.help(help));
        }
        within
    }

    /// The table under a key.
    pub(super) fn table(&self, key: &'static str) -> Option<Self> {
        let entry = self.entry(key)?;
        self.as_table(entry, format!("`{key}`"))
    }

    /// The tables below a key, each with a name of its own: `[rule.NAME]`.
    pub(super) fn named(&self, key: &'static str) -> Vec<Self> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let Some(outer) = self.as_table(entry, format!("`{key}`")) else {
            return Vec::new();
        };
        let inner = outer.entries.iter().filter_map(|inner| {
            let name = format!("{key} {:?}", inner.key.text);
            outer.as_table(inner, name)
        });
        inner.collect()
    }

    /// Whether a value is a table; a text is left to `text`.
    pub(super) fn is_table(&self, key: &'static str) -> bool {
        self.entry(key)
            .is_some_and(|entry| matches!(entry.value.get_ref(), DeValue::Table(_)))
    }

    /// Notes that something must be said and is not.
    pub(super) fn missing(&self, key: &str, help: &str) {
        let complaint = Complaint::new(format!("{} has no `{key}`", self.name)).help(help);
        self.file.error(self.key.span.clone(), complaint);
    }

    /// Notes the keys that nobody asked for.
    pub(super) fn close(self) {
        let asked = self.asked.borrow();
        for Entry { key, .. } in &self.entries {
            if asked.contains(&key.text) {
                continue;
            }
            let complaint = Complaint::new(format!("unknown key `{}` in {}", key.text, self.name));
            let complaint = match nearest(key.text, asked.iter().copied()) {
                Some(meant) => complaint.help(format!("did you mean `{meant}`?")),
                None => complaint.help(format!("it may have: {}", asked.join(", "))),
            };
            self.file.error(key.span.clone(), complaint);
        }
    }

    /// Reads a text, and notes it if it is wrong.
    pub(super) fn parse<T>(
        &self,
        text: &Text<'_>,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        parse(text.text)
            .map_err(|complaint| self.file.error(text.span.clone(), complaint))
            .ok()
    }

    fn as_text(&self, value: &'a Spanned<DeValue<'a>>, key: &Text<'_>) -> Option<Text<'a>> {
        let span = value.span();
        if let DeValue::String(text) = value.get_ref() {
            return Some(Text { text, span });
        }
        let complaint = self.wrong_kind(key, "a text", value.get_ref());
        self.file.error(
            span,
            match value.get_ref() {
                DeValue::Integer(number) => complaint.help(format!("write \"{number}\"")),
                DeValue::Float(number) => complaint.help(format!("write \"{number}\"")),
                _ => complaint,
            },
        );
        None
    }

    fn as_table(&self, entry: &Entry<'a>, name: String) -> Option<Self> {
        if let DeValue::Table(table) = entry.value.get_ref() {
            return Some(Self::new(self.file, entry.key.clone(), name, table));
        }
        let complaint = self.wrong_kind(&entry.key, "a table", entry.value.get_ref());
        self.file.error(entry.value.span(), complaint);
        None
    }

    fn wrong_kind(&self, key: &Text<'_>, wanted: &str, found: &DeValue<'_>) -> Complaint {
        let found = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        Complaint::new(format!("`{}` is {wanted}, this is {found}", key.text))
    }
}

/// What a list may hold that knows short and long entries.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// The short form.
    Text(Text<'a>),
    /// The long form.
    Table(Table<'a>),
}
