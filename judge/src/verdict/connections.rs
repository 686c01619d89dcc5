//! Connections to receiving fakes, and how each of them ended.

use std::collections::BTreeSet;

use super::evidence::is_home;
use crate::events::{Event, Recording, What};

/// One connection to a receiving fake, home aside: an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The fake.
    pub(crate) host: String,
    /// Which address of it, by family and number.
    pub(crate) address: (String, usize),
    /// The step in which it began.
    pub(crate) step: usize,
    /// Indexes of its events, in order.
    pub(crate) events: Vec<usize>,
    /// The messages that were seen in it.
    pub(crate) messages: BTreeSet<String>,
    /// TLS was begun, or asked for.
    pub(crate) wanted_tls: bool,
    /// The version of the session, if a handshake was done.
    pub(crate) tls: Option<String>,
    /// How it ended.
    pub(crate) ended: Ended,
    number: Option<u32>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// The connection, the handshake or the dialogue broke down, or was left.
    Failed,
    /// The receiver answered 4yz or 5yz.
    Refused,
    /// A message was taken.
    Accepted,
}

impl Ended {
    /// As patterns spell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
        }
    }
}

/// All connections of a recording but those of the warm-up, in the order in which they began.
pub(crate) fn connections(recording: &Recording) -> Vec<Connection> {
    let mut found = connections_of_all(recording);
    found.retain(|connection| connection.step > 0);
    found
}

/// The same with those of the warm-up, which reports count.
pub(crate) fn connections_of_all(recording: &Recording) -> Vec<Connection> {
    let mut found: Vec<Connection> = Vec::new();
    for (index, event) in recording.events.iter().enumerate() {
        let Some(host) = event.host.as_deref() else {
            continue;
        };
        if is_home(host) || is_https(recording, host) {
            continue;
        }
        let begins = matches!(event.what, What::Connect { .. });
        let known = found.iter_mut().rev().find(|connection| {
            connection.host == host
                && event.connection.is_some()
                && connection.number == event.connection
        });
        match known {
            Some(connection) => connection.note(index, event),
            None if begins || event.connection.is_some() => {
                let mut connection = Connection {
                    host: host.to_owned(),
                    address: ("ipv4".into(), 1),
                    step: event.step,
                    events: Vec::new(),
                    messages: BTreeSet::new(),
                    wanted_tls: false,
                    tls: None,
                    ended: Ended::Failed,
                    number: event.connection,
                };
                connection.note(index, event);
                found.push(connection);
            }
            None => {}
        }
    }
    found
}

fn is_https(recording: &Recording, host: &str) -> bool {
    recording.case.steps.iter().any(|step| {
        step.world
            .https
            .keys()
            .any(|name| name.eq_ignore_ascii_case(host))
    })
}

impl Connection {
    fn note(&mut self, index: usize, event: &Event) {
        self.events.push(index);
        self.messages.extend(event.message.clone());
        match &event.what {
            What::Connect {
                family, address, ..
            } => self.address = (family.clone(), *address),
            What::TlsOffered { .. } | What::TlsFailed { .. } => self.wanted_tls = true,
            What::SmtpCommand { verb, .. } if verb == "STARTTLS" => self.wanted_tls = true,
            What::TlsEstablished { version, .. } => {
                self.wanted_tls = true;
                self.tls = Some(version.clone());
            }
            What::MessageAccepted { .. } => self.ended = Ended::Accepted,
            // A refused STARTTLS leaves the sender free to go on.
            What::SmtpReply { verb, code, .. } if *code >= 400 && verb != "STARTTLS" => {
                self.ended = self.ended.max(Ended::Refused);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::HttpsHost;
    use crate::verdict::testing::{
        accepted, case, connect, established, in_step, recording, reply, tls_failed,
    };

    #[test]
    fn each_connection_ends_in_one_way() {
        let host = "mx.example.test";
        // (events, how it ended, did it want TLS?)
        let cases = [
            (vec![connect(host, 1, true)], Ended::Failed, false),
            (
                vec![connect(host, 1, false), tls_failed(host, 1)],
                Ended::Failed,
                true,
            ),
            (
                vec![connect(host, 1, false), reply(host, 1, "MAIL", 451, "")],
                Ended::Refused,
                false,
            ),
            (
                vec![connect(host, 1, false), reply(host, 1, "STARTTLS", 454, "")],
                Ended::Failed,
                false,
            ),
            (
                vec![
                    established(host, 1, "1.3", "valid"),
                    accepted(host, 1, "first", "user@example.test", "1.3"),
                    reply(host, 1, "MAIL", 451, ""),
                ],
                Ended::Accepted,
                true,
            ),
        ];
        for (events, ended, wanted_tls) in cases {
            let recording = recording(case(), events);
            let found = connections(&recording);
            assert_eq!(found.len(), 1, "{:?}", recording.events);
            assert_eq!(found[0].ended, ended, "{:?}", recording.events);
            assert_eq!(found[0].wanted_tls, wanted_tls, "{:?}", recording.events);
        }
    }

    #[test]
    fn home_policy_hosts_and_the_warm_up_are_no_attempts() {
        let mut case = case();
        case.steps[0]
            .world
            .https
            .insert("mta-sts.example.test".into(), HttpsHost::default());
        let events = vec![
            connect("mx.home.test", 1, false),
            connect("mta-sts.example.test", 1, false),
            in_step(0, connect("mx.example.test", 1, false)),
            connect("mx.example.test", 2, false),
            connect("mx.example.test", 3, true),
        ];
        assert_eq!(connections(&recording(case, events)).len(), 2);
    }
}
