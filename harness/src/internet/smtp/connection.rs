//! One connection from accept to its end: carries out what the session's table asks for.
//!
//! The moments of SCENARIOS §6 are named here, and only named: what a fault makes of them stands in `deeds`.

use std::sync::Arc;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, Family, Host, Moment, StartTls, Tampering};
use tokio::sync::watch;

use super::attacker;
use super::command::{Command, Path};
use super::conversation::{Conversation, Heard};
use super::fake::Standing;
use super::keywords::Keywords;
use super::met;
use super::replies::{self, Reply, Standard, is_positive};
use super::session::{Act, State};
use super::transaction::Transaction;
use crate::internet::channel::{Ended, Talk};
use crate::internet::tls::ServerTls;
use crate::internet::wire::Wire;

/// A session under way.
pub(super) struct Session {
    pub(super) talk: Conversation,
    pub(super) host: Host,
    pub(super) tls: Arc<ServerTls>,
    pub(super) state: State,
    /// What the host listed in its last EHLO answer, whatever an attacker made of it.
    pub(super) keywords: Keywords,
    pub(super) transaction: Option<Transaction>,
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(standing: Arc<Standing>, wire: Wire, mut closing: watch::Receiver<()>) {
    let setup = Arc::clone(&standing.setup);
    let number = setup.connections.next(&setup.name);
    let (host, tls) = standing.host(number);
    let talk = Conversation::new(setup, wire, number, Arc::clone(&standing.canaries));
    let mut session = Session {
        talk,
        host,
        tls,
        state: State::Start,
        keywords: Keywords::default(),
        transaction: None,
    };
    let ended = tokio::select! {
        biased;
        // A sender that is gone already is not told to go.
        ended = session.run() => ended,
        _ = closing.changed() => Ended::AtOnce,
    };
    if let Some(by) = ended.by() {
        let follows = session.talk.follows.clone();
        session.talk.tell(What::Disconnect { by, follows });
    }
    tokio::select! {
        () = session.talk.channel.part(ended) => {}
        _ = closing.changed() => {}
    }
}

impl Session {
    async fn run(&mut self) -> Ended {
        match self.converse().await {
            Ok(ended) | Err(ended) => ended,
        }
    }

    async fn converse(&mut self) -> Talk<Ended> {
        self.connect().await?;
        if self.host.implicit_tls {
            self.begin_tls().await?;
        }
        self.greet().await?;
        loop {
            let command = match self.talk.hear().await? {
                Heard::Command(command) => command,
                Heard::TooLong => {
                    self.talk.say("?", &Standard::LineTooLong.reply()).await?;
                    continue;
                }
            };
            self.note_message(&command);
            self.talk.tell_command(&command, self.talk.tls.is_some());
            if self.obey(&command).await? {
                return Ok(Ended::ByReceiver);
            }
        }
    }

    /// Tells of the connection; `refuse` is a reset at once, the nearest that a listening host can do.
    async fn connect(&mut self) -> Talk<()> {
        let setup = Arc::clone(&self.talk.setup);
        let fault = self.talk.fault(&Moment::Connect);
        let refused = fault
            .as_ref()
            .is_some_and(|fault| fault.deed == Deed::Refuse);
        let address = setup.host.addresses.get(setup.address_index);
        let family = address.map_or(Family::Ipv4, |address| address.family);
        self.talk.tell(What::Connect {
            family: family.word().into(),
            port: setup.host.port,
            address: setup.address_index + 1,
            refused,
            source: Some(self.talk.channel.source()),
        });
        let Some(fault) = fault else { return Ok(()) };
        let said = self.talk.do_instead(&fault, "connect", None).await?;
        if said.code == 421 {
            return Err(Ended::ByReceiver);
        }
        Ok(())
    }

    async fn greet(&mut self) -> Talk<()> {
        let greeting = replies::greeting(&self.talk.setup.name);
        let said = self
            .talk
            .answer(&[Moment::Greeting], "greeting", &greeting)
            .await?;
        if said.code >= 400 {
            self.state = State::Refused;
        }
        Ok(())
    }

