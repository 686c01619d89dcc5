//! The part of a notice for people: what happened, to whom, and what to do about it.

use std::time::SystemTime;

use crate::address::DomainName;
use crate::delivery::{Message, Trouble, Violation};
use crate::route::RouteFault;
use crate::smtp::Refusal;

use super::failure::{Failure, cut};

/// How far lines go.
const WIDTH: usize = 76;
/// What stands before each line about a recipient.
const INDENT: &str = "    ";

/// The lines of the text.
pub(super) fn text(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    now: SystemTime,
) -> Vec<String> {
    let mut lines = vec![
        format!("This is the mail server {reporter}."),
        String::new(),
        "Your message could not be delivered to the recipients named below. It was".into(),
        "given up and will not be tried again.".into(),
    ];
    for Failure { recipient, trouble } in failures {
        lines.push(String::new());
        lines.push(format!("<{}>", recipient.mailbox.as_str()));
        lines.extend(wrapped(&format!("What happened: {}.", trouble.told())));
        if !trouble.is_permanent() {
            let waited = now.duration_since(message.arrived).unwrap_or_default();
            lines.extend(wrapped(&format!(
                "It was tried again and again for {}, and this was the last trouble.",
                told(waited.as_secs())
            )));
        }
        lines.extend(wrapped(&format!("What to do: {}", advice(trouble))));
    }
    lines.push(String::new());
    lines.push("Behind this text follow a part for programs and what you sent.".into());
    lines.push(String::new());
    lines
}

/// What the sender can do.
fn advice(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Violated {
            violation: Violation::NotOffered | Violation::Refused(_),
            ..
        } => {
            "mail to this recipient has to be protected by TLS, which the receiving server does not offer, so nothing \
             was sent. Ask the recipient's administrator to turn TLS on, or your own to change the rule."
        }
        Trouble::Violated { .. } => {
            "mail to this recipient has to be protected by TLS as your administrator's rule demands, and the receiving \
             server failed it, so nothing was sent. Ask the recipient's administrator to mend it, or your own to \
             change the rule."
        }
        Trouble::Route(RouteFault::NoDomain(_) | RouteFault::NullMx(_)) => {
            "check the part of the address behind the @ for mistakes."
        }
        Trouble::Refused {
            refusal: Refusal::Reply(..),
            ..
        }
        | Trouble::Unwelcome { .. } => {
            "the receiving server's words say why. Check the address, or ask the recipient in another way."
        }
        Trouble::Refused {
            refusal: Refusal::Unsupported { .. },
            ..
        } => "send it in a simpler form: smaller, or without characters beyond ASCII.",
        _ => "send it again later, or tell the recipient in another way.",
    }
}

fn told(seconds: u64) -> String {
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "day"),
        7_200.. => (seconds / 3_600, "hour"),
        _ => (seconds / 60, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut(word);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{INDENT}{word}")),
        }
    }
    lines
}
