//! Address lists of a settings file: entries in the file itself, and bulk imports from files beside it.
//!
//! Entries are parted by blanks, line ends or commas. An import that ends in `.csv` has an entry a line, the address or
//! domain in its first column and, if it has a second, whether the sender has to be authenticated.

use std::ops::Range;

use crate::outside::Beside;
use crate::settings::{AddressList, ListEntry, Listed};

use super::problem::{Complaint, Source};
use super::table::{File, Item, Table, Text};

/// An address list under the name by which rules use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedList {
    /// The name.
    pub name: String,
    /// Its entries.
    pub list: AddressList,
}

/// What can be an entry.
const HELP: &str =
    "an entry is an address such as anna@example.test, or a domain such as example.test";

/// Reads `[list.NAME]`.
pub(super) fn read(table: Table<'_>, beside: &dyn Beside) -> NamedList {
    let mut gathered = Gathered::default();
    let all = table.flag("authenticated").unwrap_or(false);
    let has_entries = table.entry("entries").is_some();
    for item in table.items("entries") {
        match item {
            Item::Text(text) => {
                let start = start_of(table.file.source, &text);
                for word in words(text.text) {
                    let span = match start {
                        Some(start) => start + word.start..start + word.end,
                        None => text.span.clone(),
                    };
                    gathered.take(table.file, span, &text.text[word], all);
                }
            }
            Item::Table(long) => {
                let authenticated = long.flag("authenticated").unwrap_or(all);
                match long.text("entry") {
                    Some(text) => gathered.take(long.file, text.span, text.text, authenticated),
                    None if long.entry("entry").is_none() => long.missing("entry", HELP),
                    None => {}
                }
                long.close();
            }
        }
    }
    let imports = table.texts("import");
    for path in imports.iter().flatten() {
        import(table.file, path, beside, all, &mut gathered);
    }
    if !has_entries && imports.is_none() {
        table.missing("entries", "entries = \"example.test, anna@example.test\"");
    } else if gathered.entries.is_empty() && !gathered.is_wrong {
        let complaint = Complaint::new(format!("{table} is empty"));
        let help = "without entries the rules that use it bind nobody";
        table
            .file
            .error(table.key.span.clone(), complaint.help(help));
    }
    let name = table.key.text.to_owned();
    table.close();
    NamedList {
        name,
        list: gathered.entries.into_iter().collect(),
    }
}

#[derive(Default)]
struct Gathered {
    entries: Vec<ListEntry>,
    seen: std::collections::HashSet<String>,
    is_wrong: bool,
}

impl Gathered {
    fn take(&mut self, file: File<'_>, span: Range<usize>, text: &str, authenticated: bool) {
        let mut entry = match ListEntry::parse(text) {
            Ok(entry) => entry,
            Err(error) => {
                self.is_wrong = true;
                file.error(span, Complaint::new(error.to_string()).help(advice(text)));
                return;
            }
        };
        entry.authenticated = authenticated;
        let (key, is_odd) = match &entry.who {
            Listed::Mailbox(mailbox) => {
                let local = mailbox.local_part().to_ascii_lowercase();
                (format!("{local}@{}", mailbox.domain()), false)
            }
            Listed::Domain(domain) => {
                let name = domain.to_string();
                let is_address = name.parse::<std::net::Ipv4Addr>().is_ok();
                let is_odd = !name.starts_with('[') && (is_address || !name.contains('.'));
                (name, is_odd)
            }
        };
        if is_odd {
            let complaint = Complaint::new(format!("{text:?} is hardly a mail domain"));
            file.warn(span.clone(), complaint.help(HELP));
        }
        if self.seen.insert(key) {
            self.entries.push(entry);
            return;
        }
        let complaint = Complaint::new(format!("{text:?} stands twice in this list"));
        file.warn(span, complaint.help("the first holds; take one away"));
    }
}

