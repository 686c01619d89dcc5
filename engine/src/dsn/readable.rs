//! The part of a notice for people: what happened, to whom, and what to do about it.

use std::time::{Duration, SystemTime};

use crate::address::DomainName;
use crate::delivery::{Message, TlsTag};

use super::advice::advice;
use super::notice::{cut, date};
use super::report::{Action, Event, Report};

/// How far lines go.
const WIDTH: usize = 76;
/// The longest subject that is repeated.
const SUBJECT_LIMIT: usize = 200;
/// What stands before each line about a recipient.
const INDENT: &str = "    ";

/// The lines of the text.
pub(super) fn text(
    reporter: &DomainName,
    message: &Message,
    action: Action,
    reports: &[Report],
    now: SystemTime,
) -> Vec<String> {
    let mut lines = vec![
        format!("This is the mail server {reporter}."),
        String::new(),
    ];
    lines.extend(wrapped("", &opening(action, reports)));
    for report in reports {
        let Report {
            recipient, event, ..
        } = report;
        lines.push(String::new());
        lines.push(format!("<{}>", recipient.mailbox.as_str()));
        let told = event.told();
        let told = told.trim_end_matches(['.', ' ']);
        lines.extend(wrapped(INDENT, &format!("What happened: {told}.")));
        if let Event::Failed(trouble) = event
            && !trouble.is_permanent()
        {
            let waited = now.duration_since(message.arrived).unwrap_or_default();
            let waited = format!(
                "It was tried again and again for {}, and this was the last trouble.",
                duration(waited)
            );
            lines.extend(wrapped(INDENT, &waited));
        }
        let advice = format!("What to do: {}", advice(event));
        lines.extend(wrapped(INDENT, &advice));
    }
    lines.push(String::new());
    let subject = subject(message).map_or_else(String::new, |subject| {
        format!(" with the subject \"{subject}\"")
    });
    let returned = match message.tls {
        TlsTag::Required => {
            "of the message at most its header, since it asked to be protected by TLS (REQUIRETLS)"
        }
        TlsTag::Untagged | TlsTag::Optional => "what is returned of the message",
    };
    let which = format!(
        "The message{subject} was taken here on {}. Below follow details for administrators and programs, and {returned}.",
        date(message.arrived)
    );
    lines.extend(wrapped("", &which));
    lines.push(String::new());
    lines
}

/// What the message calls itself, if that can be read without decoding and is short. Of one with REQUIRETLS it stays unsaid:
/// this part may have to go in plaintext.
fn subject(message: &Message) -> Option<String> {
    if message.tls == TlsTag::Required {
        return None;
    }
    let header = std::str::from_utf8(message.header()).ok()?;
    let mut lines = header.split("\r\n");
    let value = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("subject").then_some(value)
    })?;
    let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
    let words: Vec<&str> = std::iter::once(value)
        .chain(folded)
        .flat_map(str::split_whitespace)
        .collect();
    let subject = words.join(" ");
    let is_plain = !subject.chars().any(char::is_control) && !subject.contains("=?");
    let is_short = (1..=SUBJECT_LIMIT).contains(&subject.chars().count());
    (is_plain && is_short).then_some(subject)
}

/// What became of the message, for all recipients alike.
fn opening(action: Action, reports: &[Report]) -> String {
    let whom = match reports {
        [_] => "the recipient",
        _ => "the recipients",
    };
    match action {
        Action::Failed => format!(
            "Your message could not be delivered to {whom} named below. It was given up and will not be tried again."
        ),
        Action::Delayed => {
            let until = reports.iter().filter_map(|report| match &report.event {
                Event::Delayed { until, .. } => *until,
                Event::Failed(_) | Event::Relayed(_) | Event::Expanded => None,
            });
            let until = until.min().map_or_else(
                || ".".into(),
                |until| format!(" until {}; you will hear if it fails then.", date(until)),
            );
            format!(
                "Your message could not yet be delivered to {whom} named below. It is kept here, and will be tried \
                 again and again{until} You need not send it again."
            )
        }
        Action::Relayed => format!(
            "Your message was handed to the mail server of {whom} named below. That server does not tell what becomes \
             of it there: unless it fails, this is the last you hear of it."
        ),
        Action::Expanded => format!(
            "Your message reached {whom} named below and goes on from here. Unless it fails for one of those behind it, \
             this is the last you hear of it."
        ),
    }
}

fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "day"),
        7_200.. => (seconds / 3_600, "hour"),
        _ => (seconds / 60, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn wrapped(indent: &str, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut(word);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::delivery::{Breach, Demander, Trouble, Violation};
    use crate::dsn::testing::{message, report};
    use crate::route::{LookupFault, RouteFault};
    use crate::smtp::{Refusal, Reply, Stage};
    use crate::tls::{ChainFault, HandshakeFault, NameFault};

    const DAYS: Duration = Duration::from_secs(5 * 86_400);

    /// The text about one recipient, without what all texts have in common.
    fn told(event: Event) -> String {
        let message = message(None);
        let reporter = DomainName::parse("subject.home.test").unwrap();
        let action = event.action();
        let reports = [report("user@example.test", event, DAYS)];
        let lines = text(
            &reporter,
            &message,
            action,
            &reports,
            message.arrived + DAYS,
        );
        let common = lines.len() - 5;
        lines[2..common].join("\n")
    }

    fn failed(trouble: Trouble) -> String {
        told(Event::Failed(trouble))
    }

    fn violated(violation: Violation) -> String {
        let host = "mx.example.test".into();
        let by = Demander::Rule;
        let breach = Breach { by, violation };
        failed(Trouble::Violated { host, breach })
    }

    fn refused(refusal: Refusal) -> String {
        let host = "mx.example.test".into();
        failed(Trouble::Refused { host, refusal })
    }

    fn domain() -> String {
        "example.test".into()
    }

    #[test]
    fn a_host_without_tls_under_a_rule_is_told_in_plain_words() {
        assert_snapshot!(violated(Violation::NotOffered));
    }

    #[test]
    fn a_failed_handshake_under_a_rule_is_told_in_plain_words() {
        let fault = HandshakeFault("received fatal alert: HandshakeFailure".into());
        assert_snapshot!(violated(Violation::Handshake(fault)));
    }

    #[test]
    fn an_untrusted_chain_under_a_rule_is_told_in_plain_words() {
        assert_snapshot!(violated(Violation::Chain(ChainFault::UnknownIssuer)));
    }

    #[test]
    fn an_expired_certificate_under_a_rule_is_told_in_plain_words() {
        assert_snapshot!(violated(Violation::Chain(ChainFault::Expired)));
    }

    #[test]
    fn a_wrong_name_under_a_rule_is_told_in_plain_words() {
        let fault = NameFault::Mismatch("mx.example.test".into());
        assert_snapshot!(violated(Violation::Name(fault)));
    }

    #[test]
    fn a_message_that_waited_too_long_is_told_in_plain_words() {
        let host = "mx.example.test".into();
        let text = "Connection refused (os error 111)".into();
        assert_snapshot!(failed(Trouble::Unreachable { host, text }));
    }

    #[test]
    fn a_refusal_of_the_receiver_is_told_in_its_own_words() {
        let reply = Reply::of(550, &["5.1.1 <user@example.test>: no such", "user here."]);
        assert_snapshot!(refused(Refusal::Reply(Stage::Rcpt, reply)));
    }

    #[test]
    fn a_message_that_is_too_large_is_told_in_plain_words() {
        assert_snapshot!(refused(Refusal::Unsupported {
            status: "5.3.4",
            text: "the message has 2000000 octets, the host takes 1000000".into(),
        }));
    }

    #[test]
    fn an_address_that_the_receiver_cannot_handle_is_told_in_plain_words() {
        assert_snapshot!(refused(Refusal::Unsupported {
            status: "5.6.7",
            text: "an address needs SMTPUTF8, which the host does not list".into(),
        }));
    }

    #[test]
    fn the_subject_is_repeated_where_it_can_be_read_as_it_is() {
        let long = format!("Subject: {}", "x".repeat(201));
        // (header, what is repeated)
        let cases = [
            ("Subject: hello", Some("hello")),
            (
                "SUBJECT:hello\r\n  and\tgoodbye ",
                Some("hello and goodbye"),
            ),
            (
                "X-Subject: no\r\nSubject: naïve\r\nSubject: no",
                Some("naïve"),
            ),
            ("Subject: =?utf-8?q?na=C3=AFve?=", None),
            ("Subject: bell\u{7}", None),
            ("Subject:", None),
            ("X-Field: a\r\n Subject: no", None),
            ("From: a@home.test", None),
            (&long, None),
        ];
        for (header, want) in cases {
            let mut message = message(None);
            message.content = format!("{header}\r\n\r\nSubject: body\r\n")
                .into_bytes()
                .into();
            assert_eq!(subject(&message).as_deref(), want, "{header:?}");
        }
    }

    #[test]
    fn a_domain_that_takes_no_mail_is_told_in_plain_words() {
        assert_snapshot!(failed(Trouble::Route(RouteFault::NullMx(domain()))));
    }

    #[test]
    fn a_route_that_leads_nowhere_is_told_as_a_matter_of_the_administrator() {
        let fault = RouteFault::Nowhere {
            to: "relay.provider.test".into(),
            why: "the host relay.provider.test has no address".into(),
        };
        assert_snapshot!(failed(Trouble::Route(fault)));
    }

    #[test]
    fn a_domain_that_does_not_exist_is_told_in_plain_words() {
        assert_snapshot!(failed(Trouble::Route(RouteFault::NoDomain(domain()))));
    }

    #[test]
    fn a_delay_is_told_in_plain_words() {
        let fault = RouteFault::Lookup(domain(), LookupFault::Silence);
        assert_snapshot!(told(Event::Delayed {
            trouble: Trouble::Route(fault),
            until: Some(message(None).arrived + 2 * DAYS),
        }));
    }
}
