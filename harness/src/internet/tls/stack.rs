//! Which stack serves a fake, and how its handshake came out.
//!
//! rustls serves a fake whose versions, suites, groups and keys it has all; OpenSSL (feature `legacy-tls`) serves
//! any other for its whole set, so that one fake never speaks with two voices. What neither has, RC4 among it, is
//! shown by a scripted hello.

use std::sync::Arc;

use mtaspec_certs::{KeyKind, MintError, Minted};
use mtaspec_judge::events::By;
use mtaspec_judge::scenario::TlsVersion;

use super::below::Below;
use super::flight::Flight;
#[cfg(feature = "legacy-tls")]
use super::openssl_stack;
use super::rustls_stack;
use super::setup::TlsSetup;
use super::stream::TlsStream;
use super::suites::suite_number;
use crate::internet::wire::Wire;

/// A handshake that came through.
pub(super) struct Shaken {
    pub(super) stream: Box<dyn TlsStream>,
    pub(super) flight: Flight,
    pub(super) client_chain: Vec<Vec<u8>>,
    pub(super) resumed: bool,
}

/// A handshake that broke down.
pub(super) struct Broken {
    pub(super) wire: Option<Wire>,
    pub(super) flight: Flight,
    /// By a fault, after the first flight.
    pub(super) stopped: bool,
    pub(super) by: By,
    pub(super) alert: Option<u8>,
}

impl Broken {
    pub(super) fn new(below: &mut Below, by: By, alert: Option<u8>) -> Self {
        let (by, alert) = match below.received_alert() {
            Some(received) => (By::Sender, Some(received)),
            None => (by, alert),
        };
        Self {
            wire: below.take_wire(),
            flight: below.flight(),
            stopped: below.was_stopped(),
            by,
            alert,
        }
    }

    /// The stack could not even begin.
    #[cfg(feature = "legacy-tls")]
    pub(super) fn without_connection() -> Self {
        Self {
            wire: None,
            flight: Flight::default(),
            stopped: false,
            by: By::Receiver,
            alert: None,
        }
    }
}

/// A stack, ready to show one certificate.
#[derive(Clone)]
pub(super) enum Prepared {
    Rustls(Arc<rustls::ServerConfig>),
    #[cfg(feature = "legacy-tls")]
    OpenSsl(openssl::ssl::SslContext),
    /// No stack is ever reached.
    None,
}

/// What serves a whole fake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) stack: Stack,
    /// The suites that only a scripted hello can show.
    pub(super) scripted: Vec<u16>,
    /// The suites that the stack speaks.
    suites: Vec<String>,
}

