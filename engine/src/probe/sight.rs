//! What one address of a host showed, and what a rule would make of it.

use std::net::SocketAddr;

use rustls_pki_types::CertificateDer;

use crate::delivery::{self, Breach, Demand, Hop, Violation, decision};
use crate::tls::HandshakeFault;

use super::certificate::CertificateText;

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
    /// What stands on the leaf; none if there is no leaf that can be read.
    pub leaf: Option<CertificateText>,
    /// Why the host did not prove that it owns the key of its certificate; seen only in a handshake that asks.
    pub unproven: Option<String>,
    /// What broke behind the handshake, at EHLO.
    pub afterwards: Option<Trouble>,
    /// What the handshake showed.
    pub(crate) shown: delivery::Shown,
}

impl TlsSession {
    /// The version, as `TLSv1.3`.
    #[must_use]
    pub fn version(&self) -> String {
        self.shown.version.to_string()
    }

    /// The cipher suite, as the registry calls it.
    #[must_use]
    pub fn cipher(&self) -> &'static str {
        self.shown.suite.registered
    }

    /// The leaf, then what else was sent.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.shown.chain
    }

    /// Why the chain is not trusted; none: it is.
    #[must_use]
    pub fn chain_fault(&self) -> Option<String> {
        self.shown
            .verification
            .chain
            .as_ref()
            .err()
            .map(ToString::to_string)
    }

    /// Why the certificate does not fit the TLSA records; none: it does, or there are none to judge by.
    #[must_use]
    pub fn tlsa_fault(&self) -> Option<String> {
        let judged = self.shown.tlsa.as_ref()?;
        judged.as_ref().err().map(ToString::to_string)
    }

    /// Whether the certificate was judged by TLSA records.
    #[must_use]
    pub fn is_judged_by_tlsa(&self) -> bool {
        self.shown.tlsa.is_some()
    }

    /// Why the certificate does not name the host; none: it does.
    #[must_use]
    pub fn name_fault(&self) -> Option<String> {
        self.shown
            .verification
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
    /// The host fails what the settings ask: mail would be returned.
    Refused(Trouble),
    /// The host fails what the domain has published: it would not be used, and mail without another host waits.
    LeftOut(Trouble),
    /// The host cannot be used at all, whatever is asked.
    Unreached(Trouble),
}

impl Carriage {
    /// What becomes of mail at a host that failed a demand: what the domain has published keeps the mail and leaves the host
    /// out, all else returns it.
    pub(super) fn of_breach(breach: &Breach) -> Self {
        let trouble = Trouble {
            at: hop(&breach.violation),
            text: breach.violation.to_string(),
            failure: Some(breach.violation.failure_type()),
        };
        match breach.by.bounces() {
            true => Self::Refused(trouble),
            false => Self::LeftOut(trouble),
        }
    }

    /// Why mail does not go this way; none: it does.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Tls | Self::Plaintext => None,
            Self::Refused(trouble) | Self::LeftOut(trouble) | Self::Unreached(trouble) => {
                Some(trouble)
            }
        }
    }
}

impl AddressProbe {
    /// What would become of mail at this address of which this is demanded.
    #[must_use]
    pub(super) fn under(&self, demand: &Demand) -> Carriage {
        let plaintext_if = |allowed: Result<(), Breach>| match allowed {
            Ok(()) => Carriage::Plaintext,
            Err(breach) => Carriage::of_breach(&breach),
        };
        match &self.shown {
            Shown::Unreached(trouble) => Carriage::Unreached(trouble.clone()),
            Shown::NoStartTls => plaintext_if(decision::after_hello(demand, false).map(|_| ())),
            Shown::StartTlsRefused(told) => {
                plaintext_if(decision::after_refused_starttls(demand, told.clone()))
            }
            Shown::HandshakeFailed(text) => plaintext_if(decision::after_failed_handshake(
                demand,
                HandshakeFault(text.clone()),
            )),
            Shown::Tls(session) => {
                let fault = session.unproven.as_ref().filter(|_| demand.authenticates());
                let decided = match fault {
                    Some(text) => {
                        decision::after_failed_handshake(demand, HandshakeFault(text.clone()))
                    }
                    None => decision::after_handshake(demand, &session.shown),
                };
                match (decided, &session.afterwards) {
                    (Err(breach), _) => Carriage::of_breach(&breach),
                    (Ok(()), Some(trouble)) => Carriage::Unreached(trouble.clone()),
                    (Ok(()), None) => Carriage::Tls,
                }
            }
        }
    }
}

fn hop(violation: &Violation) -> Hop {
    match violation {
        Violation::NotNamed => Hop::Policy,
        Violation::NotOffered | Violation::Refused(_) => Hop::StartTls,
        Violation::Handshake(_) => Hop::Handshake,
        Violation::Chain(_) | Violation::Name(_) | Violation::Tlsa(_) => Hop::Certificate,
        Violation::UnbackedName => Hop::Mx,
        Violation::NoRequireTls => Hop::EhloInTls,
    }
}
