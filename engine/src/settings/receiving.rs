//! What the engine is told as a receiver: whom it takes mail for, what it shows, and who may hand over mail that leaves.

use std::fmt;

use crate::address::MailDomain;

use super::OwnCertificate;

/// The receiver's part of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receiving {
    /// Domains whose mail is taken from everybody and passed on to their MX hosts.
    pub domains: Vec<MailDomain>,
    /// What it shows in a handshake; none: STARTTLS is not offered.
    pub certificate: Option<OwnCertificate>,
    /// A private server that takes nothing outside TLS (RFC 3207 §4).
    pub demand_tls: bool,
    /// Who may log in at the submission ports.
    pub accounts: Vec<Account>,
}

/// Somebody who may log in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password. Never shown.
    pub password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
