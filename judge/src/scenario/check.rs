//! A file against the key table: unknown keys, wrong types, words that there are not (SCENARIOS §12).
//!
//! The file is checked as it is written, before merging, so that each mistake is told once and also where a case
//! replaces it. What only shows after merging is in [`super::cross`].

use super::Catalogue;
use super::keys::{EVENTS, FILE, FieldKind, Form, Keys, Kind, event};
use super::reader::Reader;
use super::resolve;
use super::values;
use super::vary;
use crate::document::{Complaint, Entry, Node, Notes, Span, Table, Value, nearest};

/// The most copies of one fault that are looked at.
const MOST_FAULTS: u64 = 200;

/// Notes everything in a file that the key table does not allow.
pub(crate) fn check(document: &Table, notes: &Notes<'_>, catalogue: &Catalogue) {
    let checker = Checker { notes, catalogue };
    let scope = Scope {
        key: "",
        merges: true,
        in_expect: false,
        in_list: false,
    };
    checker.keys(&FILE, document, "the file", scope);
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    /// The key whose value it is.
    key: &'a str,
    /// Whether `"healthy"` takes back.
    merges: bool,
    in_expect: bool,
    /// It is an item of the list there.
    in_list: bool,
}

#[derive(Clone, Copy)]
struct Checker<'a> {
    notes: &'a Notes<'a>,
    catalogue: &'a Catalogue,
}

