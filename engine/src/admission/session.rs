//! What the receiver knows of a session and of an envelope when the data has ended.

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;

use crate::Service;
use crate::address::{MailDomain, Mailbox};
use crate::delivery::Recipient;
use crate::tls::PeerName;

/// What is known of a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionFacts {
    /// What the address is there for at which the sender came in.
    pub(crate) service: Service,
    /// Where the sender comes from.
    pub(crate) peer: IpAddr,
    /// What it called itself in its last HELO or EHLO.
    pub(crate) greeted_as: String,
    /// The session is inside TLS.
    pub(crate) is_tls: bool,
    /// The chain that the sender showed in the handshake, leaf first, just as it came: only that it has the leaf's key is
    /// proved. Empty without one.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// Who has logged in.
    pub(crate) user: Option<String>,
}

impl SessionFacts {
    /// Who the sender says it is: the host name, or the address literal, of its greeting.
    #[must_use]
    pub(super) fn claimed_host(&self) -> Option<PeerName> {
        Some(match MailDomain::parse(&self.greeted_as).ok()? {
            MailDomain::Name(name) => PeerName::Host(name),
            MailDomain::Literal(address) => PeerName::Address(address),
        })
    }
}

/// From whom to whom a message goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'m> {
    /// The envelope sender; none is the null sender.
    pub(crate) sender: Option<&'m Mailbox>,
    /// The recipients that were taken.
    pub(crate) recipients: &'m [Recipient],
}
