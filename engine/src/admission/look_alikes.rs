//! All that looks like an address, for a field that breaks the grammar and that readers will read in different ways.

use data_encoding::BASE64_NOPAD;

use crate::address::Mailbox;

use super::address_list::mailbox;

/// All that looks like an address: in the text, in the text without comments, and in what its encoded words say.
#[must_use]
pub(super) fn look_alikes(text: &str) -> Vec<Mailbox> {
    [text.to_owned(), without_comments(text), decoded(text)]
        .iter()
        .flat_map(|view| of_view(view))
        .collect()
}

fn of_view(text: &str) -> Vec<Mailbox> {
    let ends_word = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || character == char::REPLACEMENT_CHARACTER
            || matches!(
                character,
                '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '@' | '\\' | '"'
            )
    };
    let mut found = Vec::new();
    let mut pieces = text.split('@').peekable();
    while let (Some(before), Some(behind)) = (pieces.next(), pieces.peek()) {
        let behind = behind.trim_start();
        let domain = match behind.find(']') {
            Some(end) if behind.starts_with('[') => &behind[..=end],
            _ => behind.split(ends_word).next().unwrap_or_default(),
        };
        let before = before.trim_end();
        let local = match before.strip_suffix('"') {
            Some(quoted) => quoted.rsplit('"').next().unwrap_or_default(),
            None => before.rsplit(ends_word).next().unwrap_or_default(),
        };
        // For an entry that is a domain the local part does not matter, so a missing one hides nothing.
        let local = if local.is_empty() { "unknown" } else { local };
        let domain = domain.trim_matches(|end: char| !end.is_alphanumeric() && !"[]".contains(end));
        found.extend(mailbox(local.trim_matches('.'), domain));
    }
    found
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let kept = |character: &char| {
        match character {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().filter(kept).collect()
}

/// The text with its encoded words decoded (RFC 2047 §2). Octets beyond ASCII are read as UTF-8 whatever the charset:
/// the letters of an address that matter here are the same in all that are in use.
fn decoded(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let word = &rest[start + 2..];
        let mut parts = word.splitn(3, '?');
        let (_, encoding, behind) = (parts.next(), parts.next(), parts.next());
        let content = behind.and_then(|behind| behind.find("?=").map(|end| behind.split_at(end)));
        let (Some(encoding), Some((content, behind))) = (encoding, content) else {
            break;
        };
        said.push_str(&rest[..start]);
        if encoding.eq_ignore_ascii_case("b") {
            let octets = BASE64_NOPAD.decode(content.trim_end_matches('=').as_bytes());
            said.push_str(&String::from_utf8_lossy(&octets.unwrap_or_default()));
        } else {
            said.push_str(&of_q_encoding(content));
        }
        rest = &behind[2..];
    }
    said.push_str(rest);
    said
}

fn of_q_encoding(content: &str) -> String {
    let mut octets = Vec::new();
    let mut bytes = content.bytes();
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match byte {
            b'_' => octets.push(b' '),
            b'=' => match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => {
                    octets.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                }
                _ => octets.push(b'?'),
            },
            _ => octets.push(byte),
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_that_looks_like_an_address_is_found_in_a_broken_field() {
        // (field, an address that a reader could take)
        let cases = [
            ("ann@partner.test <bob@x.test>", "ann@partner.test"),
            ("ann@partner.test <bob@x.test>", "bob@x.test"),
            ("<a@x.test> <b@y.test>", "b@y.test"),
            ("\"Ann <ann@partner.test>", "ann@partner.test"),
            ("Ann <ann@partner.test", "ann@partner.test"),
            ("a@x.test; ann@partner.test", "ann@partner.test"),
            ("ann @ partner.test) x", "ann@partner.test"),
            ("ann@(why)partner.test)", "ann@partner.test"),
            ("ann@partner.test.)", "ann@partner.test"),
            ("@partner.test)", "unknown@partner.test"),
            ("\"ann b\"@partner.test)", "\"ann b\"@partner.test"),
            ("a@ann@partner.test", "ann@partner.test"),
            ("ann@[192.0.2.1] x", "ann@[192.0.2.1]"),
            ("=?utf-8?q?ann=40partner.test?= x", "ann@partner.test"),
            ("=?utf-8?b?YW5uQHBhcnRuZXIudGVzdA==?= x", "ann@partner.test"),
            ("ann@PARTNER.test\u{fffd}x", "ann@partner.test"),
        ];
        for (field, want) in cases {
            let found = look_alikes(field)
                .iter()
                .map(|mailbox| format!("{}@{}", mailbox.local_part(), mailbox.domain()))
                .collect::<Vec<_>>();
            assert!(
                found.iter().any(|found| found == want),
                "{field}: {found:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|[<>(),;:@.\"\\\\\\[\\]=?]){0,60}") {
            let _ = look_alikes(&text);
        }

        #[test]
        fn an_address_is_found_whatever_stands_before_and_behind_it(before in "\\PC{0,20}", behind in "[^a-zA-Z0-9.\\-_]?") {
            prop_assume!(!before.contains("=?"));
            let found = look_alikes(&format!("{before} <ann@partner.test>{behind}"));
            let want = Mailbox::parse("ann@partner.test").unwrap();
            prop_assert!(found.iter().any(|found| found.is_same(&want)), "{:?}", found);
        }
    }
}
