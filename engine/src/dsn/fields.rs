//! The part of a notice for programs (RFC 3464 §2.2, §2.3).

use crate::address::DomainName;
use crate::delivery::Message;

use super::failure::{Failure, date};

/// The longest line; longer fields are folded at blanks, and words longer than this are cut (RFC 5322 §2.1.1).
const LINE_LIMIT: usize = 76;
/// The longest word that is kept whole.
const WORD_LIMIT: usize = 500;

/// The fields, group by group, an empty line behind each group. Without `is_utf8` all of it is ASCII.
pub(super) fn groups(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    is_utf8: bool,
) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(id) = &message.dsn.envelope_id {
        fields.push(format!("Original-Envelope-Id: {id}"));
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
            fields.push(format!("Original-Recipient: {original}"));
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

/// A field on several lines, each but the first beginning with a blank.
fn folded(field: &str, is_utf8: bool) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for word in field.split_whitespace() {
        let word: String = word
            .chars()
            .take(WORD_LIMIT)
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

    proptest! {
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