    /// Carries out a command. True: the session is over.
    async fn obey(&mut self, command: &Command) -> Talk<bool> {
        let verb = command.spelled.as_str();
        match self.state.act(command.verb) {
            Act::Ehlo => self.ehlo(command).await?,
            Act::Helo => self.helo(command).await?,
            Act::StartTls => self.starttls(command).await?,
            Act::Sender => self.sender(command).await?,
            Act::Recipient => self.recipient(command).await?,
            Act::Content => self.content().await?,
            Act::Chunk => self.chunk(command, true).await?,
            Act::ChunkOutOfOrder => self.chunk(command, false).await?,
            Act::Reset => {
                self.end_transaction();
                self.say(verb, Standard::Done).await?;
            }
            Act::Nothing => self.say(verb, Standard::Done).await?,
            Act::Verify => self.say(verb, Standard::CannotVerify).await?,
            Act::Authenticate if self.keywords.lists("AUTH") => {
                self.say(verb, Standard::NoAccount).await?;
            }
            Act::Authenticate => self.say(verb, Standard::NotImplemented).await?,
            Act::OutOfOrder if verb == "STARTTLS" && !self.takes_starttls() => {
                self.say(verb, Standard::NotImplemented).await?;
            }
            Act::OutOfOrder => self.say(verb, Standard::BadSequence).await?,
            Act::NotRecognised => self.say(verb, Standard::NotRecognised).await?,
            Act::Quit => {
                let bye = Standard::Bye.reply();
                self.talk.answer(&[Moment::Quit], verb, &bye).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Which message a transaction is about, as soon as it can be known: a notice has no sender, but goes to the one
    /// it speaks to, and a message that was injected without a sender is known by its recipient.
    fn note_message(&mut self, command: &Command) {
        let label = match self.state.act(command.verb) {
            Act::Sender => "FROM:",
            Act::Recipient if self.talk.message.is_none() => "TO:",
            _ => return,
        };
        if let Some(path) = Path::parse(&command.argument, label) {
            let mail = &self.talk.setup.mail;
            let known = mail.message_of_sender(&path.address);
            let known = known.or_else(|| mail.message_without_sender_to(&path.address));
            self.talk.message = known.map(str::to_owned);
        }
    }

    pub(super) async fn say(&mut self, verb: &str, standard: Standard) -> Talk<()> {
        self.talk.say(verb, &standard.reply()).await
    }

    /// Forgets the transaction (RFC 5321 §4.1.1.5).
    pub(super) fn end_transaction(&mut self) {
        self.transaction = None;
        self.talk.message = None;
        self.state = self.state.without_transaction();
    }

    async fn ehlo(&mut self, command: &Command) -> Talk<()> {
        if command.argument.is_empty() {
            return self.say("EHLO", Standard::BadArgument).await;
        }
        let inside_tls = self.talk.tls.is_some();
        let setup = Arc::clone(&self.talk.setup);
        let attacker = attacker::writing(setup.attacker.as_ref(), inside_tls);
        let keywords = Keywords::of_host(&self.host, inside_tls);
        let passed = match attacker {
            Some(attacker) => keywords.clone().behind(attacker, inside_tls),
            None => keywords.clone(),
        };
        let moment = if inside_tls {
            Moment::EhloAfterTls
        } else {
            Moment::Ehlo
        };
        let reply = replies::ehlo(&setup.name, &passed);
        let said = self.talk.answer(&[moment], "EHLO", &reply).await?;
        if said.healthy {
            for difference in met::by_ehlo(&setup.shown_name, &self.host, attacker, inside_tls) {
                self.talk.met(&difference);
            }
        }
        if is_positive(said.code) {
            self.end_transaction();
            self.state = State::Ready;
            self.keywords = keywords;
        }
        Ok(())
    }

    async fn helo(&mut self, command: &Command) -> Talk<()> {
        if command.argument.is_empty() {
            return self.say("HELO", Standard::BadArgument).await;
        }
        let reply = replies::helo(&self.talk.setup.name);
        let said = self.talk.answer(&[Moment::Helo], "HELO", &reply).await?;
        if is_positive(said.code) {
            self.end_transaction();
            self.state = State::Ready;
            self.keywords = Keywords::default();
        }
        Ok(())
    }

    /// Would STARTTLS work here before TLS?
    fn takes_starttls(&self) -> bool {
        let attacker = self.talk.setup.attacker.as_ref();
        self.host.starttls != StartTls::Absent
            && attacker.is_none_or(|attacker| attacker.starttls != Tampering::Stripped)
    }

    async fn starttls(&mut self, command: &Command) -> Talk<()> {
        // RFC 3207 §4: no second TLS inside the first, and no parameters.
        if self.talk.tls.is_some() {
            return self.say("STARTTLS", Standard::BadSequence).await;
        }
        if !self.takes_starttls() {
            return self.say("STARTTLS", Standard::NotImplemented).await;
        }
        if !command.argument.is_empty() {
            return self.say("STARTTLS", Standard::BadArgument).await;
        }
        let ready = Standard::ReadyForTls.reply();
        let said = self
            .talk
            .answer(&[Moment::Starttls], "STARTTLS", &ready)
            .await?;
        if said.code == 220 {
            self.begin_tls().await?;
        }
        Ok(())
    }

    async fn sender(&mut self, command: &Command) -> Talk<()> {
        let Some(path) = Path::parse(&command.argument, "FROM:") else {
            return self.say("MAIL", Standard::BadArgument).await;
        };
        match Transaction::begin(&path, &self.keywords) {
            Err(refusal) => {
                self.say("MAIL", refusal).await?;
                self.talk.message = None;
            }
            Ok(transaction) => {
                let ok = Standard::SenderOk.reply();
                let said = self.talk.answer(&[Moment::Mail], "MAIL", &ok).await?;
                if is_positive(said.code) {
                    self.transaction = Some(transaction);
                    self.state = State::Sender;
                } else {
                    self.talk.message = None;
                }
            }
        }
        Ok(())
    }

    async fn recipient(&mut self, command: &Command) -> Talk<()> {
        let (Some(path), Some(transaction)) =
            (Path::parse(&command.argument, "TO:"), &self.transaction)
        else {
            return self.say("RCPT", Standard::BadArgument).await;
        };
        let is_planned = self.talk.setup.mail.knows_recipient(&path.address);
        if let Err(refusal) = transaction.check_recipient(&path, &self.keywords, is_planned) {
            return self.say("RCPT", refusal).await;
        }
        let ok: Reply = Standard::RecipientOk.reply();
        let said = self.talk.answer(&[Moment::Rcpt], "RCPT", &ok).await?;
        if let (true, Some(transaction)) = (is_positive(said.code), &mut self.transaction) {
            transaction.to.push(path.address);
            self.state = State::Recipients;
        }
        Ok(())
    }
}
