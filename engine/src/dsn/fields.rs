//! The part of a notice for programs (RFC 3464 §2.2, §2.3, RFC 3461 §6.3).

use crate::address::DomainName;
use crate::delivery::Message;

use super::notice::{cut, date};
use super::report::{Event, Report};
use super::xtext;

/// How far lines go: longer fields are folded at blanks.
const LINE_LIMIT: usize = 76;

/// The fields, group by group, an empty line behind each group. Without `is_utf8` all of it is ASCII.
pub(super) fn groups(
    reporter: &DomainName,
    message: &Message,
    reports: &[Report],
    is_utf8: bool,
) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(id) = &message.dsn.envelope_id {
        let id = xtext::decoded(id, is_utf8);
        fields.push(folded(&format!("Original-Envelope-Id: {id}"), is_utf8));
    }
    fields.push(format!("Reporting-MTA: dns; {reporter}"));
    fields.push(format!("Arrival-Date: {}", date(message.arrived)));
    for report in reports {
        fields.push(String::new());
        group(report, is_utf8, &mut fields);
    }
    fields.push(String::new());
    fields
}

/// The fields of one recipient, in the order of RFC 3464 §2.3.
fn group(report: &Report, is_utf8: bool, fields: &mut Vec<String>) {
    let Report {
        recipient,
        event,
        last_attempt,
    } = report;
    if let Some(original) = &recipient.original {
        let original = xtext::original_recipient(original, is_utf8);
        fields.push(folded(&format!("Original-Recipient: {original}"), is_utf8));
    }
    let address = xtext::final_recipient(recipient.mailbox.as_str(), is_utf8);
    fields.push(format!("Final-Recipient: {address}"));
    fields.push(format!("Action: {}", event.action().keyword()));
    fields.push(format!("Status: {}", event.status()));
    // Only a host that was spoken to took part (RFC 3464 §2.3.5).
    if let Some(host) = event.host() {
        fields.push(format!("Remote-MTA: dns; {host}"));
    }
    let diagnostic = match event.reply() {
        Some(reply) => format!("smtp; {}", reply.told()),
        // What no receiver said has a type of our own (RFC 3464 §2.1.2).
        None => format!("x-mtaspec; {}", event.told()),
    };
    fields.push(folded(&format!("Diagnostic-Code: {diagnostic}"), is_utf8));
    if let Some(at) = last_attempt {
        fields.push(format!("Last-Attempt-Date: {}", date(*at)));
    }
    // In no other notice (RFC 3464 §2.3.9).
    if let Event::Delayed {
        until: Some(until), ..
    } = event
    {
        fields.push(format!("Will-Retry-Until: {}", date(*until)));
    }
}

/// A field on several lines, each but the first beginning with a blank.
fn folded(field: &str, is_utf8: bool) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for word in field.split_whitespace() {
        let word = xtext::printable(cut(word), is_utf8);
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
