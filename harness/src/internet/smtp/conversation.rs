//! One connection as a conversation: bytes in and out, and what is told of them.
//!
//! Every octet that comes in is searched for canaries before anything else is made of it (`overhearing`). Which replies
//! there are is left to `replies`, and to the session which of them is said.

use std::sync::Arc;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Difference;

use super::command::Command;
use super::fake::FakeSetup;
use super::lines::{Front, Input};
use super::overhearing::{Audience, Canaries, Listener};
use super::replies::{Reply, Standard};
use crate::internet::channel::{Channel, Ended, Talk};
use crate::internet::tls::TlsStream;
use crate::internet::wire::Wire;
use crate::plan::without_tokens;
use crate::recorder::Teller;

/// Commands in one connection; nobody needs so many.
const COMMAND_LIMIT: usize = 10_000;

/// Octets of a command that events show.
const SHOWN: usize = 512;

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
    pub(super) channel: Channel,
    pub(super) input: Input,
    /// The name of the message that the transaction is about.
    pub(super) message: Option<String>,
    /// The TLS version, inside TLS.
    pub(super) tls: Option<String>,
    /// The verb before, or `greeting`.
    pub(super) follows: String,
    /// What was read of the line below TLS.
    pub(super) plaintext: Listener,
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
        let audience = Audience {
            plaintext: true,
            attacker: setup.attacker.is_some(),
        };
        let plaintext = Listener::new(&canaries, setup.recorder.clone(), teller, audience);
        let ear = plaintext.clone();
        let wire = wire.overheard_by(move |bytes| ear.hear(bytes));
        Self {
            channel: Channel::new(wire, &setup.clock),
            setup,
            input: Input::default(),
            message: None,
            tls: None,
            follows: "greeting".into(),
            plaintext,
            canaries,
            connection,
            commands: 0,
        }
    }

    /// From here on another stream of bytes: TLS of this version.
    pub(super) fn go_inside_tls(&mut self, stream: Box<dyn TlsStream>, version: String) {
        self.channel.go_inside_tls(stream);
        self.tls = Some(version);
        self.plaintext.stop();
        let attacker = self.setup.attacker.as_ref();
        let audience = Audience {
            plaintext: false,
            attacker: attacker.is_some_and(|attacker| attacker.certificate.is_some()),
        };
        let recorder = self.setup.recorder.clone();
        let inside = Listener::new(&self.canaries, recorder, self.teller(), audience);
        self.channel.overheard_by(move |bytes| inside.hear(bytes));
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
        let bytes = match self.channel.read().await {
            Ok(bytes) => bytes,
            Err(Ended::ByReceiver) => return Err(self.give_up(Standard::Idle).await),
            Err(ended) => return Err(ended),
        };
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

    /// Says a reply; `answered` is the verb it answers.
    pub(super) async fn say(&mut self, answered: &str, reply: &Reply) -> Talk<()> {
        self.channel.write(&reply.bytes("\r\n")).await?;
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
}

/// A command as events show it.
fn shown(text: &str) -> String {
    let text = without_tokens(text);
    let end = (0..=SHOWN.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}
