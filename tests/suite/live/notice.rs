//! Changes to what a notice says (RFC 3464 §2).

use mtaspec_judge::events::{Event, Recording, What};

use super::edits::{contents, edited, is_notice};

/// Fields of the delivery status.
const FIELDS: [&str; 8] = [
    "Reporting-MTA",
    "Final-Recipient",
    "Original-Recipient",
    "Action",
    "Status",
    "Remote-MTA",
    "Diagnostic-Code",
    "Will-Retry-Until",
];

/// For each field: every line of that name told otherwise, and such a line behind every action.
pub(super) fn fields(seen: &Recording, told: impl Fn(&str) -> String) -> Vec<Vec<Event>> {
    let way = |name: &str| {
        let beginning = format!("{name}:");
        contents(seen, |text| {
            let line = |line: &str| {
                if line.starts_with(&beginning) {
                    told(name)
                } else if line.starts_with("Action:") {
                    format!("{line}{}", told(name))
                } else {
                    line.to_owned()
                }
            };
            text.split_inclusive('\n').map(line).collect()
        })
    };
    FIELDS.into_iter().flat_map(way).collect()
}

/// Nothing of the message, and all of it.
pub(super) fn another_part(seen: &Recording) -> Vec<Vec<Event>> {
    let none = |text: &str| {
        let text = text.replace("text/rfc822-headers", "text/plain");
        text.replace("message/rfc822", "text/plain")
    };
    let full = |text: &str| {
        let text = text.replace("text/rfc822-headers", "message/rfc822");
        text.replace("\r\n\r\n--", "\r\n\r\nbody\r\n--")
    };
    [
        contents(seen, none),
        contents(seen, full),
        contents(seen, with_all_of_it),
    ]
    .concat()
}

/// The same with a message behind its last part.
fn with_all_of_it(text: &str) -> String {
    let is_returned = text.contains("rfc822-headers") || text.contains("message/rfc822");
    let end = text.trim_end().rsplit_once("\r\n--");
    let boundary = end.and_then(|(_, end)| end.strip_suffix("--"));
    match (end, boundary) {
        (Some((parts, end)), Some(boundary)) if !is_returned => format!(
            "{parts}\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\nbody\r\n--{end}\r\n"
        ),
        _ => text.to_owned(),
    }
}

/// Other letters in each line that is no field.
pub(super) fn other_words(seen: &Recording) -> Vec<Vec<Event>> {
    contents(seen, |text| {
        let line = |line: &str| {
            if line.contains(':') || line.starts_with("--") {
                line.to_owned()
            } else {
                line.replace(['a', 'e', 'i', 'o', 'u'], "x")
            }
        };
        text.split_inclusive('\n').map(line).collect()
    })
}

pub(super) fn other_requiretls(seen: &Recording) -> Vec<Vec<Event>> {
    edited(seen, |event| {
        let is_notice = is_notice(event);
        if let (What::MessageAccepted { requiretls, .. }, true) = (&mut event.what, is_notice) {
            *requiretls = !*requiretls;
        }
    })
}