impl Checker<'_> {
    fn note(self, span: Span, complaint: Complaint) {
        self.notes.note(span, complaint);
    }

    /// The keys of a table; `owner` is what the table is called.
    fn keys(self, keys: &'static Keys, table: &Table, owner: &str, scope: Scope<'_>) {
        for entry in &table.entries {
            let Some(key) = keys.key(&entry.key) else {
                self.note(entry.key_span, unknown_key(keys, &entry.key, owner));
                continue;
            };
            let inside = Scope {
                key: key.name,
                merges: scope.merges && keys.merges,
                in_expect: scope.in_expect || key.name == "expect",
                in_list: false,
            };
            self.value(&key.kind, entry, inside);
        }
        for key in keys
            .iter()
            .filter(|key| key.is_obligatory() && !table.has(key.name))
        {
            let span = table.entries.first().map(|entry| entry.key_span);
            let complaint = Complaint::new(format!("{owner} has no `{}`", key.name));
            self.note(span.unwrap_or_default(), complaint.help(key.meaning));
        }
        if keys.name == "fault" {
            self.fault(table);
        }
    }

    fn value(self, kind: &'static Kind, entry: &Entry, scope: Scope<'_>) {
        // A case cannot be taken back: it is only there once.
        let is_back = scope.merges && scope.key != "case" && entry.node.is_healthy();
        if !is_back {
            self.kind(kind, &entry.node, &entry.key, scope);
        }
    }

    /// A value that may be varied, with the name it goes by: its key, or the name of its table.
    fn kind(self, kind: &'static Kind, node: &Node, name: &str, scope: Scope<'_>) {
        if scope.key != "case"
            && let Some(choices) = vary::choices(node)
        {
            return self.varied(kind, choices, node.span, name, scope);
        }
        self.plain(kind, node, name, scope);
    }

    fn varied(self, kind: &'static Kind, choices: &Node, span: Span, name: &str, scope: Scope<'_>) {
        if scope.in_expect {
            let complaint = Complaint::new("`vary` inside `expect`");
            return self.note(
                span,
                complaint.help("values that need different expectations are cases"),
            );
        }
        let values = vary::labelled(choices);
        if values.is_empty() {
            let complaint = Complaint::new("`vary` needs values");
            return self.note(
                span,
                complaint.help("a list of words, or { LABEL = value, ... }"),
            );
        }
        for (index, (label, value)) in values.iter().enumerate() {
            if let Err(complaint) = (super::keys::LABEL.check)(label) {
                self.note(value.span, complaint);
            }
            if values[..index].iter().any(|(other, _)| other == label) {
                let complaint = Complaint::new(format!("two values are labelled {label:?}"));
                self.note(value.span, complaint.help("labels are parts of ids"));
            }
            let is_back = scope.merges && value.is_healthy();
            if !is_back {
                self.plain(kind, value, name, scope);
            }
        }
    }

    fn plain(self, kind: &'static Kind, node: &Node, name: &str, scope: Scope<'_>) {
        match (kind, &node.value) {
            (Kind::Text, Value::Text(_)) | (Kind::Flag, Value::Flag(_)) => {}
            (Kind::Number(least, most), Value::Number(number)) => {
                if !(least..=most).contains(&number) {
                    let complaint = Complaint::new(format!("{number} is no value for `{name}`"));
                    self.note(node.span, complaint.help(format!("{least} to {most}")));
                }
            }
            (Kind::Count, Value::Number(0..)) => {}
            (Kind::Count, Value::Text(text)) => self.complain(node, values::count(text).map(drop)),
            (Kind::Form(form), Value::Text(text)) => self.form(form, text, node),
            (Kind::Word(words), Value::Text(text)) => self.word(words, text, node, scope.key),
            (Kind::List(_, item), Value::List(list)) => {
                list.iter().for_each(|node| self.item(item, node, scope));
                if scope.key == "requirements" && list.is_empty() {
                    self.note(
                        node.span,
                        Complaint::new("`requirements` is empty").help("at least one id"),
                    );
                }
            }
            (Kind::OneOrMany(one), Value::List(list)) => {
                list.iter().for_each(|node| self.item(one, node, scope));
            }
            (Kind::OneOrMany(one), _) => self.plain(one, node, name, scope),
            (Kind::OrFalse(_), Value::Flag(false)) => {}
            (Kind::OrFalse(one), _) => self.plain(one, node, name, scope),
            (Kind::Table(keys) | Kind::OrTable(_, keys), Value::Table(table)) => {
                let owner = match scope.key {
                    key if key == name => format!("`{key}`"),
                    key => format!("{key} {name:?}"),
                };
                self.keys(keys, table, &owner, scope);
            }
            (Kind::OrTable(one, _), Value::Text(_)) => self.plain(one, node, name, scope),
            (Kind::Named(names, item), Value::Table(table)) => {
                for entry in &table.entries {
                    if let Err(complaint) = (names.check)(&entry.key) {
                        self.note(entry.key_span, complaint);
                    }
                    self.value(item, entry, scope);
                }
            }
            (Kind::Strings, Value::Text(_)) => {}
            (Kind::Strings, Value::List(list)) if list.iter().all(|item| item.text().is_some()) => {
            }
            (Kind::Pattern, Value::Table(table)) => self.pattern(table, node),
            _ => self.note(node.span, wrong_type(kind, node, scope)),
        }
    }

    /// An item of a list: nothing is taken back in it, unless it is a table that merges.
    fn item(self, kind: &'static Kind, node: &Node, scope: Scope<'_>) {
        let inside = Scope {
            in_list: true,
            ..scope
        };
        self.kind(kind, node, scope.key, inside);
    }

    fn complain(self, node: &Node, result: Result<(), Complaint>) {
        if let Err(complaint) = result {
            self.note(node.span, complaint);
        }
    }

    fn form(self, form: &Form, text: &str, node: &Node) {
        if std::ptr::eq(form, &raw const super::keys::ROW) {
            return self.row(text, node);
        }
        self.complain(node, (form.check)(text));
    }

    fn row(self, id: &str, node: &Node) {
        if self.catalogue.is_empty() || self.catalogue.row(id).is_some() {
            return;
        }
        let complaint = Complaint::new(format!("the catalogue has no row {id:?}"));
        self.note(
            node.span,
            match self.catalogue.nearest(id) {
                Some(nearest) => complaint.help(format!("nearest: {nearest}")),
                None => complaint.help("`mtaspec coverage` lists all rows"),
            },
        );
    }

    fn word(self, words: &[&str], text: &str, node: &Node, key: &str) {
        if words.contains(&text) {
            return;
        }
        let help = match nearest(text, words.iter().copied()) {
            Some(word) => format!("did you mean {word:?}?"),
            None => words.join(", "),
        };
        self.note(
            node.span,
            Complaint::new(format!("{text:?} is no word for `{key}`")).help(help),
        );
    }

    /// What a fault's table says makes sense, in each of its copies.
    fn fault(self, table: &Table) {
        if vary::copies(table) <= MOST_FAULTS {
            for (_, copy) in vary::expand(table) {
                resolve::fault(Reader::new(&copy, self.notes));
            }
        }
    }

    fn pattern(self, table: &Table, node: &Node) {
        let Some(name) = table.get("event") else {
            let complaint = Complaint::new("a pattern needs `event`");
            return self.note(node.span, complaint.help("as in { event = \"connect\" }"));
        };
        let Some(event) = name.text().and_then(event) else {
            return self.note(name.span, unknown_event(name.text().unwrap_or_default()));
        };
        for entry in table.entries.iter().filter(|entry| entry.key != "event") {
            let kind = match (entry.key.as_str(), event.field(&entry.key)) {
                ("count", _) => FieldKind::Number,
                (_, Some(field)) => field.kind,
                (key, None) => {
                    let fields: Vec<&str> = event.fields.iter().map(|field| field.name).collect();
                    let complaint =
                        Complaint::new(format!("event `{}` has no field `{key}`", event.name));
                    self.note(
                        entry.key_span,
                        complaint.help(format!("it has {}", fields.join(", "))),
                    );
                    continue;
                }
            };
            self.field(kind, entry);
        }
    }

    fn field(self, kind: FieldKind, Entry { key, node, .. }: &Entry) {
        let is_right = match (kind, &node.value) {
            (FieldKind::Text, Value::Text(_)) | (FieldKind::Flag, Value::Flag(_)) => true,
            (FieldKind::Number, Value::Number(0..)) => true,
            (FieldKind::Number, Value::Text(text)) => {
                let is_count = values::count(text).map(drop);
                if key == "count" || !text.contains(['*', '?']) {
                    self.complain(node, is_count);
                }
                true
            }
            (FieldKind::Text, Value::List(list)) => list.iter().all(|item| item.text().is_some()),
            (FieldKind::Number, Value::List(list)) if key != "count" => {
                list.iter().all(|item| item.number().is_some())
            }
            _ => false,
        };
        if !is_right {
            let wanted = match kind {
                FieldKind::Text => "text or a list of texts",
                FieldKind::Number => "a number, a list of them or a count",
                FieldKind::Flag => "true or false",
            };
            self.note(
                node.span,
                Complaint::new(format!("`{key}` is {wanted}, this is {}", node.kind())),
            );
        }
    }
}

