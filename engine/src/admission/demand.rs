//! What the rules ask of a message, by whom it claims to come from and for whom it is.

use crate::Service;
use crate::address::{MailDomain, Mailbox};
use crate::settings::{ListEntry, Rule, Settings};

use super::session::{Envelope, SessionFacts};

/// A rule that binds a message, and the From sender for whose sake it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding<'s> {
    /// The rule.
    pub(super) rule: &'s Rule,
    /// The listed From sender.
    pub(super) sender: &'s Mailbox,
}

impl Binding<'_> {
    /// Whether it asks that the sender be authenticated: an entry that names him does.
    ///
    /// Choice: an unauthenticated sender of such an entry is rejected. The page says no more than that the requirement is
    /// checked; if the rule merely did not bind him, anybody could forge the sender and come in plaintext.
    #[must_use]
    pub(super) fn asks_authentication(&self) -> bool {
        asks_authentication(self.rule, self.sender)
    }

    /// Whether the rule asks for a certificate.
    #[must_use]
    pub(super) fn asks_certificate(&self) -> bool {
        let switches = self.rule.switches;
        switches.require_ca_signed || switches.validate_hostname
    }

    /// Whether it asks for TLS; a session in plaintext has no certificate that could be judged.
    #[must_use]
    pub(super) fn asks_tls(&self) -> bool {
        self.rule.switches.require_tls || self.asks_certificate()
    }
}

/// The rules that bind mail which comes in. All of them hold: what one asks another does not take back.
///
/// Choice: a message has one reply at the end of its data, so a rule that binds it for one recipient decides for all. A
/// rule of a unit binds mail for recipients of that unit (RFC 5321 §3.3 knows no reply of a recipient's own there).
/// Mail for recipients elsewhere does not come in, and mail of the engine's own trusted users never does.
#[must_use]
pub(super) fn inbound<'s>(
    settings: &'s Settings,
    session: &SessionFacts,
    envelope: Envelope<'_>,
    senders: &'s [Mailbox],
) -> Vec<Binding<'s>> {
    if session.service == Service::Injection {
        return Vec::new();
    }
    let domains = envelope.recipients.iter().map(|one| one.mailbox.domain());
    // Looked for once and not for each rule: there may be thousands of both.
    let own: Vec<&MailDomain> = domains
        .filter(|domain| settings.receiving.domains.contains(domain))
        .collect();
    let concerns = |rule: &Rule| {
        rule.applies.inbound
            && own.iter().any(|domain| match &rule.unit {
                None => true,
                Some(unit) => **domain == MailDomain::Name(unit.clone()),
            })
    };
    let mut bindings = Vec::new();
    for rule in settings.rules.iter().filter(|rule| concerns(rule)) {
        for sender in senders.iter().filter(|sender| rule.list.covers(sender)) {
            bindings.push(Binding { rule, sender });
        }
    }
    bindings
}

/// The first rule that wants the sender of mail to one of the recipients elsewhere authenticated.
///
/// Choice: here too one rule decides for all recipients, while the sender is still there to be told.
#[must_use]
pub(super) fn outbound_authentication<'s>(
    settings: &'s Settings,
    envelope: Envelope<'_>,
) -> Option<&'s Rule> {
    let leaves = |mailbox: &&Mailbox| !settings.receiving.domains.contains(mailbox.domain());
    let recipients = envelope.recipients.iter().map(|one| &one.mailbox);
    let elsewhere: Vec<&Mailbox> = recipients.filter(leaves).collect();
    settings.rules.iter().find(|rule| {
        elsewhere.iter().any(|mailbox| {
            rule.binds(envelope.sender, mailbox) && asks_authentication(rule, mailbox)
        })
    })
}

/// Whether an entry of the rule that names this mailbox asks for sender authentication.
fn asks_authentication(rule: &Rule, mailbox: &Mailbox) -> bool {
    let asks = |entry: &ListEntry| entry.authenticated && entry.names(mailbox);
    rule.list.entries().iter().any(asks)
}
