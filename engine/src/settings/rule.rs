//! A TLS compliance rule: whom it speaks of, and what it asks of the session.

use crate::address::{DomainName, MailDomain, Mailbox};

use super::AddressList;

/// A TLS compliance rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// Whom it speaks of: recipients of mail that leaves, From senders of mail that comes in.
    pub list: AddressList,
    /// Which mail it speaks of.
    pub applies: Applies,
    /// What it asks.
    pub switches: Switches,
    /// If said, it binds only mail whose envelope sender is of this domain.
    pub unit: Option<DomainName>,
}

/// Which mail a rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applies {
    /// Mail that leaves for a listed recipient.
    pub outbound: bool,
    /// Mail that comes from a listed sender.
    pub inbound: bool,
    /// Mail that leaves by a route which requires TLS, whoever the recipient.
    pub secure_route: bool,
}

impl Default for Applies {
    fn default() -> Self {
        Self {
            outbound: true,
            inbound: true,
            secure_route: false,
        }
    }
}

impl Rule {
    /// A rule for mail in both directions, its switches on.
    #[must_use]
    pub fn new(name: impl Into<String>, list: AddressList) -> Self {
        Self {
            name: name.into(),
            list,
            applies: Applies::default(),
            switches: Switches::default(),
            unit: None,
        }
    }

    /// Whether the rule binds mail of this envelope sender (none is the null sender) to this recipient.
    #[must_use]
    pub fn binds(&self, sender: Option<&Mailbox>, recipient: &Mailbox) -> bool {
        self.applies.outbound && self.is_of_unit(sender) && self.list.covers(recipient)
    }

    /// Whether the rule binds mail of this envelope sender that leaves by a route which requires TLS.
    #[must_use]
    pub fn binds_secure_route(&self, sender: Option<&Mailbox>) -> bool {
        self.applies.secure_route && self.is_of_unit(sender)
    }

    fn is_of_unit(&self, sender: Option<&Mailbox>) -> bool {
        self.unit.as_ref().is_none_or(|unit| {
            sender.is_some_and(|mailbox| *mailbox.domain() == MailDomain::Name(unit.clone()))
        })
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

impl Switches {
    /// None of them.
    pub const OFF: Self = Self {
        require_tls: false,
        require_ca_signed: false,
        validate_hostname: false,
    };

    /// What both ask together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            require_tls: self.require_tls || other.require_tls,
            require_ca_signed: self.require_ca_signed || other.require_ca_signed,
            validate_hostname: self.validate_hostname || other.validate_hostname,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switches_of_a_new_rule_are_on() {
        let rule = Rule::new("secure", AddressList::parse(["example.test"]).unwrap());
        let on = Switches {
            require_tls: true,
            require_ca_signed: true,
            validate_hostname: true,
        };
        assert_eq!(rule.switches, on);
        assert_eq!(Switches::OFF.and(rule.switches), on);
    }
}
