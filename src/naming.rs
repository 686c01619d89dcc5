//! What the names of a run are made from beside the ids of its cases: a zone in place of `test`, and a token.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The word that all labels are made from beside their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    word: String,
    is_of_now: bool,
}

impl FromStr for Token {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match text.len() {
            0 => Ok(Self::of_now()),
            1..=64 if is_word => Ok(Self {
                word: text.to_owned(),
                is_of_now: false,
            }),
            _ => Err("write at most 64 letters, digits and hyphens".to_owned()),
        }
    }
}

impl Token {
    /// As the plan wants it.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// Whether it was made just now, so that nobody else can have it.
    pub(crate) fn is_of_now(&self) -> bool {
        self.is_of_now
    }

    fn of_now() -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            word: format!("{:x}-{:x}", now.as_millis(), std::process::id()),
            is_of_now: true,
        }
    }
}

/// What stands for `test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// As the plan wants it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && (label.bytes()).all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        // The longest name of a scenario still has to fit before it.
        if name.len() <= 100 && name.split('.').all(is_label) {
            Ok(Self(name))
        } else {
            Err("write the name of a zone in ASCII, as mtaspec.example.org".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_base_is_the_name_of_a_zone_that_leaves_room_for_names_below_it() {
        // (text, as it is taken)
        let long = "a.".repeat(51);
        let cases = [
            ("test", Some("test")),
            ("MTAspec.example.org.", Some("mtaspec.example.org")),
            ("-a.test", None),
            ("a..test", None),
            ("", None),
            ("b\u{fc}cher.test", None),
            (long.as_str(), None),
        ];
        for (text, want) in cases {
            let got = text.parse::<Base>().ok();
            assert_eq!(got.as_ref().map(Base::as_str), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text: String) {
            let _ = (text.parse::<Base>(), text.parse::<Token>());
        }
    }
}
