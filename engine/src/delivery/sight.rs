//! What one session met, step by step: data for whoever decides, tells or counts afterwards.

use crate::dane::TlsaFault;
use crate::settings::TlsVersion;
use crate::smtp::Reply;
use crate::tls::{HandshakeFault, Protected, Suite, Verification};
use rustls_pki_types::CertificateDer;

/// A station on the way to a host, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    /// The MX records of the domain.
    Mx,
    /// The MTA-STS policy of the domain.
    Policy,
    /// The addresses of a host.
    Address,
    /// What the host's TLSA records ask.
    Tlsa,
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
            Self::Policy => "policy",
            Self::Address => "address",
            Self::Tlsa => "tlsa",
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
            Self::Policy => "MTA-STS policy",
            Self::Address => "address lookup",
            Self::Tlsa => "TLSA lookup",
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

/// How a session stands with STARTTLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum StartTls {
    /// It did not come so far.
    #[default]
    Unseen,
    /// The EHLO answer does not list it.
    NotListed,
    /// It is listed and was answered with this, which is not 220.
    Refused(Reply),
    /// The handshake was begun, or the session broke where it should have begun.
    Begun,
}

/// What a handshake that succeeded showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The version.
    pub(crate) version: TlsVersion,
    /// The cipher suite.
    pub(crate) suite: Suite,
    /// The leaf, then what else was sent.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// What the certificate proves by the trusted authorities.
    pub(crate) verification: Verification,
    /// What it proves by TLSA records; none where there are no usable ones.
    pub(crate) tlsa: Option<Result<(), TlsaFault>>,
}

impl Shown {
    pub(super) fn of(
        protected: &Protected,
        verification: Verification,
        tlsa: Option<Result<(), TlsaFault>>,
    ) -> Self {
        Self {
            version: protected.version,
            suite: protected.suite,
            chain: protected.chain.clone(),
            verification,
            tlsa,
        }
    }
}

/// What one session met. It is filled in as the session goes on, so that it also tells of one that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The station it was at last.
    pub(crate) reached: Hop,
    /// How it stands with STARTTLS.
    pub(crate) starttls: StartTls,
    /// What the host called itself in its last answer to EHLO.
    pub(crate) helo: Option<String>,
    /// How the handshake ended; none: it did not.
    pub(crate) handshake: Option<Result<Shown, HandshakeFault>>,
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            reached: Hop::Connection,
            starttls: StartTls::default(),
            helo: None,
            handshake: None,
        }
    }
}
