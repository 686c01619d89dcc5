//! One connection to the subject as a conversation: octets out and in, and what is told of them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::Moment;

use super::call::connect;
use super::sender::Client;
use crate::clock::Hearing;
use crate::internet::line::{Line, holding};
use crate::internet::tls::{ClientEnd, ClientHandshake, HandshakeDeeds, alert_name};
use crate::internet::wire::Ends;
use crate::recorder::Teller;
use crate::subject::replies::{self, Front, Reply};

/// So long a subject may say nothing, in real time, before the harness gives up. Where the clock of the case is the
/// subject's, its own limits come first.
const PATIENCE: Duration = Duration::from_secs(30);

/// And so long one that does not live in the time of the case: none of its limits can be waited for.
const HASTE: Duration = Duration::from_secs(2);

/// Octets of a command that events show.
const SHOWN: usize = 512;

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// The harness ends it in order.
    BySender,
    /// The harness ends it with a TCP reset.
    ByReset,
    /// The subject is gone.
    ByReceiver,
    /// What the harness could not do, in a sentence.
    Trouble(String),
}

/// A result, or the end of the conversation.
pub(super) type Talk<T> = Result<T, Ended>;

/// A conversation with the subject.
pub(super) struct Conversation<'a> {
    pub(super) client: &'a Client,
    line: Line,
    pub(super) ends: Ends,
    input: Vec<u8>,
    /// Inside TLS.
    pub(super) tls: bool,
    /// The verb before, or `greeting`.
    pub(super) follows: String,
    /// The message that it is about.
    pub(super) message: Option<String>,
    /// Replies that are still due to what a fault said out of turn.
    pub(super) owed: usize,
    shares_clock: bool,
    connection: u32,
}

impl<'a> Conversation<'a> {
    /// Makes the connection.
    pub(super) async fn begin(client: &'a Client, message: Option<String>) -> Talk<Self> {
        let wire = connect(client).await.map_err(|error| {
            Ended::Trouble(format!(
                "the subject cannot be reached at {}: {error}",
                client.setup.address
            ))
        })?;
        let conversation = Self {
            client,
            ends: wire.ends(),
            line: Line::Plain(wire),
            input: Vec::new(),
            tls: false,
            follows: "greeting".into(),
            message,
            owed: 0,
            shares_clock: client.setup.clock.is_shared_by(client.setup.address),
            connection: client.next_connection(),
        };
        conversation.tell(What::Connect {
            family: if client.setup.address.is_ipv4() {
                "ipv4"
            } else {
                "ipv6"
            }
            .into(),
            port: client.port_number(),
            address: 1,
            refused: false,
            source: None,
        });
        Ok(conversation)
    }

    /// Tells of a conversation that could not begin.
    pub(super) fn tell_trouble(client: &Client, ended: &Ended) {
        if let Ended::Trouble(reason) = ended {
            let reason = reason.clone();
            client
                .setup
                .recorder
                .record(Teller::default(), What::HarnessFailed { reason });
        }
    }

    /// Notes an event.
    pub(super) fn tell(&self, what: What) {
        self.client.setup.recorder.record(self.teller(), what);
    }

    fn teller(&self) -> Teller {
        Teller {
            host: Some(self.client.setup.subject.clone()),
            connection: Some(self.connection),
            message: self.message.clone(),
        }
    }

    /// Says a line, and tells of it.
    pub(super) async fn say(&mut self, line: &str) -> Talk<()> {
        self.tell_command(line);
        self.write(format!("{line}\r\n").as_bytes()).await
    }

    /// Notes a command.
    pub(super) fn tell_command(&mut self, line: &str) {
        let verb = verb_of(line);
        let follows = std::mem::replace(&mut self.follows, verb.clone());
        let text: String = line.chars().take(SHOWN).collect();
        self.tell(What::SmtpCommand {
            verb,
            text,
            tls: self.tls,
            follows,
        });
    }

    /// Hears what is still due to what was said out of turn.
    pub(super) async fn hear_what_is_owed(&mut self) -> Talk<()> {
        while self.owed > 0 {
            self.owed -= 1;
            self.reply("?").await?;
        }
        Ok(())
    }

