//! TLS 1.2 and 1.3 by rustls: for every fake whose versions, suites, groups and keys are all known to it.

use std::io::{self, Read};
use std::sync::Arc;

use mtaspec_certs::{KeyKind, Minted};
use mtaspec_judge::events::By;
use mtaspec_judge::scenario::{ClientCertificate, TlsVersion};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig, ServerSessionMemoryCache,
};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, DigitallySignedStruct, DistinguishedName, SignatureScheme,
    SupportedCipherSuite, SupportedProtocolVersion,
};
use tokio_rustls::TlsAcceptor;

use super::below::Below;
use super::names;
use super::setup::TlsSetup;
use super::stack::{Broken, Shaken};
use super::stream::Over;
use super::suites::suite_name;

/// Sessions that a fake with the quirk `resumption` remembers.
const SESSIONS: usize = 256;
/// What a ticket announces with the quirk `early-data`.
const EARLY_DATA: u32 = 16 * 1024;
/// The quirks that this stack can show.
const QUIRKS: [&str; 2] = ["resumption", "early-data"];

/// Whether rustls has all of it.
pub(super) fn serves(setup: &TlsSetup, keys: &[KeyKind]) -> bool {
    let provider = ring::default_provider();
    let known = |name: &str| {
        provider
            .cipher_suites
            .iter()
            .any(|suite| suite_name(suite.suite().into()) == name)
    };
    let group = |name: &str| {
        provider
            .kx_groups
            .iter()
            .any(|group| names::group_name(group.name().into()) == name)
    };
    setup
        .versions
        .iter()
        .all(|version| protocol(*version).is_some())
        && setup.suites().iter().all(|suite| known(suite))
        && setup.groups.iter().all(|name| group(name))
        && setup
            .quirks
            .iter()
            .all(|quirk| QUIRKS.contains(&quirk.as_str()))
        && !keys.contains(&KeyKind::Rsa1024)
}

fn protocol(version: TlsVersion) -> Option<&'static SupportedProtocolVersion> {
    match version {
        TlsVersion::Tls12 => Some(&rustls::version::TLS12),
        TlsVersion::Tls13 => Some(&rustls::version::TLS13),
        TlsVersion::Ssl3 | TlsVersion::Tls10 | TlsVersion::Tls11 => None,
    }
}

/// A configuration that shows one certificate.
pub(super) fn configure(
    setup: &TlsSetup,
    certificate: &Minted,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(provider_of(setup));
    let versions = protocols_of(setup);
    let key = PrivateKeyDer::Pkcs8(certificate.private_key.clone().into());
    let key = provider.key_provider.load_private_key(key)?;
    let chain = certificate
        .chain
        .iter()
        .cloned()
        .map(CertificateDer::from)
        .collect();
    // Unlike the other ways, this one checks neither leaf nor key: what is wrong with them is on purpose.
    let certified = Arc::new(CertifiedKey::new(chain, key));
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)?;
    let builder = match setup.client_certificate {
        ClientCertificate::Ignored => builder.with_no_client_auth(),
        asked => builder.with_client_cert_verifier(Arc::new(AnyClient {
            required: asked == ClientCertificate::Required,
            algorithms: provider.signature_verification_algorithms,
        })),
    };
    let mut config = builder.with_cert_resolver(Arc::new(Shows(certified)));
    config.ignore_client_order = true;
    if let Some(log) = &setup.key_log {
        config.key_log = Arc::new(log.clone());
    }
    if setup.has_quirk("resumption") {
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        if setup.has_quirk("early-data") {
            config.max_early_data_size = EARLY_DATA;
        }
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(Arc::new(config))
}

/// The versions that can be spoken with the suites.
pub(super) fn protocols_of(setup: &TlsSetup) -> Vec<&'static SupportedProtocolVersion> {
    let spoken = setup.versions_with(&setup.suites());
    spoken
        .iter()
        .filter_map(|version| protocol(*version))
        .collect()
}

pub(super) fn provider_of(setup: &TlsSetup) -> CryptoProvider {
    let whole = ring::default_provider();
    let suites = setup.suites();
    let in_order = |name: &String| -> Option<SupportedCipherSuite> {
        whole
            .cipher_suites
            .iter()
            .find(|suite| suite_name(suite.suite().into()) == *name)
            .copied()
    };
    let groups = setup.groups.iter().filter_map(|name| {
        whole
            .kx_groups
            .iter()
            .find(|group| names::group_name(group.name().into()) == *name)
            .copied()
    });
    CryptoProvider {
        cipher_suites: suites.iter().filter_map(in_order).collect(),
        kx_groups: groups.collect(),
        ..whole
    }
}

/// Shakes hands; `below` replays the hello.
pub(super) async fn accept(config: Arc<ServerConfig>, below: Below) -> Result<Shaken, Broken> {
    match TlsAcceptor::from(config)
        .accept(below)
        .into_fallible()
        .await
    {
        Ok(mut stream) => {
            let flight = stream.get_ref().0.flight();
            let (_, session) = stream.get_mut();
            let client_chain: Vec<Vec<u8>> = session
                .peer_certificates()
                .unwrap_or_default()
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect();
            let resumed = session.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            let mut early = Vec::new();
            if let Some(mut data) = session.early_data() {
                // What early data there is, is in memory; an error is the end of it.
                let _ = data.read_to_end(&mut early);
            }
            stream.get_mut().0.end_handshake();
            Ok(Shaken {
                stream: Box::new(Over::new(stream, early)),
                flight,
                client_chain,
                resumed,
            })
        }
        Err((error, mut below)) => {
            let (by, alert) = blame(&error, below.flight().alert);
            Err(Broken::new(&mut below, by, alert))
        }
    }
}

/// Who ended it, and with which alert.
fn blame(error: &io::Error, sent: Option<u8>) -> (By, Option<u8>) {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::AlertReceived(alert)) => (By::Sender, Some(u8::from(*alert))),
        Some(error) => (
            By::Receiver,
            sent.or_else(|| secret_alert(error).map(u8::from)),
        ),
        None => (By::Sender, None),
    }
}

/// The alert that rustls sends for this error, where it goes out encrypted (TLS 1.3).
fn secret_alert(error: &rustls::Error) -> Option<AlertDescription> {
    match error {
        rustls::Error::NoCertificatesPresented => Some(AlertDescription::CertificateRequired),
        rustls::Error::InvalidCertificate(cause) => Some(cause.clone().into()),
        rustls::Error::InvalidMessage(cause) => Some((*cause).into()),
        rustls::Error::DecryptError => Some(AlertDescription::BadRecordMac),
        rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. } => {
            Some(AlertDescription::UnexpectedMessage)
        }
        rustls::Error::PeerIncompatible(_) => Some(AlertDescription::HandshakeFailure),
        rustls::Error::PeerMisbehaved(_) => Some(AlertDescription::IllegalParameter),
        _ => None,
    }
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Takes whatever a sender shows, as long as it has the key.
#[derive(Debug)]
struct AnyClient {
    required: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
