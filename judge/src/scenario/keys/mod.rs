//! The key table: every key of the language once, for the reader, the hints, the schema and the reference.
//!
//! A [`Keys`] is a table of the language, a [`Key`] one key in it, a [`Kind`] what may stand there. Kinds that are
//! text of a certain form are a [`Form`]; what a form means is decided in [`super::values`].

mod events;
mod expect;
mod file;
mod form;
mod host;
mod message;
mod telling;

pub(crate) use events::{EVENTS, Event, FieldKind, OF_ALL, event};
pub(crate) use file::FILE;
pub(crate) use form::{BOUND, Form, LABEL, ROW};
pub(super) use message::ASK;
pub(super) use telling::SETTINGS;

/// A table of the language.
#[derive(Debug)]
pub(crate) struct Keys {
    /// As messages and the schema call it: `host`.
    pub(crate) name: &'static str,
    /// As the reference heads it.
    pub(crate) title: &'static str,
    /// What it is, in a sentence.
    pub(crate) meaning: &'static str,
    /// Whether it merges key by key, so that `"healthy"` takes back.
    pub(crate) merges: bool,
    /// Its keys in the order of the reference.
    pub(crate) keys: &'static [&'static [Key]],
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What holds when it is not said; `obligatory` where it must be.
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
}

/// What may stand at a key.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number(i64, i64),
    /// A number, or a text as `">=1"`.
    Count,
    /// A text of a certain form.
    Form(&'static Form),
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list; the text says of what, in the plural.
    List(&'static str, &'static Self),
    /// One of it, or a list.
    OneOrMany(&'static Self),
    /// `false`, or it.
    OrFalse(&'static Self),
    /// A table.
    Table(&'static Keys),
    /// The first, or a table.
    OrTable(&'static Self, &'static Keys),
    /// Tables or values by name.
    Named(&'static Form, &'static Self),
    /// A text or a list of texts.
    Strings,
    /// A pattern of an event.
    Pattern,
}

impl Keys {
    /// All keys in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.keys.iter().flat_map(|keys| keys.iter())
    }

    /// The key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.iter().find(|key| key.name == name)
    }
}

impl Key {
    /// Whether a table without it makes no sense.
    pub(crate) fn is_obligatory(&self) -> bool {
        self.default == "obligatory"
    }
}

impl Kind {
    /// What stands there, with an article: `a list of versions`.
    pub(crate) fn noun(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Flag => "true or false".into(),
            Self::Number(..) => "a number".into(),
            Self::Count => "a count".into(),
            Self::Form(form) => form.noun.into(),
            Self::Word(_) => "one of a few words".into(),
            Self::List(of, _) => format!("a list of {of}"),
            Self::OneOrMany(one) => format!("{} or a list of them", one.noun()),
            Self::OrFalse(one) => format!("{} or false", one.noun()),
            Self::Table(_) => "a table".into(),
            Self::OrTable(one, _) => format!("{} or a table", one.noun()),
            Self::Named(..) => "a table of names".into(),
            Self::Strings => "text or a list of texts".into(),
            Self::Pattern => "a pattern".into(),
        }
    }
}

/// One row of the key table.
const fn key(name: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        default,
        meaning,
    }
}