fn unknown_key(keys: &Keys, key: &str, owner: &str) -> Complaint {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    let help = match nearest(key, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    Complaint::new(format!("unknown key `{key}` in {owner}")).help(help)
}

fn unknown_event(name: &str) -> Complaint {
    let verbs = [
        "EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "RSET", "QUIT",
    ];
    let verb = name.to_ascii_uppercase();
    let help = if verbs.contains(&verb.as_str()) {
        format!("did you mean `smtp-command` with `verb = \"{verb}\"`?")
    } else if let Some(meant) = nearest(name, EVENTS.iter().map(|event| event.name)) {
        format!("did you mean `{meant}`?")
    } else {
        EVENTS
            .iter()
            .map(|event| event.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    Complaint::new(format!("no event is called {name:?}")).help(help)
}

fn wrong_type(kind: &Kind, node: &Node, scope: Scope<'_>) -> Complaint {
    let item = if scope.in_list { "an item of " } else { "" };
    let key = scope.key;
    let complaint = Complaint::new(format!(
        "{item}`{key}` is {}, this is {}",
        kind.noun(),
        node.kind()
    ));
    match (kind, &node.value) {
        (Kind::Form(form), _) if std::ptr::eq(*form, &raw const super::keys::BOUND) => {
            values::only_bounds()
        }
        (Kind::List(_, Kind::Form(form)), Value::Text(text)) if (form.check)(text).is_ok() => {
            complaint.help(format!("write [{node}]"))
        }
        (Kind::List(_, Kind::Text | Kind::Strings | Kind::Word(_)), Value::Text(_)) => {
            complaint.help(format!("write [{node}]"))
        }
        (Kind::List(_, Kind::Table(_)), Value::Table(_)) => complaint.help("write [{ ... }]"),
        (
            Kind::Text | Kind::Form(_) | Kind::Word(_),
            Value::Number(_) | Value::Flag(_) | Value::Other(_),
        ) => complaint.help(format!("write \"{node}\"")),
        _ => complaint,
    }
}