/// The stack of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stack {
    /// No suite at all: every hello is refused.
    Nothing,
    /// A hello of our own, that shows acceptance.
    Scripted,
    Rustls,
    #[cfg(feature = "legacy-tls")]
    OpenSsl,
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
    /// What is asked for excludes itself.
    #[error("versions {0:?} can be spoken with none of the suites and groups")]
    NothingSpoken(Vec<TlsVersion>),
    /// The certificate cannot be made.
    #[error("the certificate cannot be made")]
    Certificate(#[source] MintError),
    /// rustls refuses it.
    #[error("rustls cannot be set up")]
    Rustls(#[source] rustls::Error),
    /// OpenSSL refuses it.
    #[cfg(feature = "legacy-tls")]
    #[error("OpenSSL cannot be set up")]
    OpenSsl(#[source] openssl::error::ErrorStack),
}

impl Service {
    pub(super) fn choose(setup: &TlsSetup, keys: &[KeyKind]) -> Result<Self, TlsSetupError> {
        let suites = setup.suites();
        if let Some(unknown) = suites.iter().find(|name| suite_number(name).is_none()) {
            return Err(TlsSetupError::UnknownSuite(unknown.clone()));
        }
        let of = |stack| Self {
            stack,
            scripted: Vec::new(),
            suites: suites.clone(),
        };
        if setup.ciphers.as_ref().is_some_and(Vec::is_empty) {
            return Ok(of(Stack::Nothing));
        }
        if setup.is_scripted() {
            return Ok(of(Stack::Scripted));
        }
        if setup.versions_with(&suites).is_empty() {
            return Err(TlsSetupError::NothingSpoken(setup.versions.clone()));
        }
        if rustls_stack::serves(setup, keys) {
            return Ok(of(Stack::Rustls));
        }
        let (lost, kept): (Vec<String>, Vec<String>) =
            suites.iter().cloned().partition(|name| is_lost(name));
        let scripted = lost.iter().filter_map(|name| suite_number(name)).collect();
        if kept.is_empty() {
            return Ok(Self {
                scripted,
                ..of(Stack::Scripted)
            });
        }
        Self::legacy(setup, kept, scripted)
    }

    #[cfg(not(feature = "legacy-tls"))]
    fn legacy(setup: &TlsSetup, suites: Vec<String>, _: Vec<u16>) -> Result<Self, TlsSetupError> {
        let what = format!(
            "{:?} with {suites:?} and {:?}",
            setup.versions, setup.groups
        );
        Err(TlsSetupError::NotInThisBuild(what))
    }

    #[cfg(feature = "legacy-tls")]
    fn legacy(
        setup: &TlsSetup,
        suites: Vec<String>,
        scripted: Vec<u16>,
    ) -> Result<Self, TlsSetupError> {
        let suite = suites.iter().find(|name| !openssl_stack::has_suite(name));
        let group = setup
            .groups
            .iter()
            .find(|name| !name.starts_with("dh-") && !openssl_stack::has_group(name));
        if let Some(missing) = suite.or(group) {
            return Err(TlsSetupError::NotInThisBuild(missing.clone()));
        }
        Ok(Self {
            stack: Stack::OpenSsl,
            scripted,
            suites,
        })
    }

    /// The versions that a sender can really speak.
    pub(super) fn versions(&self, setup: &TlsSetup) -> Vec<TlsVersion> {
        match self.stack {
            Stack::Nothing | Stack::Scripted => Vec::new(),
            _ => setup.versions_with(&self.suites),
        }
    }

    pub(super) fn prepare(
        &self,
        setup: &TlsSetup,
        certificate: &Minted,
    ) -> Result<Prepared, TlsSetupError> {
        match self.stack {
            Stack::Rustls => rustls_stack::configure(setup, certificate)
                .map(Prepared::Rustls)
                .map_err(TlsSetupError::Rustls),
            #[cfg(feature = "legacy-tls")]
            Stack::OpenSsl => {
                openssl_stack::configure(setup, &self.suites, certificate).map(Prepared::OpenSsl)
            }
            Stack::Nothing | Stack::Scripted => Ok(Prepared::None),
        }
    }
}

/// Says of a suite, by its IANA name, whether a fake of this build can serve it. None without OpenSSL; an OpenSSL that
/// is not the vendored one may lack some (3DES).
#[must_use]
pub fn legacy_suites() -> Option<fn(&str) -> bool> {
    #[cfg(feature = "legacy-tls")]
    return Some(|name| is_lost(name) || openssl_stack::has_suite(name));
    #[cfg(not(feature = "legacy-tls"))]
    None
}

/// No build of a maintained stack has the suite any more: RC4, export, single DES, RC2, IDEA, static Diffie-Hellman,
/// DSA.
fn is_lost(name: &str) -> bool {
    let parts = [
        "RC4",
        "EXPORT",
        "WITH_DES_",
        "RC2",
        "IDEA",
        "SEED",
        "_DSS_",
        "TLS_ECDH_",
    ];
    parts.iter().any(|part| name.contains(part)) && !name.starts_with("TLS_ECDH_anon_WITH_AES")
}

impl Prepared {
    pub(super) async fn accept(&self, mut below: Below) -> Result<Shaken, Broken> {
        match self {
            Self::Rustls(config) => rustls_stack::accept(Arc::clone(config), below).await,
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(context) => openssl_stack::accept(context, below).await,
            Self::None => Err(Broken::new(&mut below, By::Receiver, None)),
        }
    }
}
