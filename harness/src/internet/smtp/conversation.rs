//! One connection as a conversation: bytes in and out, and what is told of them.
//!
//! Every octet that comes in is searched for canaries before anything else is made of it (`overhearing`). Which replies
//! there are is left to `replies`, and to the session which of them is said.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Difference;

use super::command::Command;
use super::fake::FakeSetup;
use super::lines::{Front, Input};
use super::overhearing::{Canaries, Channel, Listener};
use super::replies::{Reply, Standard};
use crate::clock::Hearing;
use crate::internet::line::{Line, holding};
use crate::internet::tls::TlsStream;
use crate::internet::wire::{Ends, Wire};
use crate::plan::without_tokens;
use crate::recorder::Teller;

/// So long a peer may say nothing, in real time, before the fake gives up (RFC 5321 §4.5.3.2.7 asks for five minutes).
/// No verdict depends on it: it only frees what a dead peer holds.
const PATIENCE: Duration = Duration::from_secs(300);

/// Commands in one connection; nobody needs so many.
const COMMAND_LIMIT: usize = 10_000;

/// Octets of a command that events show.
const SHOWN: usize = 512;

/// What is read from a peer after the fake has ended the conversation, so that the end is no reset.
const FAREWELL_LIMIT: usize = 16 << 20;

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The sender is gone.
    BySender,
    /// The fake ends it in order.
    ByReceiver,
    /// The harness ends it: in order, and without waiting for the sender.
    AtOnce,
    /// The fake ends it with a TCP reset.
    ByReset,
    /// The fake refuses it, as near as one who listens can: a reset at once, and no end to tell of.
    Refused,
}

/// A result, or the end of the conversation.
pub(super) type Talk<T> = Result<T, Ended>;

/// What came in place of a command.
pub(super) enum Heard {
    /// A command.
    Command(Command),
    /// A line that was too long to be one.
    TooLong,
}

/// A conversation with one sender.
pub(super) struct Conversation {
    pub(super) setup: Arc<FakeSetup>,
    pub(super) line: Line,
    pub(super) ends: Ends,
    pub(super) input: Input,
    /// The name of the message that the transaction is about.
    pub(super) message: Option<String>,
    /// The TLS version, inside TLS.
    pub(super) tls: Option<String>,
    /// The verb before, or `greeting`.
    pub(super) follows: String,
    /// What was read of the line below TLS.
    pub(super) plaintext: Listener,
    inside: Option<Listener>,
    canaries: Arc<Canaries>,
    connection: u32,
    commands: usize,
}

impl Conversation {
    /// The n-th connection to a host begins.
    pub(super) fn new(
        setup: Arc<FakeSetup>,
        wire: Wire,
        connection: u32,
        canaries: Arc<Canaries>,
    ) -> Self {
        let teller = Teller {
            host: Some(setup.shown_name.clone()),
            connection: Some(connection),
            message: None,
        };
        let channel = Channel {
            plaintext: true,
            attacker: setup.attacker.is_some(),
        };
        let plaintext = Listener::new(&canaries, setup.recorder.clone(), teller, channel);
        let ear = plaintext.clone();
        Self {
            ends: wire.ends(),
            setup,
            line: Line::Plain(wire.overheard_by(move |bytes| ear.hear(bytes))),
            input: Input::default(),
            message: None,
            tls: None,
            follows: "greeting".into(),
            plaintext,
            inside: None,
            canaries,
            connection,
            commands: 0,
        }
    }

    /// From here on another stream of bytes: TLS of this version.
    pub(super) fn go_inside_tls(&mut self, stream: Box<dyn TlsStream>, version: String) {
        self.line = Line::Tls(stream);
        self.tls = Some(version);
        self.plaintext.stop();
        let attacker = self.setup.attacker.as_ref();
        let channel = Channel {
            plaintext: false,
            attacker: attacker.is_some_and(|attacker| attacker.certificate.is_some()),
        };
        let recorder = self.setup.recorder.clone();
        self.inside = Some(Listener::new(
            &self.canaries,
            recorder,
            self.teller(),
            channel,
        ));
    }

    /// Who tells the events of this connection.
    pub(super) fn teller(&self) -> Teller {
        Teller {
            host: Some(self.setup.shown_name.clone()),
            connection: Some(self.connection),
            message: self.message.clone(),
        }
    }

    /// Notes an event.
    pub(super) fn tell(&self, what: What) {
        self.setup.recorder.record(self.teller(), what);
    }

    /// Notes that the fake has shown what is wrong with it.
    pub(super) fn met(&self, difference: &Difference) {
        self.tell(What::Met {
            what: difference.to_string(),
        });
    }

    /// Notes a command.
    pub(super) fn tell_command(&mut self, command: &Command, inside_tls: bool) {
        let follows = std::mem::replace(&mut self.follows, command.spelled.clone());
        self.tell(What::SmtpCommand {
            verb: command.spelled.clone(),
            text: shown(&command.text),
            tls: inside_tls,
            follows,
        });
    }

