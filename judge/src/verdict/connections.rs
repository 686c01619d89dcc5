//! Connections to receiving fakes, and how each of them ended.

use std::collections::{BTreeMap, BTreeSet};

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

/// All connections of a recording, in the order in which they began. Those of the warm-up are in step 0.
pub(crate) fn connections(recording: &Recording) -> Vec<Connection> {
    let https = https_hosts(recording);
    let mut found: Vec<Connection> = Vec::new();
    // After the warm-up the counting at SMTP hosts begins again.
    let mut places: BTreeMap<(bool, &str, u32), usize> = BTreeMap::new();
    for (index, event) in recording.events.iter().enumerate() {
        let Some(host) = event.host.as_deref() else {
            continue;
        };
        if is_home(host) || https.contains(&host.to_ascii_lowercase()) {
            continue;
        }
        let begins = matches!(event.what, What::Connect { .. });
        let known = event
            .connection
            .and_then(|number| places.get(&(event.step == 0, host, number)));
        match known {
            Some(place) => found[*place].note(index, event),
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
                };
                connection.note(index, event);
                if let Some(number) = event.connection {
                    places.insert((event.step == 0, host, number), found.len());
                }
                found.push(connection);
            }
            None => {}
        }
    }
    found
}

fn https_hosts(recording: &Recording) -> BTreeSet<String> {
    let steps = recording.case.steps.iter();
    steps
        .flat_map(|step| step.world.https.keys())
        .map(|name| name.to_ascii_lowercase())
        .collect()
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
    fn home_and_policy_hosts_have_no_attempts() {
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
        let found = connections(&recording(case, events));
        let steps: Vec<usize> = found.iter().map(|one| one.step).collect();
        assert_eq!(steps, [0, 1, 1], "the first is of the warm-up");
    }
}
