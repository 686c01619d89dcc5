//! What the catalogue says: of each certificate the one thing that is wrong with it, and what the committed
//! authorities are to be (`catalogue.toml`).
//!
//! Only words and figures; how they become certificates is the business of the feature `mint`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Word;

static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("../catalogue.toml"))
        .expect("a test reads the embedded catalogue")
});

/// All certificates, in the order of the reference.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &EMBEDDED.entries
}

/// What the committed authorities are to be.
#[must_use]
pub fn authorities() -> &'static AuthorityProfile {
    &EMBEDDED.authorities
}

/// How many RSA keys of how many bits the pool of fixtures has.
#[must_use]
pub fn rsa_keys() -> &'static BTreeMap<u32, usize> {
    &EMBEDDED.rsa_keys
}

/// A catalogue as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    entries: Vec<Entry>,
    authorities: AuthorityProfile,
    rsa_keys: BTreeMap<u32, usize>,
}

/// One certificate of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How scenarios name it.
    pub word: Word,
    /// The one thing that is wrong with it, or `nothing`, as a clause without full stop.
    pub wrong: String,
    /// What makes it.
    pub made: Maker,
}

/// What makes a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// Every build.
    Rcgen,
    /// A build with the feature `legacy-tls`.
    Openssl,
}

/// What a set of authorities says of itself and permits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityProfile {
    /// Common name of each root.
    pub root: String,
    /// Common name of each intermediate.
    pub intermediate: String,
    /// They run from the first of January of this year,
    pub first_year: i32,
    /// to the last second of this one.
    pub last_year: i32,
    /// DNS names at or below which they may vouch for hosts.
    pub permitted_names: Vec<String>,
    /// Mail domains they may vouch for; a leading dot means all below.
    pub permitted_mail: Vec<String>,
    /// Addresses they may vouch for, as `ADDRESS/BITS`.
    pub permitted_ranges: Vec<String>,
    /// The extended key usages: what their certificates may be used for.
    pub uses: Vec<Use>,
}

/// What a certificate may be used for (RFC 5280 §4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Use {
    /// To be a TLS server.
    #[serde(rename = "serverAuth")]
    Server,
    /// To be a TLS client.
    #[serde(rename = "clientAuth")]
    Client,
}

/// Why a catalogue was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The text is not TOML of the right shape.
    #[error("the catalogue cannot be read")]
    Unreadable(#[source] Box<toml::de::Error>),
    /// No scenario can say this word.
    #[error("the catalogue has {0:?}, which is no certificate word")]
    UnknownWord(String),
    /// Scenarios can say this word.
    #[error("the catalogue does not say what `{0}` is")]
    MissingWord(Word),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    certificate: BTreeMap<String, RawEntry>,
    authorities: AuthorityProfile,
    rsa_keys: BTreeMap<u32, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    wrong: String,
    made: Maker,
}

impl Catalogue {
    /// Reads a catalogue that has an entry for every word and no other.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let mut raw: RawCatalogue =
            toml::from_str(text).map_err(|error| CatalogueError::Unreadable(Box::new(error)))?;
        let mut entries = Vec::with_capacity(Word::ALL.len());
        for word in Word::ALL.iter().copied() {
            let entry = raw.certificate.remove(word.as_str());
            let RawEntry { wrong, made } = entry.ok_or(CatalogueError::MissingWord(word))?;
            entries.push(Entry { word, wrong, made });
        }
        if let Some(unknown) = raw.certificate.into_keys().next() {
            return Err(CatalogueError::UnknownWord(unknown));
        }
        Ok(Self {
            entries,
            authorities: raw.authorities,
            rsa_keys: raw.rsa_keys,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = include_str!("../catalogue.toml");

    #[test]
    fn the_catalogue_says_what_is_wrong_with_every_word() {
        assert_eq!(entries().len(), Word::ALL.len());
        for entry in entries() {
            assert!(
                !entry.wrong.is_empty() && !entry.wrong.ends_with('.'),
                "{}",
                entry.word
            );
            assert_eq!(
                entry.made == Maker::Openssl,
                entry.word.needs_openssl(),
                "{}",
                entry.word
            );
        }
    }

    #[test]
    fn a_catalogue_with_a_word_too_many_or_too_few_is_refused() {
        let cases = [
            (
                TEXT.replace("[certificate.expired]", "[certificate.exipred]"),
                "the catalogue does not say what `expired` is",
            ),
            (
                format!(
                    "{TEXT}\n[certificate.revoked]\nwrong = \"it is revoked\"\nmade = \"rcgen\"\n"
                ),
                "the catalogue has \"revoked\", which is no certificate word",
            ),
            (TEXT.replace("made", "maid"), "the catalogue cannot be read"),
        ];
        for (text, want) in cases {
            assert_eq!(Catalogue::parse(&text).unwrap_err().to_string(), want);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(at in 0..TEXT.len(), cut in 0..40_usize, put in "\\PC{0,12}") {
            let mut bytes = TEXT.as_bytes().to_vec();
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, put.into_bytes());
            let _ = Catalogue::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
