//! The receiver's stack, chosen once by the floor, and what a session inside TLS has.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use tokio::io::AsyncWriteExt;

use crate::outside::{Clock, Stream};
use crate::settings::{Settings, TlsVersion};

use super::super::stack::{HandshakeFault, StackError};
use super::super::suite::Suite;
use super::hello::{self, Replayed};
use super::modern::Modern;

/// The alert of a receiver that speaks no version of those offered: fatal, `protocol_version` (RFC 8446 §6).
const PROTOCOL_VERSION_ALERT: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// Takes handshakes.
pub(crate) struct Acceptor {
    kind: Kind,
    floor: u16,
}

enum Kind {
    Modern(Modern),
    #[cfg(feature = "legacy-tls")]
    Legacy(super::legacy::Legacy),
}

/// A connection inside TLS.
pub(crate) struct Accepted {
    /// The connection.
    pub(crate) stream: Box<dyn Stream>,
    /// What it has.
    pub(crate) facts: TlsFacts,
}

/// What a session inside TLS has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFacts {
    /// The version.
    pub(crate) version: TlsVersion,
    /// The cipher suite.
    pub(crate) suite: Suite,
    /// The name that the client asked for.
    pub(crate) name: Option<String>,
    /// What the client showed, not yet judged: its leaf, of which it has the key, and what leads from it to a root. Empty if
    /// it was not asked or showed none.
    pub(crate) client: Vec<CertificateDer<'static>>,
}

impl Acceptor {
    /// The stack that the settings ask for; none without a certificate to show.
    ///
    /// # Errors
    /// `StackError` when it cannot be set up.
    pub(crate) fn new(
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, StackError> {
        let Some(own) = &settings.receiving.certificate else {
            return Ok(None);
        };
        let modern = settings.minimum_tls >= TlsVersion::Tls12;
        #[cfg(not(feature = "legacy-tls"))]
        if !modern {
            return Err(StackError::NoLegacy);
        }
        let kind = if modern {
            Kind::Modern(Modern::new(settings, own, clock)?)
        } else {
            #[cfg(feature = "legacy-tls")]
            {
                Kind::Legacy(super::legacy::Legacy::new(settings, own)?)
            }
            #[cfg(not(feature = "legacy-tls"))]
            return Err(StackError::NoLegacy);
        };
        Ok(Some(Self {
            kind,
            floor: settings.minimum_tls.number(),
        }))
    }

    /// Takes a handshake.
    ///
    /// # Errors
    /// `HandshakeFault` when it fails; the connection is gone then.
    pub(crate) async fn accept(&self, stream: Box<dyn Stream>) -> Result<Accepted, HandshakeFault> {
        let fault = |error: std::io::Error| HandshakeFault(error.to_string());
        let (hello, mut stream) = hello::read(stream).await.map_err(fault)?;
        if let Some(newest) = hello.newest.filter(|newest| *newest < self.floor) {
            self.refuse(&mut stream).await;
            return Err(HandshakeFault(format!(
                "the hello offers no version from the floor on, its newest is {newest:#06x}"
            )));
        }
        let mut accepted = match &self.kind {
            Kind::Modern(modern) => modern.accept(stream).await?,
            #[cfg(feature = "legacy-tls")]
            Kind::Legacy(legacy) => legacy.accept(stream).await?,
        };
        accepted.facts.name = hello.name;
        Ok(accepted)
    }

    async fn refuse(&self, stream: &mut Replayed) {
        // Who does not hear it is refused all the same.
        let _ = stream.write_all(&PROTOCOL_VERSION_ALERT).await;
        let _ = stream.shutdown().await;
    }
}

/// Whether a rule for mail that comes in looks at certificates: then clients are asked for theirs.
#[must_use]
pub(super) fn asks_for_certificates(settings: &Settings) -> bool {
    settings.rules.iter().any(|rule| {
        let switches = rule.switches;
        rule.applies.inbound && (switches.require_ca_signed || switches.validate_hostname)
    })
}
