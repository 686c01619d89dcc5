//! Events as lines that a person reads: the SMTP dialogue, and what happened around it.
//!
//! `<` is what the receiver said, `>` what the sender said, `*` what happened. Nothing is concluded here.

use super::{By, Event, Part, What, redacted};

/// Texts longer than this are cut.
const WIDTH: usize = 100;

/// One event as one line: when, where, and what.
#[must_use]
pub fn line(event: &Event) -> String {
    let when = format!("{:>10}", clock(event.at));
    let place = match (&event.host, event.connection) {
        (Some(host), Some(connection)) => format!("{host} #{connection}"),
        (Some(host), None) => host.clone(),
        (None, _) => match event.what {
            What::DnsQuery { .. } => "dns".to_owned(),
            _ => "-".to_owned(),
        },
    };
    format!("{when}  {place:<22}  {}", description(event))
}

/// The time of the case's clock: seconds, and days and hours once it has moved.
fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if seconds < 60 {
        format!("{}.{:03} s", seconds, milliseconds % 1000)
    } else if days == 0 {
        format!("{hours}:{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{days} d {hours}:{minutes:02}")
    }
}

/// What happened, without when and where.
#[must_use]
pub fn description(event: &Event) -> String {
    let event = redacted(event);
    if let Some(said) = said(&event.what) {
        return cut(&said);
    }
    cut(&format!("* {}", happened(&event.what)))
}

fn cut(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.chars().count() <= WIDTH {
        return clean;
    }
    let mut short: String = clean.chars().take(WIDTH - 3).collect();
    short.push_str("...");
    short
}

fn said(what: &What) -> Option<String> {
    match what {
        What::SmtpCommand { text, tls, .. } => Some(format!("> {text}{}", inside(*tls))),
        What::SmtpReply {
            code, text, tls, ..
        } => {
            let lines: Vec<&str> = text.lines().collect();
            Some(format!("< {code} {}{}", lines.join(" | "), inside(*tls)))
        }
        _ => None,
    }
}

fn inside(tls: bool) -> &'static str {
    if tls { "   (TLS)" } else { "" }
}

fn happened(what: &What) -> String {
    match what {
        What::DnsQuery {
            name,
            kind,
            answer,
            state,
            transport,
            ..
        } => format!("{kind} {name}: {answer} ({state}, {transport})"),
        What::Connect {
            family,
            port,
            address,
            refused,
            ..
        } => {
            let met = if *refused {
                ", and nobody answered"
            } else {
                ""
            };
            format!("connection to address {address} ({family}), port {port}{met}")
        }
        What::PolicyFetch {
            path, status: 0, ..
        } => format!("GET {path}: no answer"),
        What::PolicyFetch { path, status, .. } => format!("GET {path}: {status}"),
        What::ReportPosted { to, status, .. } => format!("report posted to {to}: {status}"),
        What::ReportMailed { to, signature, .. } => {
            format!("report mailed to {}, signature {signature}", to.join(", "))
        }
        What::MessageAccepted { from, to, tls, .. } => format!(
            "message from <{from}> to {} accepted ({})",
            to.join(", "),
            session(tls)
        ),
        What::Canary {
            part,
            plaintext,
            attacker,
        } => canary(*part, *plaintext, *attacker),
        What::Injected {
            recipient,
            code,
            text,
        } => {
            let whom = recipient
                .as_deref()
                .map_or(String::new(), |to| format!(" for {to}"));
            match code {
                0 => format!("the subject ended the injection{whom} without an answer"),
                _ => format!("the subject answered the injection{whom}: {code} {text}"),
            }
        }
        What::Queued { recipient, listed } => {
            let whom = recipient.as_deref().unwrap_or("the message");
            match listed {
                true => format!("the subject's queue lists {whom}"),
                false => format!("the subject's queue has {whom} no longer"),
            }
        }
        What::Met { what } => format!("met: {what}"),
        What::SubjectEnded { code, .. } => match code {
            Some(code) => format!("the subject ended with code {code}"),
            None => "the subject was ended by a signal".to_owned(),
        },
        What::Answered { fields } => {
            let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k} = {v}")).collect();
            format!("the subject answered: {}", fields.join(", "))
        }
        What::StepBegan => "the step began".to_owned(),
        What::HarnessFailed { reason } => format!("the harness failed: {reason}"),
        other => tls_happened(other),
    }
}

