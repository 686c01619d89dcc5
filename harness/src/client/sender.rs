//! What the harness is as a sender, for one case, and the messages of a step.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use mtaspec_judge::scenario::{Client as Told, Difference, Fault, FaultPlace, Message, Moment};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::conversation::Conversation;
use crate::clock::{CaseClock, Standstill};
use crate::internet::faults::FaultBook;
use crate::internet::tls::ClientTls;
use crate::plan::PlannedMail;
use crate::recorder::Recorder;
use crate::subject::{ReceiverPort, compose};

/// What the harness is as a sender. Names are labelled.
pub struct ClientSetup {
    /// Where the subject receives; a real address.
    pub address: SocketAddr,
    /// As what.
    pub port: ReceiverPort,
    /// What events call the subject.
    pub subject: String,
    /// What the client calls itself.
    pub ehlo: String,
    /// As the scenario has it.
    pub told: Told,
    /// How it does TLS.
    pub tls: ClientTls,
    /// Who logs in.
    pub account: Account,
    /// What misbehaves.
    pub faults: Arc<FaultBook>,
    /// The clock of the case.
    pub clock: Arc<CaseClock>,
    /// Who takes the events.
    pub recorder: Recorder,
}

/// Somebody who may log in at the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// The harness as a sender.
pub struct Client {
    pub(super) setup: ClientSetup,
    connections: AtomicU32,
}

/// A message with what the plan gave it.
#[derive(Clone, Copy)]
pub(super) struct Letter<'a> {
    pub(super) message: &'a Message,
    pub(super) mail: &'a PlannedMail,
}

impl Client {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(setup: ClientSetup) -> Self {
        Self {
            setup,
            connections: AtomicU32::new(0),
        }
    }

    /// Sends the messages of a step one after the other, each in a connection of its own, or says the script.
    /// `still` ends when the first connection is made.
    pub async fn send(&self, messages: &[(&Message, &PlannedMail)], mut still: Standstill) {
        let letters: Vec<Letter<'_>> = messages
            .iter()
            .map(|(message, mail)| Letter { message, mail })
            .collect();
        // The clock stands still between two connections: the subject is already at work on what it has taken.
        if let Some(script) = &self.setup.told.script {
            let name = letters.first().map(|letter| letter.mail.message.clone());
            if let Some(mut talk) = self.begin(name).await {
                drop(still);
                let ended = talk.say_script(script, &letters).await;
                still = self.setup.clock.stand_still();
                talk.part(&ended).await;
            }
        } else {
            for letter in letters {
                if let Some(mut talk) = self.begin(Some(letter.mail.message.clone())).await {
                    drop(still);
                    let ended = talk.deliver(letter).await;
                    still = self.setup.clock.stand_still();
                    talk.part(&ended).await;
                }
            }
        }
        drop(still);
    }

    async fn begin(&self, message: Option<String>) -> Option<Conversation<'_>> {
        match Conversation::begin(self, message).await {
            Ok(talk) => {
                if self.setup.port != ReceiverPort::Smtp {
                    talk.met(&Difference::Client("port".to_owned()));
                }
                Some(talk)
            }
            Err(ended) => {
                Conversation::tell_trouble(self, &ended);
                None
            }
        }
    }

    /// The first fault of the client that acts now.
    pub(super) fn fault(&self, moment: &Moment) -> Option<Fault> {
        self.setup.faults.act(&FaultPlace::Client, moment)
    }

    pub(super) fn next_connection(&self) -> u32 {
        self.connections.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn port_number(&self) -> u16 {
        match self.setup.port {
            ReceiverPort::Smtp => 25,
            ReceiverPort::Submission => 587,
            ReceiverPort::Submissions => 465,
        }
    }

    /// The content of a message.
    pub(super) fn content(&self, letter: Letter<'_>) -> Vec<u8> {
        let now: SystemTime = self.setup.clock.epoch() + self.setup.clock.elapsed();
        let date = OffsetDateTime::from(now).format(&Rfc2822);
        let date = date.expect("a date of our time can be written");
        let domain = letter
            .message
            .from
            .rsplit_once('@')
            .map_or(self.setup.ehlo.as_str(), |(_, domain)| domain);
        compose(letter.message, letter.mail, domain, &date)
    }
}
