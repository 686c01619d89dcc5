//! The failure notice: a message of three parts, for people, for programs, and what is returned.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::DomainName;
use crate::delivery::{DsnParameters, Message, Recipient, Return, Trouble};

/// The longest message that is returned whole; of longer ones the header is returned (RFC 3461 §4.3).
const RETURN_LIMIT: usize = 256 * 1_024;

/// A recipient that is given up, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Who.
    pub recipient: Recipient,
    /// Why.
    pub trouble: Trouble,
}

/// Writes the notice about recipients of one message, to its envelope sender. `draw` makes its boundary and id unique.
#[must_use]
pub fn failure_notice(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    now: SystemTime,
    draw: u64,
) -> Message {
    let boundary = format!("notice-{draw:016x}");
    let is_utf8 = failures
        .iter()
        .any(|failure| !failure.recipient.mailbox.as_str().is_ascii())
        || message
            .sender
            .as_ref()
            .is_some_and(|sender| !sender.as_str().is_ascii());
    let mut text = Vec::new();
    let mut line = |content: &str| {
        text.extend_from_slice(content.as_bytes());
        text.extend_from_slice(b"\r\n");
    };
    line(&format!("Date: {}", date(now)));
    line(&format!(
        "From: Mail Delivery System <MAILER-DAEMON@{reporter}>"
    ));
    line(&format!(
        "To: <{}>",
        message.sender.as_ref().map_or("", |sender| sender.as_str())
    ));
    line("Subject: Your message could not be delivered");
    line(&format!("Message-ID: <{draw:016x}@{reporter}>"));
    line("Auto-Submitted: auto-replied");
    line("MIME-Version: 1.0");
    line("Content-Type: multipart/report; report-type=delivery-status;");
    line(&format!(" boundary=\"{boundary}\""));
    line("");
    line("This is a delivery status notification in MIME format.");
    line(&format!("--{boundary}"));
    line("Content-Type: text/plain; charset=utf-8");
    line("Content-Transfer-Encoding: 8bit");
    line("");
    for paragraph in readable(reporter, failures, message, now) {
        line(&paragraph);
    }
    line(&format!("--{boundary}"));
    line(if is_utf8 {
        "Content-Type: message/global-delivery-status"
    } else {
        "Content-Type: message/delivery-status"
    });
    if is_utf8 {
        line("Content-Transfer-Encoding: 8bit");
    }
    line("");
    for field in machine(reporter, message, failures, now) {
        line(&field);
    }
    line(&format!("--{boundary}"));
    returned(message, &mut text);
    text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Message {
        sender: None,
        content: text.into(),
        smtputf8: is_utf8,
        dsn: DsnParameters::default(),
        arrived: now,
    }
}

/// The part for people: what happened, to whom, and what to do.
fn readable(
    reporter: &DomainName,
    failures: &[Failure],
    message: &Message,
    now: SystemTime,
) -> Vec<String> {
    let mut lines = vec![
        format!("This is the mail server {reporter}."),
        String::new(),
        "Your message could not be delivered to the recipients below, and it will not".into(),
        "be tried again.".into(),
    ];
    for Failure { recipient, trouble } in failures {
        lines.push(String::new());
        lines.push(format!("<{}>", recipient.mailbox.as_str()));
        lines.extend(wrapped(&format!("{}.", trouble.told())));
        if !trouble.is_permanent() {
            let days = now
                .duration_since(message.arrived)
                .unwrap_or_default()
                .as_secs()
                / 86_400;
            lines.extend(wrapped(&format!(
                "This did not change for {days} days, until the message was given up."
            )));
        }
        lines.extend(wrapped(advice(trouble)));
    }
    lines.push(String::new());
    lines.push("What follows is for programs, and the returned message.".into());
    lines.push(String::new());
    lines
}

/// What the sender can do about it.
fn advice(trouble: &Trouble) -> &'static str {
    use crate::delivery::Violation;
    use crate::route::RouteFault;
    use crate::smtp::Refusal;

    match trouble {
        Trouble::Violated {
            violation: Violation::NotOffered | Violation::Refused(_),
            ..
        } => {
            "Mail to this recipient must be protected by TLS, and the receiving server does not offer it. Nothing was \
             sent. Ask the recipient's administrator to turn on TLS, or your own to change the rule."
        }
        Trouble::Violated { .. } => {
            "Mail to this recipient must be protected by TLS with a certificate that can be trusted, and the receiving \
             server failed this. Nothing was sent. Ask the recipient's administrator to mend it, or your own to change \
             the rule."
        }
        Trouble::Route(RouteFault::NoDomain(_) | RouteFault::NullMx(_)) => {
            "Check the address for mistakes."
        }
        Trouble::Refused {
            refusal: Refusal::Reply(..),
            ..
        }
        | Trouble::Unwelcome { .. } => {
            "The words of the receiving server say why. Check the address, or ask the recipient in another way."
        }
        Trouble::Refused {
            refusal: Refusal::Unsupported { .. },
            ..
        } => "Send it in a simpler form: smaller, or without characters beyond ASCII.",
        _ => "Send it again later, or ask the recipient's administrator.",
    }
}

/// The part for programs (RFC 3464 §2.2, §2.3).
fn machine(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    now: SystemTime,
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
        if let Some(host) = trouble.host() {
            fields.push(format!("Remote-MTA: dns; {host}"));
        }
        if let Some(reply) = trouble.reply() {
            fields.push(format!("Diagnostic-Code: smtp; {}", reply.told()));
        } else {
            fields.push(format!("Diagnostic-Code: X-mtaspec; {}", trouble.told()));
        }
        fields.push(format!("Last-Attempt-Date: {}", date(now)));
    }
    fields.push(String::new());
    fields
}

/// The third part: the message, or its header where that was asked for or the message is long (RFC 6522 §4).
fn returned(message: &Message, text: &mut Vec<u8>) {
    let whole = match message.dsn.ret {
        Some(Return::Header) => false,
        Some(Return::Full) | None => message.content.len() <= RETURN_LIMIT,
    };
    let content = if whole {
        &message.content[..]
    } else {
        message.header()
    };
    let kind: &[u8] = if whole {
        b"message/rfc822"
    } else {
        b"text/rfc822-headers"
    };
    text.extend_from_slice(b"Content-Type: ");
    text.extend_from_slice(kind);
    text.extend_from_slice(b"\r\n");
    if !content.is_ascii() {
        text.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(content);
    text.extend_from_slice(b"\r\n");
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::from("   ")];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.len() > 3 && last.chars().count() + 1 + word.chars().count() > 76 {
            lines.push(format!("    {word}"));
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines
}

fn date(at: SystemTime) -> String {
    OffsetDateTime::from(at)
        .format(&Rfc2822)
        .unwrap_or_default()
}
