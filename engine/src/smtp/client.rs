//! The sender's side of a session: greeting, EHLO, commands, each with the time that RFC 5321 §4.5.3.2 gives it.
//!
//! A limit holds for a whole reply, so that a receiver which sends it byte by byte cannot stretch it.

use std::time::Duration;

use crate::address::DomainName;
use crate::outside::{Outside, Stream};
use crate::traffic::Spoken;

use super::ehlo::Keywords;
use super::lines::{LineFault, Lines};
use super::reply::{Category, Reply, ReplyFault};

/// The most octets that are written under one time limit.
const BLOCK: usize = 64 * 1_024;

/// A moment of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// The greeting.
    Greeting,
    /// EHLO or HELO, before TLS.
    Hello,
    /// STARTTLS, up to its reply.
    StartTls,
    /// EHLO inside TLS.
    HelloInTls,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The content on its way.
    Content,
    /// The final dot.
    EndOfData,
    /// QUIT or RSET.
    Leaving,
}

impl Stage {
    /// How long the receiver has (RFC 5321 §4.5.3.2; two minutes for STARTTLS, half a minute for the last words).
    #[must_use]
    pub(crate) fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Greeting | Self::Hello | Self::HelloInTls | Self::Mail | Self::Rcpt => 5 * 60,
            Self::StartTls | Self::Data => 2 * 60,
            Self::Content => 3 * 60,
            Self::EndOfData => 10 * 60,
            Self::Leaving => 30,
        })
    }

    /// How notices speak of it.
    #[must_use]
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Greeting => "the greeting",
            Self::Hello | Self::HelloInTls => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Content => "the message",
            Self::EndOfData => "the end of the message",
            Self::Leaving => "QUIT",
        }
    }
}

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SessionFault {
    /// No reply in time.
    #[error("no answer to {} in time", .0.told())]
    TimeLimit(Stage),
    /// The reply cannot be read, or never came.
    #[error("at {}: {source}", .stage.told())]
    Reply {
        /// When.
        stage: Stage,
        /// Why.
        #[source]
        source: ReplyFault,
    },
    /// Nothing could be written.
    #[error("at {}: the connection broke: {source}", .stage.told())]
    Write {
        /// When.
        stage: Stage,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl SessionFault {
    /// When it happened.
    #[must_use]
    pub(crate) fn stage(&self) -> Stage {
        match self {
            Self::TimeLimit(stage) | Self::Reply { stage, .. } | Self::Write { stage, .. } => {
                *stage
            }
        }
    }

    /// Whether the connection is gone, be it that TLS broke or what is below it.
    #[must_use]
    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Write { .. } => true,
            Self::Reply { source, .. } => matches!(
                source,
                ReplyFault::Line(LineFault::Closed | LineFault::Broken(_))
            ),
            Self::TimeLimit(_) => false,
        }
    }

    /// Whether the receiver answered, but not in SMTP.
    #[must_use]
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(self, Self::Reply { .. }) && !self.is_end()
    }
}

/// A session, seen from the sender.
pub(crate) struct Client {
    outside: Outside,
    lines: Lines,
    tls: Option<Spoken>,
}

impl Client {
    /// Nothing is said yet.
    #[must_use]
    pub(crate) fn new(outside: Outside, stream: Box<dyn Stream>) -> Self {
        Self {
            outside,
            lines: Lines::new(stream),
            tls: None,
        }
    }

    /// The same inside TLS.
    #[must_use]
    pub(crate) fn inside(mut self, tls: Spoken) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What TLS the session has.
    #[must_use]
    pub(crate) fn tls(&self) -> Option<Spoken> {
        self.tls
    }

    /// Waits for a reply.
    ///
    /// # Errors
    /// `SessionFault` when none comes in time.
    pub(crate) async fn reply(&mut self, stage: Stage) -> Result<Reply, SessionFault> {
        let reply = self
            .outside
            .within(stage.limit(), Reply::read(&mut self.lines))
            .await;
        let reply = reply
            .map_err(|_| SessionFault::TimeLimit(stage))?
            .map_err(|source| SessionFault::Reply { stage, source })?;
        tracing::debug!(?stage, reply = %reply.told(), "reply");
        Ok(reply)
    }

    /// Sends a command line and waits for its reply.
    ///
    /// # Errors
    /// `SessionFault` when none comes in time.
    pub(crate) async fn command(
        &mut self,
        stage: Stage,
        line: &str,
    ) -> Result<Reply, SessionFault> {
        tracing::debug!(?stage, line, "command");
        self.write(stage, format!("{line}\r\n").as_bytes()).await?;
        self.reply(stage).await
    }

    /// Says who we are, by EHLO, or by HELO to a receiver that does not know EHLO (RFC 5321 §3.2).
    ///
    /// # Errors
    /// The outer error is a session that cannot go on, the inner one a receiver that refuses.
    pub(crate) async fn hello(
        &mut self,
        stage: Stage,
        own: &DomainName,
    ) -> Result<Result<Keywords, Reply>, SessionFault> {
        let reply = self.command(stage, &format!("EHLO {own}")).await?;
        match (reply.category(), reply.code()) {
            (Category::Completed, _) => return Ok(Ok(Keywords::of(&reply))),
            (Category::Permanent, 500..=504 | 550) => {}
            _ => return Ok(Err(reply)),
        }
        let reply = self.command(stage, &format!("HELO {own}")).await?;
        Ok(match reply.category() {
            Category::Completed => Ok(Keywords::of_helo(&reply)),
            _ => Err(reply),
        })
    }

    /// Writes content, block by block, each with the time of a block.
    ///
    /// # Errors
    /// `SessionFault` when the receiver takes none of it in time.
    pub(crate) async fn write(&mut self, stage: Stage, bytes: &[u8]) -> Result<(), SessionFault> {
        for block in bytes.chunks(BLOCK) {
            self.outside
                .within(stage.limit(), self.lines.write(block))
                .await
                .map_err(|_| SessionFault::TimeLimit(stage))?
                .map_err(|source| SessionFault::Write { stage, source })?;
        }
        Ok(())
    }

    /// Says QUIT and closes the connection in order. What goes wrong here no longer matters to the message.
    pub(crate) async fn quit(mut self) {
        if let Err(fault) = self.command(Stage::Leaving, "QUIT").await {
            tracing::debug!(%fault, "left without an answer to QUIT");
            return;
        }
        let _ = self
            .outside
            .within(Stage::Leaving.limit(), self.lines.close())
            .await;
    }

    /// The connection, for a handshake. What was read ahead in plaintext is thrown away (RFC 3207 §6).
    #[must_use]
    pub(crate) fn into_stream(self) -> Box<dyn Stream> {
        let (stream, thrown_away) = self.lines.into_stream();
        if thrown_away > 0 {
            tracing::warn!(
                octets = thrown_away,
                "plaintext behind the answer to STARTTLS was thrown away"
            );
        }
        stream
    }
}
