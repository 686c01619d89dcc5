//! What a session knows of the other side.

use std::net::SocketAddr;

use crate::admission::SessionFacts;
use crate::engine::Service;
use crate::tls::TlsFacts;

/// What a session knows of the other side. STARTTLS leaves nothing of it but the address (RFC 3207 §4.2).
#[derive(Debug, Clone)]
pub(crate) struct OtherSide {
    /// What the address is there for.
    pub(crate) service: Service,
    /// Where the sender is.
    pub(crate) from: SocketAddr,
    /// What it calls itself.
    pub(crate) greeting: Option<Greeting>,
    /// What TLS the session has.
    pub(crate) tls: Option<TlsFacts>,
    /// Who has logged in.
    pub(crate) user: Option<String>,
}

/// EHLO or HELO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// What the sender calls itself.
    pub(crate) name: String,
    /// It was EHLO.
    pub(crate) is_extended: bool,
}

impl OtherSide {
    /// The other side of a connection that has just come.
    pub(super) fn new(service: Service, from: SocketAddr) -> Self {
        Self {
            service,
            from,
            greeting: None,
            tls: None,
            user: None,
        }
    }

    /// Whether it is one of the submission services, where users log in (RFC 6409 §3.1, RFC 8314 §3.3).
    pub(crate) fn is_submission(&self) -> bool {
        matches!(self.service, Service::Submission | Service::Submissions)
    }

    /// What a rule may look at.
    pub(super) fn facts(&self) -> SessionFacts {
        let greeting = self.greeting.as_ref();
        let tls = self.tls.as_ref();
        SessionFacts {
            service: self.service,
            peer: self.from.ip(),
            greeted_as: greeting.map_or_else(String::new, |greeting| greeting.name.clone()),
            is_tls: tls.is_some(),
            certificates: tls.map_or_else(Vec::new, |tls| tls.client.clone()),
            user: self.user.clone(),
        }
    }
}
