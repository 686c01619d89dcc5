//! The label below which all names of a case stand.
//!
//! It is a hash of the case's id (and of a token, for relays that stay up and remember), so it is stable while these
//! are.

use std::fmt;

use sha2::{Digest as _, Sha256};

const LENGTH: usize = 8;

/// Eight base-32 characters in lower case, the first of them a letter.
///
/// The letter matters: `.test.` followed by a letter does not end a name, so that the substitution of
/// [`super::Names`] never makes an end of a name where there was none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// The label of the case with this id.
    #[must_use]
    pub fn of(id: &str, token: Option<&str>) -> Self {
        let text = base32_of(&["label", id, token.unwrap_or_default()]);
        let start = text
            .find(|character: char| character.is_ascii_alphabetic())
            .filter(|start| start + LENGTH <= text.len())
            .unwrap_or(0);
        Self(text[start..start + LENGTH].to_owned())
    }

    /// As it stands in names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// SHA-256 over the parts (each with its length before it) in base 32 (RFC 4648 §6), lower case, without padding.
pub(super) fn base32_of(parts: &[&str]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = String::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in hash.finalize() {
        held = (held << 8 | u32::from(byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Label;

    #[test]
    fn a_label_is_stable_and_depends_on_id_and_token() {
        let plain = Label::of("routing/second-mx-host#first-down", None);
        assert_eq!(plain, Label::of("routing/second-mx-host#first-down", None));
        assert_ne!(
            plain,
            Label::of("routing/second-mx-host#first-down", Some("a"))
        );
        assert_ne!(plain, Label::of("routing/second-mx-host#first-dow", None));
    }

    #[test]
    fn two_thousand_labels_are_distinct_words_that_begin_with_a_letter() {
        let labels: BTreeSet<Label> = (0..2000)
            .map(|number| Label::of(&format!("case-{number}"), None))
            .collect();
        assert_eq!(labels.len(), 2000);
        for label in labels {
            assert_eq!(label.as_str().len(), 8, "{label}");
            assert!(
                label.as_str().starts_with(|c: char| c.is_ascii_lowercase()),
                "{label}"
            );
            assert!(
                label
                    .as_str()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)),
                "{label}"
            );
        }
    }
}
