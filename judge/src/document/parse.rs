//! The text of a file becomes a tree, or its problems are noted.

use toml::de::DeTable;

use super::nesting;
use super::problem::{Complaint, Notes, Span};
use super::tree::{self, Table};

/// The longest file, in octets (SCENARIOS §11).
pub const LONGEST: usize = 64 * 1024;

/// Reads the text of a file. None: it is too long, too deep or no TOML, which is noted.
#[must_use]
pub fn parse(text: &str, notes: &Notes<'_>) -> Option<Table> {
    if text.len() > LONGEST {
        let complaint = Complaint::new(format!("the file has {} octets", text.len()));
        notes.note(Span::default(), complaint.help("at most 64 KiB"));
        return None;
    }
    if let Some((span, complaint)) = nesting::too_deep(text) {
        notes.note(span, complaint);
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().map_or(Span::default(), Span::from);
        notes.note(span, Complaint::new(error.message().replace('\n', ", ")));
    }
    let tree = tree::from_toml(table.into_inner(), notes);
    errors.is_empty().then_some(tree)
}
