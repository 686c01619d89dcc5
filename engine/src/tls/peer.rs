//! Whom a handshake is with: the name that SNI carries and that a certificate must have.

use std::fmt;
use std::net::IpAddr;

use rustls_pki_types::{DnsName, ServerName};

use crate::address::{DomainName, MailDomain};

/// A receiver, as the sender knows it: the MX host's own name and never one met behind it (RFC 9525 §6.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PeerName {
    /// A host with a name.
    Host(DomainName),
    /// An address literal, which sends no SNI (RFC 6066 §3).
    Address(IpAddr),
}

impl PeerName {
    /// The name in the form of the TLS libraries; none if no certificate could carry it.
    #[must_use]
    pub(crate) fn server_name(&self) -> Option<ServerName<'static>> {
        match self {
            Self::Host(name) => DnsName::try_from(name.to_string())
                .ok()
                .map(ServerName::DnsName),
            Self::Address(address) => Some(ServerName::IpAddress((*address).into())),
        }
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => name.fmt(formatter),
            Self::Address(address) => MailDomain::Literal(*address).fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_the_literal_it_came_from() {
        for literal in ["[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            let Ok(MailDomain::Literal(address)) = MailDomain::parse(literal) else {
                panic!("{literal} is a literal");
            };
            assert_eq!(PeerName::Address(address).to_string(), literal);
        }
    }
}