/// What would be right instead.
fn advice(text: &str) -> String {
    let bare = text.trim_matches(['<', '>', ';', '"', '\'', '(', ')']);
    if let Some(domain) = bare.strip_prefix('@') {
        return format!("a whole domain is written without the at sign: {domain}");
    }
    if let Some(domain) = bare.strip_prefix("*.") {
        return format!(
            "a list has no wildcards, and {domain} does not cover the names below it: list each of them"
        );
    }
    if text.contains(';') {
        return "entries are parted by blanks, line ends or commas".to_owned();
    }
    if bare != text && ListEntry::parse(bare).is_ok() {
        return format!("write {bare}");
    }
    HELP.to_owned()
}

/// Where the entries of a text are.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(|word| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            start..start + word.len()
        })
}

/// The byte of the file at which a text begins, if it stands there as it is, without escapes.
fn start_of(source: &Source<'_>, text: &Text<'_>) -> Option<usize> {
    let written = source.text.get(text.span.clone())?;
    Some(text.span.start + written.find(text.text)?)
}

fn import(
    file: File<'_>,
    path: &Text<'_>,
    beside: &dyn Beside,
    all: bool,
    gathered: &mut Gathered,
) {
    let bytes = match beside.file(path.text) {
        Ok(bytes) => bytes,
        Err(error) => {
            gathered.is_wrong = true;
            let complaint = Complaint::new(format!("{:?} cannot be read: {error}", path.text));
            let help = "a path begins where the settings file is";
            return file.error(path.span.clone(), complaint.help(help));
        }
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            gathered.is_wrong = true;
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n');
            let line = line.count() + 1;
            let complaint = Complaint::new(format!("{:?} is not UTF-8 in line {line}", path.text));
            return file.error(path.span.clone(), complaint.help("save it as UTF-8 text"));
        }
    };
    let source = Source::new(beside.shown(path.text), &text);
    let imported = File {
        source: &source,
        notes: file.notes,
    };
    let is_csv = path.text.to_ascii_lowercase().ends_with(".csv");
    for (number, line) in lines(&text).enumerate() {
        let content = &text[line.clone()];
        // A local part may have the sign too.
        let comment = content.match_indices('#').find(|(at, _)| {
            content[..*at]
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
        });
        let content = &content[..comment.map_or(content.len(), |(at, _)| at)];
        let line = line.start..line.start + content.len();
        if is_csv {
            csv_line(imported, line, number == 0, all, gathered);
        } else {
            for word in words(content) {
                let span = line.start + word.start..line.start + word.end;
                gathered.take(imported, span, &content[word], all);
            }
        }
    }
}

/// Where the lines of a text are, without a byte order mark.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    text[start..].split_inclusive('\n').map(move |line| {
        let range = start..start + line.trim_end().len();
        start += line.len();
        range
    })
}

fn csv_line(
    file: File<'_>,
    line: Range<usize>,
    is_first: bool,
    all: bool,
    gathered: &mut Gathered,
) {
    let text = &file.source.text[line.clone()];
    let mut start = line.start;
    let mut columns = text.split([',', ';']).map(|column| {
        let before = column.len() - column.trim_start_matches([' ', '\t', '"']).len();
        let bare = column.trim_matches([' ', '\t', '"']);
        let at = start + before.min(column.len());
        start += column.len() + 1;
        (bare, at..at + bare.len())
    });
    let Some((entry, span)) = columns.next() else {
        return;
    };
    let is_heading = ["address", "domain", "email", "entry"];
    if entry.is_empty() || is_first && is_heading.contains(&entry.to_lowercase().as_str()) {
        return;
    }
    let authenticated = match columns.next() {
        None | Some(("", _)) => all,
        Some((word, span)) => match word.to_lowercase().as_str() {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => {
                gathered.is_wrong = true;
                let what = "says neither that the sender has to be authenticated nor that not";
                let complaint = Complaint::new(format!("{word:?} {what}"));
                return file.error(span, complaint.help("write yes or no, or leave it out"));
            }
        },
    };
    gathered.take(file, span, entry, authenticated);
}
