//! The receiver: it takes messages over from those who may send through this engine (RFC 5321 §4.1.4).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::{DomainName, MailDomain, Mailbox};
use crate::delivery::{DsnParameters, Message, NotTaken, Recipient};
use crate::outside::{BoxFuture, Outside, Stream};

use super::command::Command;
use super::lines::{LineFault, Lines};

/// The most octets of a command line: 512 and room for parameters (RFC 5321 §4.5.3.1.4, RFC 3461 §5, RFC 6531 §3.2).
const COMMAND_LIMIT: usize = 4_096;
/// The most octets of a message.
const CONTENT_LIMIT: usize = 32 * 1_024 * 1_024;
/// The most recipients of a transaction (RFC 5321 §4.5.3.1.8).
const RECIPIENT_LIMIT: usize = 1_000;
/// The most commands of a session that are wrong.
const ERROR_LIMIT: u32 = 20;
/// The most hosts that a message may have come through. Choice: the hundred that RFC 5321 §6.3 wants at least.
const HOP_LIMIT: usize = 100;
/// How long a session may be silent, or leave replies unread. Choice: an hour; RFC 5321 §4.5.3.2.7 wants at least five minutes.
const SILENCE_LIMIT: Duration = Duration::from_secs(3_600);

/// How long one who is turned away may take to hear it.
const TURNED_AWAY_LIMIT: Duration = Duration::from_secs(10);

/// The answer to an address beyond ASCII in a transaction without SMTPUTF8 (RFC 6531 §3.5).
const UTF8_ADDRESS: &str = "553 5.6.7 An address beyond ASCII needs SMTPUTF8";

/// A message that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The message, its trace field on top.
    pub(crate) message: Message,
    /// For whom.
    pub(crate) recipients: Vec<Recipient>,
}

/// Takes messages over.
#[derive(Clone)]
pub(crate) struct Receiver {
    outside: Outside,
    hostname: DomainName,
    keep: Keep,
    closing: Closing,
}

/// Takes a message over for good: it is stored when this ends well.
pub(crate) type Keep = Arc<dyn Fn(Taken) -> BoxFuture<Result<(), NotTaken>> + Send + Sync>;

/// Waits until no further command is to be carried out.
pub(crate) type Closing = Arc<dyn Fn() -> BoxFuture<()> + Send + Sync>;

/// A transaction that has begun.
struct Transaction {
    sender: Option<Mailbox>,
    smtputf8: bool,
    dsn: DsnParameters,
    recipients: Vec<Recipient>,
}

impl Transaction {
    /// Whether it may name a mailbox: one beyond ASCII needs SMTPUTF8 (RFC 6531 §3.5).
    fn may_name(&self, mailbox: &Mailbox) -> bool {
        self.smtputf8 || mailbox.as_str().is_ascii()
    }
}

/// What a session knows of itself.
struct Session<'r> {
    receiver: &'r Receiver,
    lines: Lines,
    from: SocketAddr,
    greeted: Option<(String, &'static str)>,
    transaction: Option<Transaction>,
    errors: u32,
}

/// Why a session ends.
enum End {
    /// QUIT was answered.
    Quit,
    /// The other side is gone, too silent or too wrong.
    Gone,
}

impl Receiver {
    /// A receiver that hands what it takes to `keep` before it answers 250.
    #[must_use]
    pub(crate) fn new(
        outside: Outside,
        hostname: DomainName,
        keep: Keep,
        closing: Closing,
    ) -> Self {
        Self {
            outside,
            hostname,
            keep,
            closing,
        }
    }

    /// Tells one who comes while there are too many sessions to come back later (RFC 5321 §3.8).
    pub(crate) async fn turn_away(&self, stream: Box<dyn Stream>) {
        let mut lines = Lines::new(stream);
        let told = lines.write(b"421 4.3.2 Too many sessions, come back later\r\n");
        // Who does not listen is turned away all the same.
        let _ = self.outside.within(TURNED_AWAY_LIMIT, told).await;
        let _ = lines.close().await;
    }

    /// Carries out one session.
    pub(crate) async fn serve(&self, stream: Box<dyn Stream>, from: SocketAddr) {
        let mut session = Session {
            receiver: self,
            lines: Lines::new(stream),
            from,
            greeted: None,
            transaction: None,
            errors: 0,
        };
        let greeting = format!("220 {} ESMTP", self.hostname);
        if session.say(&greeting).await.is_ok() {
            while session.next_command().await.is_ok() {}
        }
        let _ = session.lines.close().await;
    }
}

