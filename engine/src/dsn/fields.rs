//! The part of a notice for programs (RFC 3464 §2.2, §2.3).

use crate::address::DomainName;
use crate::delivery::Message;

use super::failure::{Failure, cut, date};

/// How far lines go: longer fields are folded at blanks.
const LINE_LIMIT: usize = 76;

/// The fields, group by group, an empty line behind each group. Without `is_utf8` all of it is ASCII.
pub(super) fn groups(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    is_utf8: bool,
) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(id) = &message.dsn.envelope_id {
        fields.push(folded(
            &format!("Original-Envelope-Id: {}", decoded(id)),
            is_utf8,
        ));
    }
    fields.push(format!("Reporting-MTA: dns; {reporter}"));
    fields.push(format!("Arrival-Date: {}", date(message.arrived)));
    for Failure { recipient, trouble } in failures {
        let address = recipient.mailbox.as_str();
        let kind = if address.is_ascii() {
            "rfc822"
        } else {
            "utf-8"
        };
        fields.push(String::new());
        if let Some(original) = &recipient.original {
            fields.push(folded(
                &format!("Original-Recipient: {}", decoded(original)),
                is_utf8,
            ));
        }
        fields.push(format!("Final-Recipient: {kind}; {address}"));
        fields.push("Action: failed".into());
        fields.push(format!("Status: {}", trouble.status()));
        // Only a host that was spoken to took part (RFC 3464 §2.3.5).
        if let Some(host) = trouble.host() {
            fields.push(format!("Remote-MTA: dns; {host}"));
        }
        let diagnostic = match trouble.reply() {
            Some(reply) => format!("Diagnostic-Code: smtp; {}", reply.told()),
            None => format!("Diagnostic-Code: x-mtaspec; {}", trouble.told()),
        };
        fields.push(folded(&diagnostic, is_utf8));
    }
    fields.push(String::new());
    fields
}

/// What xtext stands for (RFC 3461 §4): `+` and two digits are one octet. What cannot be printed becomes `?`.
fn decoded(xtext: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = xtext.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .filter(|two| *first == b'+' && two.iter().all(u8::is_ascii_hexdigit));
        let octet = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(octet.unwrap_or(*first));
        rest = if octet.is_some() {
            &behind[2..]
        } else {
            behind
        };
    }
    String::from_utf8_lossy(&octets)
        .chars()
        .map(|char| if char.is_control() { '?' } else { char })
        .collect()
}

/// A field on several lines, each but the first beginning with a blank.
fn folded(field: &str, is_utf8: bool) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for word in field.split_whitespace() {
        let word: String = cut(word)
            .chars()
            .map(|char| {
                if char.is_ascii() || is_utf8 {
                    char
                } else {
                    '?'
                }
            })
            .collect();
        let width = word.chars().count();
        if length > 0 && length + 1 + width > LINE_LIMIT {
            folded.push_str("\r\n ");
            length = 1;
        } else if length > 0 {
            folded.push(' ');
            length += 1;
        }
        folded.push_str(&word);
        length += width;
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn xtext_is_decoded_and_cannot_end_a_line() {
        // (xtext, what it stands for)
        let cases = [
            ("QQ314159", "QQ314159"),
            ("rfc822;a+2Bb@example.test", "rfc822;a+b@example.test"),
            ("a+0D+0AX-Field:x", "a??X-Field:x"),
            ("a+", "a+"),
            ("a+2", "a+2"),
            ("a+zz", "a+zz"),
            ("a++0", "a++0"),
        ];
        for (xtext, want) in cases {
            assert_eq!(decoded(xtext), want);
        }
    }

    proptest! {
        #[test]
        fn any_xtext_is_decoded_without_panic(xtext in "[+0-9A-Fa-z]{0,30}") {
            let _ = decoded(&xtext);
        }

        #[test]
        fn a_folded_field_has_short_lines_and_the_same_words(words in proptest::collection::vec("[a-zü]{1,100}", 1..30)) {
            let field = words.join(" ");
            let utf8 = folded(&field, true);
            prop_assert_eq!(utf8.split_whitespace().collect::<Vec<_>>(), words);
            prop_assert!(utf8.split("\r\n").all(|line| line.chars().count() <= 101));
            prop_assert!(utf8.split("\r\n").skip(1).all(|line| line.starts_with(' ')));
            prop_assert!(folded(&field, false).is_ascii());
        }
    }
}
