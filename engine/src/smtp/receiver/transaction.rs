//! MAIL and RCPT: who may send what to whom.
//!
//! A message from everybody is taken for the engine's own domains alone; whoever is trusted or has logged in may send to all.
//! Domains that take no mail are neither sent to nor sent from (RFC 7505 §4).

use crate::address::{MailDomain, Mailbox};
use crate::delivery::{DsnParameters, Recipient};
use crate::engine::Service;
use crate::route::takes_no_mail;

use super::super::command::{MailParameters, Path, RcptParameters};
use super::content::CONTENT_LIMIT;
use super::session::{End, Session};

/// The most recipients of a transaction (RFC 5321 §4.5.3.1.8).
const RECIPIENT_LIMIT: usize = 1_000;

/// The answer to an address beyond ASCII in a transaction without SMTPUTF8 (RFC 6531 §3.5).
const UTF8_ADDRESS: &str = "553 5.6.7 An address beyond ASCII needs SMTPUTF8";

/// A transaction that has begun.
pub(super) struct Transaction {
    pub(super) sender: Option<Mailbox>,
    pub(super) smtputf8: bool,
    pub(super) dsn: DsnParameters,
    pub(super) requires_tls: bool,
    pub(super) recipients: Vec<Recipient>,
}

impl Transaction {
    /// Whether it may name a mailbox: one beyond ASCII needs SMTPUTF8 (RFC 6531 §3.5).
    fn may_name(&self, mailbox: &Mailbox) -> bool {
        self.smtputf8 || mailbox.as_str().is_ascii()
    }
}

impl Session<'_> {
    /// MAIL.
    pub(super) async fn mail(&mut self, parameters: MailParameters) -> Result<(), End> {
        let MailParameters {
            sender,
            size,
            smtputf8,
            dsn,
            requires_tls,
        } = parameters;
        if self.other.greeting.is_none() || self.transaction.is_some() {
            return self
                .object("503 5.5.1 MAIL comes after EHLO and once")
                .await;
        }
        if self.other.is_submission() && self.other.user.is_none() {
            return self.object("530 5.7.0 Log in first").await;
        }
        if requires_tls && let Some(refusal) = self.refusal_of_requiretls() {
            return self.object(refusal).await;
        }
        let fits = |size| usize::try_from(size).is_ok_and(|size| size <= CONTENT_LIMIT);
        if !size.is_none_or(fits) {
            return self.object("552 5.3.4 The message is too large").await;
        }
        let begun = Transaction {
            sender,
            smtputf8,
            dsn,
            requires_tls,
            recipients: Vec::new(),
        };
        if !begun.sender.iter().all(|sender| begun.may_name(sender)) {
            return self.object(UTF8_ADDRESS).await;
        }
        if let Some(sender) = &begun.sender
            && self.is_dead_end(sender.domain()).await
        {
            return self
                .object("550 5.7.27 The domain of the sender takes no mail")
                .await;
        }
        self.transaction = Some(begun);
        self.say("250 2.1.0 Sender taken").await
    }

    /// RCPT.
    pub(super) async fn rcpt(&mut self, parameters: RcptParameters) -> Result<(), End> {
        let RcptParameters {
            to,
            notify,
            original,
        } = parameters;
        let mailbox = match to {
            Path::Mailbox(mailbox) => Some(mailbox),
            Path::Postmaster => self.postmaster(),
        };
        let Some(open) = &self.transaction else {
            return self.object("503 5.5.1 RCPT comes after MAIL").await;
        };
        if open.recipients.len() >= RECIPIENT_LIMIT {
            return self.object("452 4.5.3 Too many recipients").await;
        }
        let Some(mailbox) = mailbox else {
            return self.object("550 5.1.1 There is no such mailbox").await;
        };
        if !open.may_name(&mailbox) {
            return self.object(UTF8_ADDRESS).await;
        }
        if !self.may_send_to(mailbox.domain()) {
            return self.object("550 5.7.1 Relaying denied").await;
        }
        if self.is_dead_end(mailbox.domain()).await {
            return self
                .object("556 5.1.10 The domain of the recipient takes no mail")
                .await;
        }
        if let Some(open) = &mut self.transaction {
            open.recipients.push(Recipient {
                mailbox,
                notify,
                original,
            });
        }
        self.say("250 2.1.5 Recipient taken").await
    }

    /// The recipient without a domain (RFC 5321 §4.5.1): that of the first own domain.
    fn postmaster(&self) -> Option<Mailbox> {
        let workshop = self.receiver.workshop();
        let domain = workshop.settings.receiving.domains.first()?;
        Mailbox::parse(&format!("postmaster@{domain}")).ok()
    }

    /// Strangers send to the engine's own domains alone; those who have logged in were asked for it at MAIL.
    fn may_send_to(&self, domain: &MailDomain) -> bool {
        let workshop = self.receiver.workshop();
        self.other.service != Service::Mx || workshop.settings.receiving.domains.contains(domain)
    }

    /// Whether a domain says that it takes no mail (RFC 7505 §3). A DNS that gives no answer refuses nobody.
    ///
    /// Choice: mail of the engine's own users is not held up by it; they are told by a notice.
    async fn is_dead_end(&mut self, domain: &MailDomain) -> bool {
        let workshop = self.receiver.workshop();
        match (self.other.service, domain) {
            (Service::Injection, _) | (_, MailDomain::Literal(_)) => false,
            (_, MailDomain::Name(name)) => takes_no_mail(&workshop.resolver, name).await,
        }
    }
}