    /// Waits for a line.
    pub(super) async fn hear(&mut self) -> Talk<Heard> {
        self.commands += 1;
        if self.commands > COMMAND_LIMIT {
            return Err(self.give_up(Standard::TooManyCommands).await);
        }
        loop {
            match self.input.line() {
                Front::Line(line) => return Ok(Heard::Command(Command::parse(&line))),
                Front::TooLong => return Ok(Heard::TooLong),
                Front::Flood => return Err(self.give_up(Standard::Flood).await),
                Front::Incomplete => self.fill().await?,
            }
        }
    }

    /// Waits for more octets and searches them.
    pub(super) async fn fill(&mut self) -> Talk<()> {
        let (clock, ends) = (Arc::clone(&self.setup.clock), self.ends.clone());
        let read = holding(&clock, &ends, self.read());
        let Ok(read) = tokio::time::timeout(PATIENCE, read).await else {
            return Err(self.give_up(Standard::Idle).await);
        };
        let bytes = read.map_err(|_| Ended::BySender)?;
        if bytes.is_empty() {
            return Err(Ended::BySender);
        }
        self.input.push(&bytes);
        Ok(())
    }

    /// Says why the fake gives up, and that it does.
    async fn give_up(&mut self, why: Standard) -> Ended {
        let follows = self.follows.clone();
        match self.say(&follows, &why.reply()).await {
            Ok(()) => Ended::ByReceiver,
            Err(ended) => ended,
        }
    }

    /// The next octets, searched; none: the sender is gone.
    async fn read(&mut self) -> io::Result<Vec<u8>> {
        let bytes = self.line.read().await?;
        if let Some(inside) = &self.inside {
            inside.hear(&bytes);
        }
        Ok(bytes)
    }

    /// Says a reply; `answered` is the verb it answers.
    pub(super) async fn say(&mut self, answered: &str, reply: &Reply) -> Talk<()> {
        self.write(&reply.bytes("\r\n")).await?;
        self.tell_reply(answered, reply);
        Ok(())
    }

    /// Notes a reply.
    pub(super) fn tell_reply(&self, answered: &str, reply: &Reply) {
        self.tell(What::SmtpReply {
            verb: answered.to_owned(),
            code: reply.code,
            text: reply.text(),
            tls: self.tls.is_some(),
        });
    }

    /// Sends octets in one piece.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Talk<()> {
        match tokio::time::timeout(PATIENCE, self.line.write(bytes)).await {
            Ok(written) => written.map_err(|_| Ended::BySender),
            Err(_) => Err(Ended::ByReset),
        }
    }

    /// Lets so much of the case's time pass, unless the sender goes before.
    pub(super) async fn wait(&mut self, duration: Duration) -> Talk<()> {
        let (clock, ends) = (Arc::clone(&self.setup.clock), self.ends.clone());
        let sent = ends.sent();
        tokio::select! {
            biased;
            () = clock.closed(ends.client, ends.server) => Err(Ended::BySender),
            () = clock.delay(ends.client, ends.server, sent, duration) => Ok(()),
        }
    }

    /// Says nothing more until the sender has gone; reads on, unless `deaf`.
    pub(super) async fn stall(&mut self, deaf: bool) -> Ended {
        let (clock, ends) = (Arc::clone(&self.setup.clock), self.ends.clone());
        let hearing = if deaf {
            Hearing::Nothing
        } else {
            Hearing::InVain
        };
        let hold = clock.hold(ends.client, ends.server, ends.sent(), hearing);
        let gone = async {
            if deaf {
                std::future::pending::<()>().await;
            }
            while matches!(self.read().await, Ok(bytes) if !bytes.is_empty()) {}
        };
        tokio::select! {
            () = gone => {}
            () = clock.closed(ends.client, ends.server) => {}
        }
        drop(hold);
        Ended::BySender
    }

    /// Ends the connection as it has to end.
    pub(super) async fn part(mut self, ended: Ended) {
        match ended {
            Ended::BySender => {}
            Ended::AtOnce => {
                let _ = self.line.shut().now_or_never();
            }
            Ended::ByReset | Ended::Refused => self.line.reset(),
            Ended::ByReceiver => {
                // What is still under way is read, since octets that nobody reads would make the end a reset.
                let (clock, ends) = (Arc::clone(&self.setup.clock), self.ends.clone());
                let farewell = async {
                    let mut read = 0;
                    self.line.shut().await?;
                    while read < FAREWELL_LIMIT {
                        match self.read().await?.len() {
                            0 => break,
                            count => read += count,
                        }
                    }
                    io::Result::Ok(())
                };
                tokio::select! {
                    _ = tokio::time::timeout(PATIENCE, farewell) => {}
                    () = clock.closed(ends.client, ends.server) => {}
                }
            }
        }
    }
}

/// A command as events show it.
fn shown(text: &str) -> String {
    let text = without_tokens(text);
    let end = (0..=SHOWN.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}
