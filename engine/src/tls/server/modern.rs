//! TLS 1.2 and 1.3 with rustls, as the receiver.
//!
//! Our order of suites counts, not the client's (RFC 9325 §4.2.1). No tickets, nothing is resumed, no early data; rustls has
//! neither renegotiation nor compression.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version;
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio_rustls::TlsAcceptor;

use crate::outside::Clock;
use crate::settings::{OwnCertificate, Settings, TlsVersion};

use super::super::modern::{EngineTime, suite_of, version_of};
use super::super::stack::HandshakeFault;
use super::acceptor::{Accepted, TlsFacts, asks_for_certificates};
use super::hello::Replayed;

const NEWEST: &[&SupportedProtocolVersion] = &[&version::TLS13];
const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// rustls, set up once.
pub(super) struct Modern {
    provider: Arc<CryptoProvider>,
    time: Arc<dyn TimeProvider>,
    versions: &'static [&'static SupportedProtocolVersion],
    shown: Arc<Shown>,
    asks: bool,
}

impl Modern {
    pub(super) fn new(
        settings: &Settings,
        own: &OwnCertificate,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let key = provider
            .key_provider
            .load_private_key(own.key.clone_key())?;
        let modern = Self {
            provider,
            time: Arc::new(EngineTime(clock)),
            versions: if settings.minimum_tls >= TlsVersion::Tls13 {
                NEWEST
            } else {
                BOTH
            },
            shown: Arc::new(Shown(Arc::new(CertifiedKey::new(own.chain.clone(), key)))),
            asks: asks_for_certificates(settings),
        };
        // Whatever is wrong with the settings shows here and not in a session.
        modern.config(Arc::new(Postponed::new(&modern.provider)))?;
        Ok(modern)
    }

    /// The setup of one session, which notes whether its client proves to own a key.
    fn config(&self, postponed: Arc<Postponed>) -> Result<ServerConfig, rustls::Error> {
        let builder =
            ServerConfig::builder_with_details(Arc::clone(&self.provider), Arc::clone(&self.time))
                .with_protocol_versions(self.versions)?;
        let builder = if self.asks {
            builder.with_client_cert_verifier(postponed)
        } else {
            builder.with_no_client_auth()
        };
        let mut config =
            builder.with_cert_resolver(Arc::clone(&self.shown) as Arc<dyn ResolvesServerCert>);
        config.ignore_client_order = true;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    pub(super) async fn accept(&self, stream: Replayed) -> Result<Accepted, HandshakeFault> {
        let postponed = Arc::new(Postponed::new(&self.provider));
        let config = self
            .config(Arc::clone(&postponed))
            .map_err(|error| HandshakeFault(error.to_string()))?;
        let stream = TlsAcceptor::from(Arc::new(config))
            .accept(stream)
            .await
            .map_err(|error| HandshakeFault(error.to_string()))?;
        let session = stream.get_ref().1;
        let client = if postponed.is_proven.load(Ordering::SeqCst) {
            session.peer_certificates().unwrap_or_default().to_vec()
        } else {
            Vec::new()
        };
        Ok(Accepted {
            facts: TlsFacts {
                version: version_of(session),
                suite: suite_of(session),
                name: None,
                client,
            },
            stream: Box::new(stream),
        })
    }
}

/// The one certificate, whatever name was asked for: a client that asks for another one or for none is served all the same
/// (RFC 8461 §7.1).
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Takes every certificate of a client: it is judged after the handshake, by a rule.
///
/// Choice: a client whose signature does not fit its certificate, or whose certificate cannot be read, is treated like one
/// that shows none. To break the handshake would push its mail into plaintext where no rule asks (RFC 7435 §3).
#[derive(Debug)]
struct Postponed {
    algorithms: WebPkiSupportedAlgorithms,
    is_proven: AtomicBool,
}

impl Postponed {
    fn new(provider: &CryptoProvider) -> Self {
        Self {
            algorithms: provider.signature_verification_algorithms,
            is_proven: AtomicBool::new(false),
        }
    }

    /// Notes whether the client owns its certificate, and lets it go on either way.
    fn noted(
        &self,
        verified: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match verified {
            Ok(_) => self.is_proven.store(true, Ordering::SeqCst),
            Err(error) => tracing::info!(%error, "a client does not own the certificate it shows"),
        }
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ClientCertVerifier for Postponed {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.noted(verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.algorithms,
        ))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.noted(verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.algorithms,
        ))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