impl Session<'_> {
    async fn next_command(&mut self) -> Result<(), End> {
        let line = {
            let outside = &self.receiver.outside;
            let line = outside.within(SILENCE_LIMIT, self.lines.next(COMMAND_LIMIT));
            match select((self.receiver.closing)(), std::pin::pin!(line)).await {
                Either::Right((line, _)) => Some(line),
                Either::Left(_) => None,
            }
        };
        let Some(line) = line else {
            self.say("421 4.3.2 Going down, come back later").await?;
            return Err(End::Gone);
        };
        let line = match line {
            Ok(Ok(line)) => line,
            Ok(Err(LineFault::TooLong(_))) => {
                self.say("500 5.5.2 The line is too long").await?;
                return Err(End::Gone);
            }
            Ok(Err(_)) => return Err(End::Gone),
            Err(_) => {
                self.say("421 4.4.2 Too long silent").await?;
                return Err(End::Gone);
            }
        };
        match Command::parse(&line) {
            Ok(command) => self.carry_out(command).await,
            Err(error) => self.object(&error.to_string()).await,
        }
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::Ehlo(name) => {
                self.greeted = Some((name, "ESMTP"));
                self.transaction = None;
                let hostname = &self.receiver.hostname;
                let answer = format!(
                    "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {CONTENT_LIMIT}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                     250-ENHANCEDSTATUSCODES\r\n250 DSN"
                );
                self.say(&answer).await
            }
            Command::Helo(name) => {
                self.greeted = Some((name, "SMTP"));
                self.transaction = None;
                let answer = format!("250 {}", self.receiver.hostname);
                self.say(&answer).await
            }
            Command::Mail {
                sender,
                size,
                smtputf8,
                dsn,
            } => {
                let begun = Transaction {
                    sender,
                    smtputf8,
                    dsn,
                    recipients: Vec::new(),
                };
                self.mail(begun, size).await
            }
            Command::Rcpt {
                mailbox,
                notify,
                original,
            } => {
                let recipient = Recipient {
                    mailbox,
                    notify,
                    original,
                };
                self.rcpt(recipient).await
            }
            Command::Data => self.data().await,
            Command::Rset => {
                self.transaction = None;
                self.say("250 2.0.0 Forgotten").await
            }
            Command::Noop => self.say("250 2.0.0 Still here").await,
            Command::Vrfy => self.say("252 2.5.2 Send and see").await,
            Command::Quit => {
                self.say("221 2.0.0 Goodbye").await?;
                Err(End::Quit)
            }
        }
    }

    async fn mail(&mut self, begun: Transaction, size: Option<u64>) -> Result<(), End> {
        if self.greeted.is_none() || self.transaction.is_some() {
            return self
                .object("503 5.5.1 MAIL comes after EHLO and once")
                .await;
        }
        let fits = |size| usize::try_from(size).is_ok_and(|size| size <= CONTENT_LIMIT);
        if !size.is_none_or(fits) {
            return self.object("552 5.3.4 The message is too large").await;
        }
        if !begun.sender.iter().all(|sender| begun.may_name(sender)) {
            return self.object(UTF8_ADDRESS).await;
        }
        self.transaction = Some(begun);
        self.say("250 2.1.0 Sender taken").await
    }

    async fn rcpt(&mut self, recipient: Recipient) -> Result<(), End> {
        match &mut self.transaction {
            None => self.object("503 5.5.1 RCPT comes after MAIL").await,
            Some(open) if open.recipients.len() >= RECIPIENT_LIMIT => {
                self.object("452 4.5.3 Too many recipients").await
            }
            Some(open) if !open.may_name(&recipient.mailbox) => self.object(UTF8_ADDRESS).await,
            Some(open) => {
                open.recipients.push(recipient);
                self.say("250 2.1.5 Recipient taken").await
            }
        }
    }

    async fn data(&mut self) -> Result<(), End> {
        let Some(open) = self.transaction.take_if(|open| !open.recipients.is_empty()) else {
            return self.object("503 5.5.1 DATA comes after RCPT").await;
        };
        self.say("354 Go on, end with a dot").await?;
        let content = self
            .receiver
            .outside
            .within(SILENCE_LIMIT, self.lines.until_dot(CONTENT_LIMIT))
            .await
            .map_err(|_| End::Gone)?;
        let content = match content {
            Ok(content) => content,
            Err(LineFault::TooLong(_)) => {
                self.say("552 5.3.4 The message is too large").await?;
                return Err(End::Gone);
            }
            Err(_) => return Err(End::Gone),
        };
        if hops(&content) > HOP_LIMIT {
            return self
                .object("554 5.4.6 The message goes round in circles")
                .await;
        }
        let arrived = self.receiver.outside.clock.now();
        let mut kept = self.received_field(&open, arrived).into_bytes();
        kept.extend_from_slice(&content);
        let message = Message {
            sender: open.sender,
            content: kept.into(),
            smtputf8: open.smtputf8,
            dsn: open.dsn,
            arrived,
        };
        let taken = Taken {
            message,
            recipients: open.recipients,
        };
        match (self.receiver.keep)(taken).await {
            Ok(()) => self.say("250 2.0.0 Taken").await,
            Err(not_taken) => self.say(&not_taken.to_string()).await,
        }
    }

    /// The trace field (RFC 5321 §4.4).
    fn received_field(&self, open: &Transaction, arrived: SystemTime) -> String {
        let (name, protocol) = self
            .greeted
            .as_ref()
            .map_or(("unknown", "SMTP"), |(name, kind)| (name, *kind));
        let protocol = if open.smtputf8 { "UTF8SMTP" } else { protocol };
        let literal = MailDomain::Literal(self.from.ip());
        let date = OffsetDateTime::from(arrived)
            .format(&Rfc2822)
            .unwrap_or_default();
        let hostname = &self.receiver.hostname;
        format!(
            "Received: from {name} ({literal})\r\n\tby {hostname} with {protocol};\r\n\t{date}\r\n"
        )
    }

    async fn say(&mut self, text: &str) -> Result<(), End> {
        let line = format!("{text}\r\n");
        let written = self
            .receiver
            .outside
            .within(SILENCE_LIMIT, self.lines.write(line.as_bytes()));
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Refuses a command; a sender that is wrong too often is left.
    async fn object(&mut self, text: &str) -> Result<(), End> {
        self.errors += 1;
        if self.errors > ERROR_LIMIT {
            self.say("421 4.7.0 Too many errors").await?;
            return Err(End::Gone);
        }
        self.say(text).await
    }
}

/// How many trace fields a message has, one for each host that took it over (RFC 5321 §6.3).
fn hops(content: &[u8]) -> usize {
    content
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.trim_ascii().is_empty())
        .filter(|line| {
            line.get(..9)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"Received:"))
        })
        .count()
}
