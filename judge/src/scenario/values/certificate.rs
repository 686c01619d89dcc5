//! Words of the certificate catalogue.

use mtaspec_certs::{KeyKind, Word};

use super::super::Shown;
use crate::document::{Complaint, nearest};

/// A word of the catalogue.
pub(crate) fn certificate_word(text: &str) -> Result<Word, Complaint> {
    Word::parse(text).ok_or_else(|| {
        let words = Word::ALL.iter().map(|word| word.as_str());
        let meant = nearest(text, words).map(|word| format!("did you mean {word:?}? "));
        Complaint::new(format!("no certificate is called {text:?}")).help(format!(
            "{}`mtaspec list certificates` has all",
            meant.unwrap_or_default()
        ))
    })
}

/// A word of the catalogue, or `refuse`.
pub(crate) fn shown(text: &str) -> Result<Shown, Complaint> {
    match text {
        "refuse" => Ok(Shown::Refuse),
        _ => certificate_word(text).map(|word| Shown::Certificate(word.into())),
    }
}

/// The kind of a key.
pub(crate) fn key_kind(text: &str) -> Result<KeyKind, Complaint> {
    KeyKind::parse(text).ok_or_else(|| {
        let all: Vec<&str> = KeyKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Complaint::new(format!("{text:?} is not one of the kinds of key")).help(all.join(", "))
    })
}
