//! TLS 1.2 and 1.3 with rustls.
//!
//! Suites are those of rustls, all with forward secrecy and authenticated encryption (RFC 9325 §4.2). Nothing is resumed,
//! no early data is sent, no protocol is offered by ALPN.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::time_provider::TimeProvider;
use rustls::{
    CommonState, DigitallySignedStruct, ProtocolVersion, SignatureScheme, SupportedProtocolVersion,
    version,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

use crate::outside::{Clock, Stream};
use crate::settings::{OwnCertificate, TlsVersion};

use super::ownership;
use super::peer::PeerName;
use super::stack::{HandshakeFault, Protected};
use super::suite::Suite;

const NEWEST: &[&SupportedProtocolVersion] = &[&version::TLS13];
const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// rustls, set up twice.
pub(super) struct Modern {
    authenticating: TlsConnector,
    opportunistic: TlsConnector,
}

impl Modern {
    pub(super) fn new(
        minimum: TlsVersion,
        own: Option<&OwnCertificate>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, rustls::Error> {
        let clock: Arc<dyn TimeProvider> = Arc::new(EngineTime(clock));
        let connector = |authenticates| {
            config(minimum, own, Arc::clone(&clock), authenticates)
                .map(|config| TlsConnector::from(Arc::new(config)))
        };
        Ok(Self {
            authenticating: connector(true)?,
            opportunistic: connector(false)?,
        })
    }

    pub(super) async fn handshake(
        &self,
        stream: Box<dyn Stream>,
        peer: &PeerName,
        authenticates: bool,
    ) -> Result<Protected, HandshakeFault> {
        let name = peer
            .server_name()
            .ok_or_else(|| HandshakeFault(format!("{peer} cannot be named in TLS")))?;
        let connector = if authenticates {
            &self.authenticating
        } else {
            &self.opportunistic
        };
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| HandshakeFault(error.to_string()))?;
        let session = stream.get_ref().1;
        let chain = session.peer_certificates().unwrap_or_default().to_vec();
        Ok(Protected {
            version: version_of(session),
            suite: suite_of(session),
            chain,
            stream: Box::new(stream),
        })
    }
}

/// The versions to offer; what a receiver takes is its own choice. Older ones than rustls has are left to the other stack.
fn versions_from(minimum: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    if minimum >= TlsVersion::Tls13 {
        NEWEST
    } else {
        BOTH
    }
}

/// The version that a handshake ended with; rustls speaks no other.
pub(super) fn version_of(session: &CommonState) -> TlsVersion {
    match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
        _ => TlsVersion::Tls12,
    }
}

/// The suite that a handshake ended with.
pub(super) fn suite_of(session: &CommonState) -> Suite {
    let negotiated = session.negotiated_cipher_suite();
    Suite::of(negotiated.map_or(0, |suite| u16::from(suite.suite())))
}

fn config(
    minimum: TlsVersion,
    own: Option<&OwnCertificate>,
    clock: Arc<dyn TimeProvider>,
    authenticates: bool,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_details(Arc::clone(&provider), clock)
        .with_protocol_versions(versions_from(minimum))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Postponed::new(&provider, authenticates)));
    let mut config = match own {
        Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Ok(config)
}

/// Takes every certificate: it is judged after the handshake.
///
/// Choice: where nobody is authenticated the handshake's signature is not checked either. Certificates that rustls cannot read,
/// of version 1 or with odd extensions, would otherwise push the mail into plaintext, which protects it less (RFC 7435 §3).
#[derive(Debug)]
struct Postponed {
    algorithms: WebPkiSupportedAlgorithms,
    authenticates: bool,
}

impl Postponed {
    fn new(provider: &CryptoProvider, authenticates: bool) -> Self {
        Self {
            algorithms: provider.signature_verification_algorithms,
            authenticates,
        }
    }
}

impl ServerCertVerifier for Postponed {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.authenticates {
            return Ok(HandshakeSignatureValid::assertion());
        }
        ownership::in_tls12(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.authenticates {
            return Ok(HandshakeSignatureValid::assertion());
        }
        ownership::in_tls13(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The engine's clock, as rustls asks for it.
pub(super) struct EngineTime(pub(super) Arc<dyn Clock>);

impl std::fmt::Debug for EngineTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EngineTime")
    }
}

impl TimeProvider for EngineTime {
    fn current_time(&self) -> Option<UnixTime> {
        self.0
            .now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(UnixTime::since_unix_epoch)
    }
}