    /// The reply to the last thing that was said.
    pub(super) async fn reply(&mut self, verb: &str) -> Talk<Reply> {
        loop {
            match replies::take(&mut self.input) {
                Front::Reply(reply) => {
                    self.tell(What::SmtpReply {
                        verb: verb.to_owned(),
                        code: reply.code,
                        text: reply.text.clone(),
                        tls: self.tls,
                    });
                    return Ok(reply);
                }
                Front::Nonsense(line) => {
                    return Err(Ended::Trouble(format!(
                        "the subject answered {line:?}, which is no SMTP reply"
                    )));
                }
                Front::Incomplete => self.fill().await?,
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.shares_clock { PATIENCE } else { HASTE }
    }

    async fn fill(&mut self) -> Talk<()> {
        let patience = self.patience();
        let read = holding(&self.client.setup.clock, &self.ends, self.line.read());
        let Ok(read) = tokio::time::timeout(patience, read).await else {
            let seconds = patience.as_secs();
            return Err(Ended::Trouble(format!(
                "the subject said nothing for {seconds} s"
            )));
        };
        match read {
            Ok(bytes) if !bytes.is_empty() => {
                self.input.extend_from_slice(&bytes);
                Ok(())
            }
            Ok(_) => Err(Ended::ByReceiver),
            Err(error) => {
                self.tell_alert(&error);
                Err(Ended::ByReceiver)
            }
        }
    }

    /// A client's certificate is refused behind its part of a handshake of TLS 1.3 (RFC 8446 §4.4.2.4).
    fn tell_alert(&self, error: &io::Error) {
        let cause = error
            .get_ref()
            .and_then(|cause| cause.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = cause {
            self.tell(What::TlsFailed {
                by: By::Receiver,
                alert: Some(alert_name(u8::from(*alert))),
                version: None,
            });
        }
    }

    /// Sends octets in one piece. What the subject still says to them is heard later, even if it is gone.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Talk<()> {
        match tokio::time::timeout(PATIENCE, self.line.write(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => {
                self.hear_the_last().await;
                Err(Ended::ByReceiver)
            }
            Err(_) => Err(Ended::Trouble("the subject does not read".to_owned())),
        }
    }

    /// Reads what a subject that has gone said before.
    pub(super) async fn hear_the_last(&mut self) {
        let patience = self.patience();
        while let Ok(Ok(bytes)) = tokio::time::timeout(patience, self.line.read()).await {
            if bytes.is_empty() {
                break;
            }
            self.input.extend_from_slice(&bytes);
        }
        let follows = self.follows.clone();
        while let Front::Reply(Reply { code, text }) = replies::take(&mut self.input) {
            let verb = follows.clone();
            let tls = self.tls;
            self.tell(What::SmtpReply {
                verb,
                code,
                text,
                tls,
            });
        }
    }

    /// Says nothing more until the subject ends it; what it says meanwhile is told.
    pub(super) async fn stall(&mut self) -> Ended {
        let (clock, ends) = (Arc::clone(&self.client.setup.clock), self.ends.clone());
        let hold = clock.hold(ends.client, ends.server, ends.sent(), Hearing::InVain);
        self.hear_the_last().await;
        drop(hold);
        Ended::ByReceiver
    }

    /// Lets so much of the case's time pass, unless the subject goes before.
    pub(super) async fn wait(&mut self, duration: Duration) -> Talk<()> {
        if !self.shares_clock {
            return Ok(());
        }
        let (clock, ends) = (Arc::clone(&self.client.setup.clock), self.ends.clone());
        let sent = ends.sent();
        let has_gone = tokio::select! {
            biased;
            () = clock.closed(ends.client, ends.server) => true,
            () = clock.delay(ends.client, ends.server, sent, duration) => false,
        };
        if has_gone {
            self.hear_the_last().await;
            return Err(Ended::ByReceiver);
        }
        Ok(())
    }

    /// Takes the connection inside TLS; all that was said before is forgotten, and so is what came with 220.
    pub(super) async fn begin_tls(&mut self) -> Talk<()> {
        let Line::Plain(wire) = std::mem::replace(&mut self.line, Line::Cut) else {
            return Err(Ended::BySender);
        };
        self.input.clear();
        let client = self.client;
        let look_up = |moment: &Moment| client.fault(moment);
        let teller = self.teller();
        let mut tell = |what| client.setup.recorder.record(teller.clone(), what);
        let handshake = ClientHandshake {
            tls: &client.setup.tls,
            deeds: HandshakeDeeds {
                clock: Arc::clone(&client.setup.clock),
                look_up: &look_up,
            },
            tell: &mut tell,
        };
        match handshake.run(wire).await {
            ClientEnd::Established(stream, _) => {
                self.line = Line::Tls(stream);
                self.tls = true;
                Ok(())
            }
            ClientEnd::Ended(By::Sender) => Err(Ended::BySender),
            ClientEnd::Ended(By::Receiver) => Err(Ended::ByReceiver),
        }
    }

    /// Ends the connection as it has to end, and tells who did.
    pub(super) async fn part(mut self, ended: &Ended) {
        let by = match ended {
            Ended::ByReceiver => By::Receiver,
            Ended::BySender | Ended::ByReset | Ended::Trouble(_) => By::Sender,
        };
        let follows = self.follows.clone();
        self.tell(What::Disconnect { by, follows });
        if let Ended::Trouble(reason) = ended {
            let reason = reason.clone();
            self.tell(What::HarnessFailed { reason });
        }
        match ended {
            Ended::ByReset => self.line.reset(),
            Ended::BySender | Ended::ByReceiver | Ended::Trouble(_) => {
                drop(self.line.shut().await);
            }
        }
    }
}

/// The verb of a command line; `?` where there is none.
fn verb_of(line: &str) -> String {
    let word = line.split([' ', ':']).next().unwrap_or_default();
    if !word.is_empty() && word.len() <= 10 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        word.to_ascii_uppercase()
    } else {
        "?".to_owned()
    }
}
