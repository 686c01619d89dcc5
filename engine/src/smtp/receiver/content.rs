//! DATA: the content of a message, and its taking over.

use crate::address::Mailbox;
use crate::admission::{self, Envelope};
use crate::delivery::{Message, Recipient, TlsTag};
use crate::trace::Passage;
use crate::traffic::{Direction, Spoken};

use super::super::lines::LineFault;
use super::session::{End, SILENCE_LIMIT, Session};
use super::transaction::Transaction;

/// The most octets of a message.
pub(super) const CONTENT_LIMIT: usize = 32 * 1_024 * 1_024;
/// The most hosts that a message may have come through. Choice: the hundred that RFC 5321 §6.3 wants at least.
const HOP_LIMIT: usize = 100;

/// A message that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The message, its trace field on top.
    pub(crate) message: Message,
    /// For whom.
    pub(crate) recipients: Vec<Recipient>,
}

impl Session<'_> {
    /// DATA.
    pub(super) async fn data(&mut self) -> Result<(), End> {
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
        let workshop = self.receiver.workshop();
        let envelope = Envelope {
            sender: open.sender.as_ref(),
            recipients: &open.recipients,
        };
        let facts = self.other.facts();
        if let Err(rejection) = admission::judge(&workshop, &facts, envelope, &content).await {
            let from = self.other.from;
            tracing::warn!(%from, rule = rejection.rule, %rejection, "a message was rejected");
            return self.object(&rejection.to_string()).await;
        }
        let sender = open.sender.clone();
        let taken = self.traced(open, &content);
        let recipients = taken.recipients.clone();
        match (self.receiver.host.keep)(taken).await {
            Ok(()) => {
                self.tell(sender.as_ref(), recipients.len());
                self.say("250 2.0.0 Taken").await?;
                let inbox = &workshop.inbox;
                inbox.look_at(&workshop, &recipients, &content).await;
                Ok(())
            }
            Err(not_taken) => self.say(&not_taken.to_string()).await,
        }
    }

    /// The message with its trace field on top.
    fn traced(&self, open: Transaction, content: &[u8]) -> Taken {
        let arrived = self.receiver.outside.clock.now();
        let other = &self.other;
        let greeting = other.greeting.as_ref();
        let passage = Passage {
            name: greeting.map_or("unknown", |greeting| &greeting.name),
            address: other.from.ip(),
            by: &self.receiver.hostname,
            is_extended: greeting.is_some_and(|greeting| greeting.is_extended),
            smtputf8: open.smtputf8,
            is_authenticated: other.user.is_some(),
            tls: other.tls.as_ref(),
            is_submission: other.is_submission(),
            at: arrived,
        };
        let mut kept = passage.field().into_bytes();
        kept.extend_from_slice(content);
        Taken {
            message: Message {
                sender: open.sender,
                content: kept.into(),
                smtputf8: open.smtputf8,
                dsn: open.dsn,
                tls: TlsTag::on_receipt(open.requires_tls, content),
                is_report: false,
                arrived,
            },
            recipients: open.recipients,
        }
    }

    /// Counts a message that was taken, and says in one line how it came.
    fn tell(&self, sender: Option<&Mailbox>, recipients: usize) {
        let other = &self.other;
        let tls = other.tls.as_ref();
        let spoken = tls.map(|tls| Spoken::new(tls.version, tls.suite));
        self.receiver
            .workshop()
            .meter
            .count(Direction::Inbound, spoken);
        let version = spoken.map_or_else(|| "none".to_owned(), |tls| tls.version.to_string());
        tracing::info!(
            from = %other.from,
            service = ?other.service,
            sender = sender.map_or("", Mailbox::as_str),
            recipients,
            user = other.user.as_deref(),
            version,
            cipher = spoken.map_or("none", |tls| tls.cipher),
            "a message came in"
        );
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
