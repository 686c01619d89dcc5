//! The message that is injected, with a canary in its header and its body (RFC 5322).

use mtaspec_judge::scenario::Message;

use super::dkim;
use super::report::MailedReport;
use crate::plan::PlannedMail;

/// Octets of a body line, without its end.
const LINE: usize = 76;

/// The content of a message, lines ended by CRLF, not yet dot-stuffed. `date` is that of the Date field.
pub(crate) fn compose(message: &Message, mail: &PlannedMail, home: &str, date: &str) -> Vec<u8> {
    let from = match &message.header_from {
        Some(from) => from.clone(),
        // A null reverse-path says nothing of the author.
        None if message.from.is_empty() => format!("<postmaster@{home}>"),
        None => format!("<{}>", message.from),
    };
    let to: Vec<String> = message.to.iter().map(|to| format!("<{to}>")).collect();
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    };
    field("From", &from);
    field("To", &to.join(",\r\n "));
    field("Date", date);
    field("Message-ID", &format!("<{}@{home}>", mail.header_canary));
    let report = message.report.as_ref().map(|body| MailedReport {
        body,
        submitter: author_domain(message, home),
        id: &mail.header_canary,
        date,
    });
    match &report {
        None => field("Subject", &format!("Message {}", mail.header_canary)),
        Some(report) => {
            for (name, value) in report.fields() {
                field(name, &value);
            }
        }
    }
    for line in &message.headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    let readable = body(message.size, &mail.body_canary);
    match &report {
        None => text.push_str(&readable),
        Some(report) => text.push_str(&report.parts(&readable)),
    }
    dkim::signed(message, text.into_bytes())
}

/// The domain of the sender, else the one from which the message goes in.
fn author_domain<'m>(message: &'m Message, home: &'m str) -> &'m str {
    message
        .from
        .rsplit_once('@')
        .map_or(home, |(_, domain)| domain)
}

/// `size` octets, or as few more as the canary and a last line take.
fn body(size: u64, canary: &str) -> String {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut text = format!("{canary}\r\n");
    while text.len() < size {
        let left = size - text.len();
        // A rest too short for a line of its own goes into the line before it.
        let filling = if left <= LINE + 4 {
            left.saturating_sub(2).max(1)
        } else {
            LINE
        };
        text.push_str(&"x".repeat(filling));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> PlannedMail {
        PlannedMail {
            message: "first".into(),
            copy: 1,
            sender: "sender+mtabcdefghij@home.test".into(),
            header_canary: "mtaspec-header-abcdefghij".into(),
            body_canary: "mtaspec-body-abcdefghij".into(),
        }
    }

    #[test]
    fn a_message_has_canaries_in_header_and_body() {
        let message = Message {
            headers: vec!["TLS-Required: No".into()],
            size: 30,
            ..Message::default()
        };
        let text = compose(
            &message,
            &mail(),
            "home.test",
            "Fri, 02 Jan 2026 00:00:00 +0000",
        );
        insta::assert_snapshot!(String::from_utf8(text).unwrap().replace('\r', ""), @r"
        From: <sender@home.test>
        To: <user@example.test>
        Date: Fri, 02 Jan 2026 00:00:00 +0000
        Message-ID: <mtaspec-header-abcdefghij@home.test>
        Subject: Message mtaspec-header-abcdefghij
        TLS-Required: No

        mtaspec-body-abcdefghij
        xxx
        ");
    }

    #[test]
    fn a_body_has_the_size_that_is_asked_for() {
        for size in 27..1000 {
            let text = body(size, "mtaspec-body-abcdefghij");
            let more = text.len() - size as usize;
            assert!(more == 0 || (size < 28 && more < 3), "{size}: {more} more");
            assert!(
                text.lines()
                    .all(|line| !line.is_empty() && line.len() <= LINE + 2)
            );
        }
    }
}
