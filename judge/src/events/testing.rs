//! Cases and events for the tests of this crate, healthy but for what a test says.

use super::{By, Event, Recording, SubjectName, What};
use crate::scenario::{
    Case, Client, Direction, Domain, Expect, Expectation, Host, Level, Message, MxRecord, Place,
    Step, Twin, Wanted, World,
};

/// A place in a file that does not exist.
pub(crate) fn place() -> Place {
    Place {
        file: "scenarios/starttls/refused.toml".into(),
        line: 7,
        column: 1,
    }
}

/// The world of `example.test` with one MX host, and the subject's home.
pub(crate) fn world() -> World {
    let mut world = World::default();
    for name in ["example.test", "home.test"] {
        world.domains.insert(
            name.into(),
            Domain {
                mx: vec![MxRecord {
                    preference: 10,
                    host: format!("mx.{name}"),
                }],
                ..Domain::default()
            },
        );
        world.hosts.insert(format!("mx.{name}"), Host::default());
    }
    world
}

/// One step with the default message.
pub(crate) fn step(expect: Vec<Expect>) -> Step {
    Step {
        after: None,
        world: world(),
        inject: vec![Message::default()],
        ask: None,
        makes_due: false,
        lasts: None,
        expect,
    }
}

/// One step, one message, nothing expected.
pub(crate) fn case() -> Case {
    case_of(vec![step(Vec::new())])
}

/// A case of these steps.
pub(crate) fn case_of(steps: Vec<Step>) -> Case {
    Case {
        id: "starttls/refused".into(),
        title: "A refused STARTTLS".into(),
        why: "Mail would be lost.".into(),
        place: place(),
        direction: Direction::Outbound,
        client: Client::default(),
        steps,
        twin: Twin::Healthy,
        capabilities: std::collections::BTreeSet::new(),
        needs_legacy_tls: false,
    }
}

/// A table of one level that wants these.
pub(crate) fn table(level: Level, wanted: Vec<Wanted>) -> Expect {
    Expect {
        place: place(),
        requirements: vec!["RFC3207-4-client-tls-right-after-220".into()],
        level,
        message: None,
        recipient: None,
        keys: wanted
            .into_iter()
            .map(|wanted| Expectation {
                wanted,
                unsaid: false,
                place: place(),
            })
            .collect(),
    }
}

/// A recording by the built-in engine.
pub(crate) fn recording(case: Case, events: Vec<Event>) -> Recording {
    Recording {
        case,
        subject: SubjectName {
            name: "engine".into(),
            version: "0.1.0".into(),
            capabilities: ["clock".to_owned()].into(),
            gives_up_after: None,
        },
        now: "2026-01-01T00:00:00Z".into(),
        tool: "0.1.0".into(),
        events,
        milliseconds: 7,
    }
}

/// An event of the first step, nobody's.
pub(crate) fn event(what: What) -> Event {
    Event {
        at: 0,
        step: 1,
        host: None,
        connection: None,
        message: None,
        what,
    }
}

/// An event at a host.
pub(crate) fn at_host(host: &str, connection: u32, what: What) -> Event {
    Event {
        host: Some(host.into()),
        connection: Some(connection),
        ..event(what)
    }
}

/// The same event in another step.
pub(crate) fn in_step(step: usize, event: Event) -> Event {
    Event { step, ..event }
}

/// The same event, later by the case's clock.
pub(crate) fn at_second(second: u64, event: Event) -> Event {
    Event {
        at: second * 1000,
        ..event
    }
}

/// The same event, of a message.
pub(crate) fn of(message: &str, event: Event) -> Event {
    Event {
        message: Some(message.into()),
        ..event
    }
}

pub(crate) fn connect(host: &str, connection: u32, refused: bool) -> Event {
    at_host(
        host,
        connection,
        What::Connect {
            family: "ipv4".into(),
            port: 25,
            address: 1,
            refused,
            source: None,
        },
    )
}

pub(crate) fn reply(host: &str, connection: u32, verb: &str, code: u16, text: &str) -> Event {
    at_host(
        host,
        connection,
        What::SmtpReply {
            verb: verb.into(),
            code,
            text: text.into(),
            tls: false,
        },
    )
}

pub(crate) fn established(host: &str, connection: u32, version: &str, word: &str) -> Event {
    at_host(
        host,
        connection,
        What::TlsEstablished {
            version: version.into(),
            cipher: "TLS_AES_128_GCM_SHA256".into(),
            group: Some("x25519".into()),
            sni: Some(host.into()),
            certificate: word.into(),
            key: "ecdsa-p256".into(),
            client_certificate: false,
            resumed: false,
        },
    )
}

pub(crate) fn tls_failed(host: &str, connection: u32) -> Event {
    at_host(
        host,
        connection,
        What::TlsFailed {
            by: By::Sender,
            alert: None,
            version: None,
        },
    )
}

pub(crate) fn accepted(host: &str, connection: u32, message: &str, to: &str, tls: &str) -> Event {
    arrived(host, connection, message, ("sender@home.test", to), tls, "")
}

pub(crate) fn arrived(
    host: &str,
    connection: u32,
    message: &str,
    (from, to): (&str, &str),
    tls: &str,
    content: &str,
) -> Event {
    of(
        message,
        at_host(
            host,
            connection,
            What::MessageAccepted {
                from: from.into(),
                to: vec![to.into()],
                tls: tls.into(),
                requiretls: false,
                content: content.into(),
            },
        ),
    )
}

/// A failure notice on the way home.
pub(crate) fn notice(message: &str, content: &str) -> Event {
    arrived(
        "mx.home.test",
        1,
        message,
        ("", "sender@home.test"),
        "1.3",
        content,
    )
}

pub(crate) fn injected(message: &str, code: u16, text: &str) -> Event {
    of(
        message,
        event(What::Injected {
            recipient: None,
            code,
            text: text.into(),
        }),
    )
}

pub(crate) fn queued(message: &str, listed: bool) -> Event {
    of(
        message,
        event(What::Queued {
            recipient: None,
            listed,
        }),
    )
}

pub(crate) fn question(name: &str, kind: &str, answer: &str) -> Event {
    event(What::DnsQuery {
        name: name.into(),
        kind: kind.into(),
        answer: answer.into(),
        state: "insecure".into(),
        dnssec_ok: true,
        transport: "udp".into(),
    })
}

/// A notice as RFC 3464 wants it, with these values.
pub(crate) fn dsn(action: &str, status: &str, recipient: &str) -> String {
    format!(
        "From: MAILER-DAEMON@subject.home.test\r\nTo: sender@home.test\r\nSubject: failed\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered securely.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; subject.home.test\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Remote-MTA: dns; mx.example.test\r\n\
         Diagnostic-Code: smtp; 454 4.7.0 TLS is not available\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         From: sender@home.test\r\nSubject: hello\r\n\r\n--b--\r\n"
    )
}
