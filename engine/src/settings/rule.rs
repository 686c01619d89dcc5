//! A TLS compliance rule: whom it speaks of, and what it asks of the session.

use crate::address::{DomainName, MailDomain, Mailbox};

use super::AddressList;

/// A TLS compliance rule for mail that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The recipients it speaks of.
    pub list: AddressList,
    /// What it asks.
    pub switches: Switches,
    /// If said, it binds only mail whose envelope sender is of this domain.
    pub unit: Option<DomainName>,
}

impl Rule {
    /// Whether the rule binds mail of this envelope sender (none is the null sender) to this recipient.
    #[must_use]
    pub fn binds(&self, sender: Option<&Mailbox>, recipient: &Mailbox) -> bool {
        let of_unit = self.unit.as_ref().is_none_or(|unit| {
            sender.is_some_and(|mailbox| *mailbox.domain() == MailDomain::Name(unit.clone()))
        });
        of_unit && self.list.covers(recipient)
    }
}

/// The three switches of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// No delivery without TLS.
    pub require_tls: bool,
    /// The certificate must lead to a trusted authority.
    pub require_ca_signed: bool,
    /// The certificate must name the host.
    pub validate_hostname: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            require_tls: true,
            require_ca_signed: true,
            validate_hostname: true,
        }
    }
}
