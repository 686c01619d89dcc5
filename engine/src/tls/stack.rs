//! The stack behind every handshake, chosen once by the floor.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::outside::{Clock, Stream};
use crate::settings::{Settings, TlsVersion};

use super::modern::Modern;
use super::peer::PeerName;
use super::suite::Suite;

/// Makes handshakes.
pub(crate) struct Stack(Kind);

enum Kind {
    Modern(Modern),
    #[cfg(feature = "legacy-tls")]
    Legacy(super::legacy::Legacy),
}

/// Why no stack could be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// rustls refused the settings.
    #[error("the TLS settings cannot be used")]
    Modern(#[from] rustls::Error),
    /// OpenSSL refused the settings.
    #[cfg(feature = "legacy-tls")]
    #[error("the TLS settings cannot be used")]
    Legacy(#[from] openssl::error::ErrorStack),
    /// The floor is below TLS 1.2, and the build has rustls alone.
    #[error("TLS below 1.2 needs the feature legacy-tls")]
    NoLegacy,
}

/// A connection inside TLS, not yet judged.
pub(crate) struct Protected {
    /// The connection.
    pub(crate) stream: Box<dyn Stream>,
    /// The version.
    pub(crate) version: TlsVersion,
    /// The cipher suite.
    pub(crate) suite: Suite,
    /// The leaf, then what else was sent.
    pub(crate) chain: Vec<CertificateDer<'static>>,
}

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HandshakeFault(pub String);

impl Stack {
    /// The stack that the settings ask for.
    ///
    /// # Errors
    /// `StackError` when it cannot be set up.
    pub(crate) fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StackError> {
        if settings.minimum_tls >= TlsVersion::Tls12 {
            let own = settings.client_certificate.as_ref();
            let modern = Modern::new(settings.minimum_tls, own, clock)?;
            return Ok(Self(Kind::Modern(modern)));
        }
        #[cfg(feature = "legacy-tls")]
        return Ok(Self(Kind::Legacy(super::legacy::Legacy::new(settings)?)));
        #[cfg(not(feature = "legacy-tls"))]
        Err(StackError::NoLegacy)
    }

    /// The stack for web servers: TLS 1.2 at least (RFC 9325 §3.1.1), and no certificate of one's own, whatever the settings
    /// say for mail.
    ///
    /// # Errors
    /// `StackError` when it cannot be set up.
    pub(crate) fn for_web(clock: Arc<dyn Clock>) -> Result<Self, StackError> {
        Ok(Self(Kind::Modern(Modern::new(
            TlsVersion::Tls12,
            None,
            clock,
        )?)))
    }

    /// Makes a handshake. With `authenticates` the peer must own the key of the certificate it shows.
    ///
    /// # Errors
    /// `HandshakeFault` when it fails; the connection is gone then.
    pub(crate) async fn handshake(
        &self,
        stream: Box<dyn Stream>,
        peer: &PeerName,
        authenticates: bool,
    ) -> Result<Protected, HandshakeFault> {
        match &self.0 {
            Kind::Modern(modern) => modern.handshake(stream, peer, authenticates).await,
            #[cfg(feature = "legacy-tls")]
            Kind::Legacy(legacy) => legacy.handshake(stream, peer).await,
        }
    }
}
