//! Which stack serves a fake, and how its handshake came out.
//!
//! rustls serves a fake whose versions, suites, groups and keys it has all; OpenSSL (feature `legacy-tls`) serves
//! any other for its whole set, so that one fake never speaks with two voices.

use std::sync::Arc;

use mtaspec_certs::KeyKind;
use mtaspec_judge::events::By;
use mtaspec_judge::scenario::TlsVersion;

use super::below::Below;
use super::certificates::Minted;
use super::flight::Flight;
use super::rustls_stack;
use super::setup::TlsSetup;
use super::stream::TlsStream;

/// A handshake that came through.
pub(super) struct Shaken {
    pub(super) stream: Box<dyn TlsStream>,
    pub(super) flight: Flight,
    pub(super) client_chain: Vec<Vec<u8>>,
    pub(super) resumed: bool,
}

/// A handshake that broke down.
pub(super) struct Broken {
    pub(super) below: Below,
    pub(super) by: By,
    pub(super) alert: Option<u8>,
}

impl Broken {
    pub(super) fn by_sender(below: Below, alert: Option<u8>) -> Self {
        let by = By::Sender;
        Self { below, by, alert }
    }

    pub(super) fn by_receiver(below: Below, alert: Option<u8>) -> Self {
        let by = By::Receiver;
        Self { below, by, alert }
    }
}

/// A stack, ready to show one certificate.
#[derive(Clone)]
pub(super) enum Prepared {
    Rustls(Arc<rustls::ServerConfig>),
    Nothing,
}

/// Which stack serves a whole fake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stack {
    /// No suite at all: every hello is refused.
    Nothing,
    /// A hello of our own, that shows acceptance.
    Scripted,
    Rustls,
}

/// Why TLS cannot be set up so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsSetupError {
    /// It needs the feature `legacy-tls`, or more of OpenSSL than this build has.
    #[error("{0} is not in this build")]
    NotInThisBuild(String),
    /// No suite is called so.
    #[error("no cipher suite is called {0:?}")]
    UnknownSuite(String),
    /// No group is called so.
    #[error("no group is called {0:?}")]
    UnknownGroup(String),
    /// What is asked for excludes itself.
    #[error("versions {0:?} can be spoken with none of the suites and groups")]
    NothingSpoken(Vec<TlsVersion>),
    /// The certificate cannot be made.
    #[error("the certificate cannot be made")]
    Certificate(#[source] super::certificates::MintError),
    /// rustls refuses it.
    #[error("rustls cannot be set up")]
    Rustls(#[source] rustls::Error),
}

impl Stack {
    pub(super) fn choose(setup: &TlsSetup, keys: &[KeyKind]) -> Result<Self, TlsSetupError> {
        if setup.ciphers.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Self::Nothing);
        }
        if rustls_stack::serves(setup, keys) {
            return Ok(Self::Rustls);
        }
        Err(TlsSetupError::NotInThisBuild(format!(
            "{:?}",
            setup.versions
        )))
    }

    pub(super) fn prepare(
        self,
        setup: &TlsSetup,
        certificate: &Minted,
    ) -> Result<Prepared, TlsSetupError> {
        match self {
            Self::Rustls => rustls_stack::configure(setup, certificate)
                .map(Prepared::Rustls)
                .map_err(TlsSetupError::Rustls),
            Self::Nothing | Self::Scripted => Ok(Prepared::Nothing),
        }
    }
}

impl Prepared {
    pub(super) async fn accept(self, below: Below) -> Result<Shaken, Broken> {
        match self {
            Self::Rustls(config) => rustls_stack::accept(config, below).await,
            Self::Nothing => Err(Broken::by_receiver(below, None)),
        }
    }
}
