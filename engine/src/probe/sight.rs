//! What one address of a host showed, and what a rule would make of it.

use std::net::SocketAddr;

use rustls_pki_types::CertificateDer;

use crate::delivery::{Violation, decision};
use crate::obligation::Obligation;
use crate::settings::Switches;
use crate::tls::{HandshakeFault, Verification};

use super::certificate::CertificateText;

/// A station on the way to a host, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    /// The MX records of the domain.
    Mx,
    /// The addresses of a host.
    Address,
    /// The TCP connection.
    Connection,
    /// The greeting.
    Greeting,
    /// EHLO in plaintext.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// The handshake.
    Handshake,
    /// The certificate.
    Certificate,
    /// EHLO inside TLS.
    EhloInTls,
}

impl Hop {
    /// A word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Address => "address",
            Self::Connection => "connection",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Handshake => "handshake",
            Self::Certificate => "certificate",
            Self::EhloInTls => "ehlo-in-tls",
        }
    }

    /// Words for people.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Mx => "MX lookup",
            Self::Address => "address lookup",
            Self::Connection => "connection",
            Self::Greeting => "greeting",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Handshake => "TLS handshake",
            Self::Certificate => "certificate",
            Self::EhloInTls => "EHLO inside TLS",
        }
    }
}

/// Something on the way that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub at: Hop,
    /// What, in words.
    pub text: String,
    /// The failure type, spelled as in RFC 8460 §4.3; none where TLS is not to blame.
    pub failure: Option<&'static str>,
}

/// What an address of a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressProbe {
    /// The address that was connected to.
    pub address: SocketAddr,
    /// What it showed.
    pub shown: Shown,
}

/// How far a visit came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shown {
    /// It did not come as far as STARTTLS.
    Unreached(Trouble),
    /// STARTTLS is not listed.
    NoStartTls,
    /// STARTTLS is listed and was refused, with these words.
    StartTlsRefused(String),
    /// The handshake failed.
    HandshakeFailed(String),
    /// A session inside TLS.
    Tls(Box<TlsSession>),
}

/// A session inside TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSession {
    /// The version, as `TLSv1.3`.
    pub version: String,
    /// The cipher suite, as the registry calls it.
    pub cipher: String,
    /// The leaf, then what else was sent.
    pub chain: Vec<CertificateDer<'static>>,
    /// What stands on the leaf; none if there is no leaf that can be read.
    pub leaf: Option<CertificateText>,
    /// Why the host did not prove that it owns the key of its certificate; seen only in a handshake that asks.
    pub unproven: Option<String>,
    /// What broke behind the handshake, at EHLO.
    pub afterwards: Option<Trouble>,
    /// What the certificate proves.
    pub(crate) verification: Verification,
}

impl TlsSession {
    /// Why the chain is not trusted; none: it is.
    #[must_use]
    pub fn chain_fault(&self) -> Option<String> {
        self.verification
            .chain
            .as_ref()
            .err()
            .map(ToString::to_string)
    }

    /// Why the certificate does not name the host; none: it does.
    #[must_use]
    pub fn name_fault(&self) -> Option<String> {
        self.verification
            .name
            .as_ref()
            .err()
            .map(ToString::to_string)
    }
}

/// What would become of mail at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carriage {
    /// It would go over TLS.
    Tls,
    /// It would go in plaintext.
    Plaintext,
    /// The host fails what is asked: mail would not go.
    Refused(Trouble),
    /// The host cannot be used at all, whatever is asked.
    Unreached(Trouble),
}

impl AddressProbe {
    /// What would become of mail at this address if a rule with these switches bound it.
    #[must_use]
    pub fn under(&self, switches: Switches) -> Carriage {
        let obligation = Obligation::of_switches(switches);
        let refused = |violation: &Violation| {
            Carriage::Refused(Trouble {
                at: hop(violation),
                text: violation.to_string(),
                failure: Some(violation.failure_type()),
            })
        };
        let plaintext_if = |allowed: Result<(), Violation>| match allowed {
            Ok(()) => Carriage::Plaintext,
            Err(violation) => refused(&violation),
        };
        match &self.shown {
            Shown::Unreached(trouble) => Carriage::Unreached(trouble.clone()),
            Shown::NoStartTls => plaintext_if(decision::after_hello(obligation, false).map(|_| ())),
            Shown::StartTlsRefused(told) => {
                plaintext_if(decision::after_refused_starttls(obligation, told.clone()))
            }
            Shown::HandshakeFailed(text) => plaintext_if(decision::after_failed_handshake(
                obligation,
                HandshakeFault(text.clone()),
            )),
            Shown::Tls(session) => {
                let fault = session
                    .unproven
                    .as_ref()
                    .filter(|_| obligation.authenticates());
                let decided = match fault {
                    Some(text) => {
                        decision::after_failed_handshake(obligation, HandshakeFault(text.clone()))
                    }
                    None => decision::after_handshake(obligation, &session.verification),
                };
                match (decided, &session.afterwards) {
                    (Err(violation), _) => refused(&violation),
                    (Ok(()), Some(trouble)) => Carriage::Unreached(trouble.clone()),
                    (Ok(()), None) => Carriage::Tls,
                }
            }
        }
    }
}

fn hop(violation: &Violation) -> Hop {
    match violation {
        Violation::NotOffered | Violation::Refused(_) => Hop::StartTls,
        Violation::Handshake(_) => Hop::Handshake,
        Violation::Chain(_) | Violation::Name(_) => Hop::Certificate,
    }
}
