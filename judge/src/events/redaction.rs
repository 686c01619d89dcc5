//! Credentials are not written down: whatever follows AUTH, on its line or on the next ones (RFC 4954 §4).

use std::borrow::Cow;

use super::{Event, What};

/// What stands in place of credentials.
const REDACTED: &str = "[redacted]";

/// The event without credentials.
#[must_use]
pub fn redacted(event: &Event) -> Cow<'_, Event> {
    let What::SmtpCommand {
        verb,
        text,
        tls,
        follows,
    } = &event.what
    else {
        return Cow::Borrowed(event);
    };
    let text = if verb.eq_ignore_ascii_case("AUTH") {
        let mut words = text.split_whitespace();
        let kept: Vec<&str> = words.by_ref().take(2).collect();
        match words.next() {
            Some(_) => format!("{} {REDACTED}", kept.join(" ")),
            None => return Cow::Borrowed(event),
        }
    } else if verb == "?" && follows.eq_ignore_ascii_case("AUTH") {
        REDACTED.to_owned()
    } else {
        return Cow::Borrowed(event);
    };
    Cow::Owned(Event {
        what: What::SmtpCommand {
            verb: verb.clone(),
            text,
            tls: *tls,
            follows: follows.clone(),
        },
        ..event.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::event;

    fn command(verb: &str, text: &str, follows: &str) -> Event {
        event(What::SmtpCommand {
            verb: verb.into(),
            text: text.into(),
            tls: true,
            follows: follows.into(),
        })
    }

    #[test]
    fn what_follows_auth_is_not_written() {
        // (verb, line, verb before, what is written)
        let cases = [
            (
                "AUTH",
                "AUTH PLAIN AHRlc3Q=",
                "EHLO",
                "AUTH PLAIN [redacted]",
            ),
            ("AUTH", "AUTH LOGIN", "EHLO", "AUTH LOGIN"),
            ("?", "c2VjcmV0", "AUTH", "[redacted]"),
            ("?", "c2VjcmV0", "EHLO", "c2VjcmV0"),
        ];
        for (verb, line, follows, want) in cases {
            let event = command(verb, line, follows);
            let What::SmtpCommand { text, .. } = redacted(&event).into_owned().what else {
                unreachable!("a command stays a command")
            };
            assert_eq!(text, want, "{line} after {follows}");
        }
    }
}
