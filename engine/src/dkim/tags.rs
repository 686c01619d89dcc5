//! Lists of `tag=value`, as signatures and key records are written (RFC 6376 §3.2).

use data_encoding::BASE64;

/// The most octets of a list.
const LIST_LIMIT: usize = 16 * 1_024;

/// A list that was read: each tag once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tags<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Tags<'t> {
    /// Reads a list; none when it breaks the grammar or has a tag twice.
    #[must_use]
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        if text.len() > LIST_LIMIT {
            return None;
        }
        let text = text.trim_matches(is_fold);
        let mut found: Vec<(&str, &str)> = Vec::new();
        let list = text.strip_suffix(';').unwrap_or(text);
        for pair in list.split(';') {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (name.trim_matches(is_fold), value.trim_matches(is_fold));
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|other| other.is_ascii_alphanumeric() || other == '_');
            let is_value = value.chars().all(|one| is_fold(one) || !one.is_control());
            if !is_name || !is_value || found.iter().any(|(known, _)| *known == name) {
                return None;
            }
            found.push((name, value));
        }
        Some(Self(found))
    }

    /// The value of a tag. Names are compared letter by letter.
    #[must_use]
    pub(super) fn value(&self, name: &str) -> Option<&'t str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// The first tag and its value.
    #[must_use]
    pub(super) fn first(&self) -> Option<(&'t str, &'t str)> {
        self.0.first().copied()
    }

    /// The parts of a value that is a list with colons, blanks taken off; none when the tag is not there.
    #[must_use]
    pub(super) fn parts(&self, name: &str) -> Option<Vec<&'t str>> {
        let value = self.value(name)?;
        Some(
            value
                .split(':')
                .map(|part| part.trim_matches(is_fold))
                .collect(),
        )
    }
}

/// Reads base64 with folds in it (RFC 6376 §2.10).
#[must_use]
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|one| !is_fold(*one)).collect();
    BASE64.decode(plain.as_bytes()).ok()
}

/// Blanks and line ends, between which a list may be folded.
fn is_fold(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_has_each_tag_once() {
        // (list, the value of `a`; none: no list)
        let cases = [
            ("a=b", Some(Some("b"))),
            (" a = b c ;\r\n\td=e; ", Some(Some("b c"))),
            ("a=;", Some(Some(""))),
            ("A=b", Some(None)),
            ("a=b=c", Some(Some("b=c"))),
            ("a=b; a=c", None),
            ("a", None),
            ("", None),
            (";", None),
            ("a=b;;", None),
            ("1=b", None),
            ("a=\u{7}", None),
        ];
        for (text, want) in cases {
            let read = Tags::parse(text);
            assert_eq!(read.as_ref().map(|tags| tags.value("a")), want, "{text:?}");
        }
    }

    #[test]
    fn a_value_may_be_a_list_and_base64_may_be_folded() {
        let tags = Tags::parse("h=From : To:\r\n Subject").unwrap();
        assert_eq!(tags.parts("h"), Some(vec!["From", "To", "Subject"]));
        assert_eq!(base64("aGVs\r\n bG8="), Some(b"hello".to_vec()));
        assert_eq!(base64("aGVsbG8"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|[=;: \r\n\t]){0,60}") {
            if let Some(tags) = Tags::parse(&text) {
                let _ = tags.parts("a");
            }
            let _ = base64(&text);
        }
    }
}
