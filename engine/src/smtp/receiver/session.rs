//! A session, from the greeting to the end: commands are read one by one, in the order in which they came, and each has its
//! reply before the next is looked at (RFC 2920 §3.2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::address::DomainName;
use crate::delivery::{NotTaken, Workshop};
use crate::engine::Service;
use crate::outside::{BoxFuture, Outside, Stream};

use super::super::command::Command;
use super::super::lines::{LineFault, Lines};
use super::content::{CONTENT_LIMIT, Taken};
use super::other_side::{Greeting, OtherSide};
use super::transaction::Transaction;

/// The most octets of a command line: 512 and room for parameters (RFC 5321 §4.5.3.1.4, RFC 3461 §5, RFC 6531 §3.2).
const COMMAND_LIMIT: usize = 4_096;
/// The most commands of a session that are wrong.
const ERROR_LIMIT: u32 = 20;
/// How long a session may be silent, or leave replies unread. Choice: an hour; RFC 5321 §4.5.3.2.7 wants at least five minutes.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_secs(3_600);

/// How long one who is turned away may take to hear it.
const TURNED_AWAY_LIMIT: Duration = Duration::from_secs(10);

/// What a receiver asks of the engine that it belongs to.
pub(crate) struct Host {
    /// Takes a message over for good: it is stored when this ends well.
    pub(crate) keep: Box<dyn Fn(Taken) -> BoxFuture<Result<(), NotTaken>> + Send + Sync>,
    /// Waits until no further command is to be carried out.
    pub(crate) closing: Box<dyn Fn() -> BoxFuture<()> + Send + Sync>,
    /// The settings of the moment, and what was made of them.
    pub(crate) workshop: Box<dyn Fn() -> Arc<Workshop> + Send + Sync>,
}

/// Takes messages over at one address.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(super) outside: Outside,
    pub(super) hostname: DomainName,
    pub(super) host: Arc<Host>,
    service: Service,
}

/// What a session knows of itself.
pub(super) struct Session<'r> {
    pub(super) receiver: &'r Receiver,
    pub(super) lines: Lines,
    pub(super) other: OtherSide,
    pub(super) transaction: Option<Transaction>,
    pub(super) failed_logins: u32,
    errors: u32,
}

/// Why a session ends.
pub(super) enum End {
    /// QUIT was answered.
    Quit,
    /// The other side is gone, too silent or too wrong.
    Gone,
}

impl Receiver {
    /// A receiver for one service of the engine.
    #[must_use]
    pub(crate) fn new(
        outside: Outside,
        hostname: DomainName,
        service: Service,
        host: Host,
    ) -> Self {
        Self {
            outside,
            hostname,
            host: Arc::new(host),
            service,
        }
    }

    /// The settings of the moment, and what was made of them.
    pub(super) fn workshop(&self) -> Arc<Workshop> {
        (self.host.workshop)()
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
            other: OtherSide::new(self.service, from),
            transaction: None,
            failed_logins: 0,
            errors: 0,
        };
        if session.begin().await.is_ok() {
            while session.next_command().await.is_ok() {}
        }
        let _ = session.lines.close().await;
    }
}

impl Session<'_> {
    async fn begin(&mut self) -> Result<(), End> {
        if self.other.service == Service::Submissions {
            self.secure().await?;
        }
        let greeting = format!("220 {} ESMTP", self.receiver.hostname);
        self.say(&greeting).await
    }

    async fn next_command(&mut self) -> Result<(), End> {
        let line = self.next_line(COMMAND_LIMIT).await?;
        if let Some(refusal) = self.demand(&line) {
            return self.object(refusal).await;
        }
        match Command::parse(&line) {
            Ok(command) => self.carry_out(command).await,
            Err(error) => self.object(&error.to_string()).await,
        }
    }

    /// The next line of the other side.
    pub(super) async fn next_line(&mut self, limit: usize) -> Result<Vec<u8>, End> {
        let line = {
            let outside = &self.receiver.outside;
            let line = outside.within(SILENCE_LIMIT, self.lines.next(limit));
            match select((self.receiver.host.closing)(), std::pin::pin!(line)).await {
                Either::Right((line, _)) => Some(line),
                Either::Left(_) => None,
            }
        };
        let Some(line) = line else {
            self.say("421 4.3.2 Going down, come back later").await?;
            return Err(End::Gone);
        };
        match line {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(LineFault::TooLong(_))) => {
                self.say("500 5.5.2 The line is too long").await?;
                Err(End::Gone)
            }
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                self.say("421 4.4.2 Too long silent").await?;
                Err(End::Gone)
            }
        }
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::Ehlo(name) => {
                self.greet(name, true);
                let answer = self.keywords();
                self.say(&answer).await
            }
            Command::Helo(name) => {
                self.greet(name, false);
                let answer = format!("250 {}", self.receiver.hostname);
                self.say(&answer).await
            }
            Command::StartTls => self.start_tls().await,
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial).await,
            Command::Mail(parameters) => self.mail(parameters).await,
            Command::Rcpt(parameters) => self.rcpt(parameters).await,
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

    fn greet(&mut self, name: String, is_extended: bool) {
        self.other.greeting = Some(Greeting { name, is_extended });
        self.transaction = None;
    }

    /// The answer to EHLO. STARTTLS stands in it outside TLS alone (RFC 3207 §4.2), AUTH inside alone (RFC 4954 §4),
    /// and so does REQUIRETLS (RFC 8689 §2).
    fn keywords(&self) -> String {
        let hostname = &self.receiver.hostname;
        let mut answer = format!(
            "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {CONTENT_LIMIT}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
        );
        if self.can_start_tls() {
            answer.push_str("250-STARTTLS\r\n");
        }
        if self.can_log_in() {
            answer.push_str("250-AUTH PLAIN LOGIN\r\n");
        }
        if self.can_require_tls() {
            answer.push_str("250-REQUIRETLS\r\n");
        }
        answer.push_str("250-ENHANCEDSTATUSCODES\r\n250 DSN");
        answer
    }

    pub(super) async fn say(&mut self, text: &str) -> Result<(), End> {
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
    pub(super) async fn object(&mut self, text: &str) -> Result<(), End> {
        self.errors += 1;
        if self.errors > ERROR_LIMIT {
            self.say("421 4.7.0 Too many errors").await?;
            return Err(End::Gone);
        }
        self.say(text).await
    }
}
