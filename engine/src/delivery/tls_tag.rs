//! What a message asks of TLS on its way: the tag of RFC 8689 §4.1.
//!
//! The parameter REQUIRETLS of MAIL asks for more than a sender would do by itself, the header field `TLS-Required: No`
//! for less. A tag is given once, when a message comes, and stays with it, with each copy for a member of an alias, and
//! with what is told about it. What it demands of a host stands in `require_tls`.

use crate::header::{self, HEADER_LIMIT};

/// The name of the field.
const FIELD: &str = "TLS-Required";

/// What a message asks of TLS on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TlsTag {
    /// Nothing: rules, routes and the policies of its recipients decide.
    #[default]
    Untagged,
    /// TLS with an authenticated host that promises the same (RFC 8689 §4.2.1).
    Required,
    /// To be sent whatever the recipient's policies say (RFC 8689 §4.2.2).
    Optional,
}

impl TlsTag {
    /// The tag of a message that comes: with the parameter the field says nothing (RFC 8689 §4.1).
    #[must_use]
    pub(crate) fn on_receipt(has_parameter: bool, content: &[u8]) -> Self {
        if has_parameter {
            Self::Required
        } else if asks_for_less(content) {
            Self::Optional
        } else {
            Self::Untagged
        }
    }

    /// The word under which it is written down; none where there is nothing to write.
    #[must_use]
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Untagged => None,
            Self::Required => Some("required"),
            Self::Optional => Some("optional"),
        }
    }

    /// Reads that word.
    #[must_use]
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Required, Self::Optional]
            .into_iter()
            .find(|tag| tag.word() == Some(word))
    }

    /// The header field of a notice about such a message, without the end of its line.
    ///
    /// Choice: only for a tag that came as a field. RFC 8689 §6 wants a notice treated like its message as far as that is
    /// feasible; a notice about a message with REQUIRETLS has the parameter itself (RFC 8689 §5).
    #[must_use]
    pub(crate) fn field(self) -> Option<String> {
        (self == Self::Optional).then(|| format!("{FIELD}: No"))
    }
}

/// Whether the header has the one field `TLS-Required: No` (RFC 8689 §3).
///
/// Choice: what the grammar does not know asks for nothing, and neither do two fields, even alike. RFC 8689 leaves open what
/// is made of them; so no slip of the pen sets a recipient's policy aside. Blanks and folds around the word are passed over.
fn asks_for_less(content: &[u8]) -> bool {
    let (header, _) = header::parts(content);
    if header.len() > HEADER_LIMIT {
        return false;
    }
    let mut fields = header::fields(header).filter(|field| field.is(FIELD));
    match (fields.next(), fields.next()) {
        (Some(field), None) => field.unfolded().trim_ascii().eq_ignore_ascii_case(b"No"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_field_asks_for_less_only_as_the_grammar_has_it() {
        let long = format!("X: {}\r\nTLS-Required: No\r\n", "x".repeat(HEADER_LIMIT));
        // (header, is TLS optional?)
        let cases = [
            ("TLS-Required: No\r\n", true),
            ("tls-required: no\r\n", true),
            ("TLS-REQUIRED:NO\r\n", true),
            ("TLS-Required:\r\n\tNo\r\n", true),
            ("TLS-Required: No \t\r\n", true),
            ("Subject: s\r\nTLS-Required: No\r\nTo: a@b.test\r\n", true),
            ("TLS-Required: Yes\r\n", false),
            ("TLS-Required: No, thanks\r\n", false),
            ("TLS-Required: No (really)\r\n", false),
            ("TLS-Required: N o\r\n", false),
            ("TLS-Required: \"No\"\r\n", false),
            ("TLS-Required:\r\n", false),
            ("TLS-Required: No\r\nTLS-Required: No\r\n", false),
            ("TLS-Required: No\r\nTLS-Required: Yes\r\n", false),
            ("X-TLS-Required: No\r\n", false),
            ("Subject: a\r\n TLS-Required: No\r\n", false),
            ("Subject: none\r\n\r\nTLS-Required: No\r\n", false),
            ("", false),
            (&long, false),
        ];
        for (header, is_optional) in cases {
            let content = format!("{header}\r\nbody\r\n");
            let want = if is_optional {
                TlsTag::Optional
            } else {
                TlsTag::Untagged
            };
            let told = &header[..header.len().min(80)];
            assert_eq!(
                TlsTag::on_receipt(false, content.as_bytes()),
                want,
                "{told}"
            );
            let with_parameter = TlsTag::on_receipt(true, content.as_bytes());
            assert_eq!(with_parameter, TlsTag::Required, "{told}");
        }
    }

    #[test]
    fn a_tag_reads_back_from_its_word() {
        for tag in [TlsTag::Required, TlsTag::Optional] {
            assert_eq!(TlsTag::parse(tag.word().unwrap()), Some(tag));
        }
        assert_eq!(TlsTag::Untagged.word(), None);
        for text in ["", "Required", "none"] {
            assert_eq!(TlsTag::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_field_of_a_notice_is_read_as_the_tag_of_its_message() {
        for tag in [TlsTag::Untagged, TlsTag::Optional] {
            let field = tag
                .field()
                .map_or_else(String::new, |field| format!("{field}\r\n"));
            let content = format!("{field}Subject: notice\r\n\r\n");
            assert_eq!(TlsTag::on_receipt(false, content.as_bytes()), tag);
        }
        assert_eq!(TlsTag::Required.field(), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut content = b"TLS-Required:".to_vec();
            content.extend(bytes);
            let _ = TlsTag::on_receipt(false, &content);
        }
    }
}