fn tls_happened(what: &What) -> String {
    match what {
        What::TlsOffered { sni, versions, .. } => {
            let sni = sni
                .as_deref()
                .map_or("no SNI".to_owned(), |sni| format!("SNI {sni}"));
            format!("ClientHello: {}, {sni}", versions.join(" "))
        }
        What::TlsEstablished {
            version,
            cipher,
            certificate,
            key,
            ..
        } => format!(
            "{} established: {cipher}, certificate {certificate} ({key})",
            session(version)
        ),
        What::TlsAccepted { version } => {
            format!("the sender went on after a hello of {}", session(version))
        }
        What::TlsFailed { by, alert, .. } => {
            let alert = alert
                .as_deref()
                .map_or(String::new(), |alert| format!(" with the alert {alert}"));
            format!("the {} ended the handshake{alert}", side(*by))
        }
        What::Disconnect { by, follows } => {
            format!("the {} closed the connection after {follows}", side(*by))
        }
        _ => String::new(),
    }
}

/// `none` and versions as people write them.
fn session(version: &str) -> String {
    match version {
        "none" => "in plaintext".to_owned(),
        "ssl3" => "SSL 3.0".to_owned(),
        version => format!("TLS {version}"),
    }
}

fn side(by: By) -> &'static str {
    match by {
        By::Sender => "sender",
        By::Receiver => "receiver",
    }
}

fn canary(part: Part, plaintext: bool, attacker: bool) -> String {
    let part = match part {
        Part::Envelope => "envelope",
        Part::Header => "header",
        Part::Body => "body",
    };
    let how = match (plaintext, attacker) {
        (_, true) => "read by an attacker",
        (true, false) => "readable in plaintext",
        (false, false) => "given inside TLS",
    };
    format!("{part} {how}")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::events::testing::{accepted, at_host, connect, established, event, reply};

    #[test]
    fn events_read_as_lines() {
        let host = "mx.example.test";
        let events = [
            Event {
                at: 12,
                ..event(What::DnsQuery {
                    name: "example.test".into(),
                    kind: "MX".into(),
                    answer: "noerror".into(),
                    state: "secure".into(),
                    dnssec_ok: true,
                    transport: "udp".into(),
                })
            },
            connect(host, 1, false),
            reply(
                host,
                1,
                "EHLO",
                250,
                "mx.example.test\nPIPELINING\nSTARTTLS",
            ),
            established(host, 1, "1.3", "expired"),
            at_host(
                host,
                1,
                What::TlsFailed {
                    by: By::Sender,
                    alert: Some("bad_certificate".into()),
                    version: None,
                },
            ),
            at_host(
                host,
                1,
                What::Disconnect {
                    by: By::Sender,
                    follows: "STARTTLS".into(),
                },
            ),
            connect(host, 2, true),
            accepted(host, 3, "first", "user@example.test", "none"),
            Event {
                at: 95_000_000,
                ..event(What::Queued {
                    recipient: Some("user@example.test".into()),
                    listed: true,
                })
            },
        ];
        let lines: Vec<String> = events.iter().map(line).collect();
        assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_line_stays_one_line_of_bounded_length() {
        let long = reply(
            "mx.example.test",
            1,
            "EHLO",
            250,
            &"x\r\n\u{7}y".repeat(400),
        );
        let text = description(&long);
        assert_eq!(text.chars().count(), WIDTH);
        assert!(text.chars().all(|c| !c.is_control()));
    }
}
