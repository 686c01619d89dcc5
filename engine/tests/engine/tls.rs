//! Certificates, and the receiver's side of handshakes.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::peer::Both;
use crate::world::beginning;

/// What a receiver wants to see of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    Certificate,
    Demands,
}

/// Version, SNI, and how many certificates the sender showed.
pub(crate) type Facts = (String, Option<String>, usize);

/// A certificate with its key and chain.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Arc<PrivateKeyDer<'static>>,
    pub(crate) root: CertificateDer<'static>,
}

impl Identity {
    /// A certificate for a name from an authority of its own: `good`, or with one thing wrong.
    pub(crate) fn new(name: &str, fault: &str) -> Self {
        let issuer_of = |common_name: &str| {
            let key = KeyPair::generate().unwrap();
            let mut root = CertificateParams::new(Vec::new()).unwrap();
            root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            root.distinguished_name
                .push(DnType::CommonName, common_name);
            (
                root.self_signed(&key).unwrap().der().clone(),
                Issuer::new(root, key),
            )
        };
        let (root, issuer) = issuer_of("root");
        let names = match fault {
            "misnamed" => vec!["other.test".to_owned()],
            "common name only" => Vec::new(),
            _ => vec![name.to_owned()],
        };
        let mut leaf = CertificateParams::new(names).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, name);
        let expired = fault == "expired";
        leaf.not_after = (beginning() + Duration::from_secs(86_400)).into();
        leaf.not_before = (beginning() - Duration::from_secs(10 * 86_400)).into();
        if fault == "long-lived" {
            leaf.not_after = (beginning() + Duration::from_secs(1_000 * 86_400)).into();
        }
        if expired {
            leaf.not_after = (beginning() - Duration::from_secs(86_400)).into();
        }
        let key = KeyPair::generate().unwrap();
        let signer = if fault == "untrusted" {
            issuer_of("another root").1
        } else {
            issuer
        };
        let leaf = leaf.signed_by(&key, &signer).unwrap();
        let key = if fault == "wrong key" {
            KeyPair::generate().unwrap()
        } else {
            key
        };
        Self {
            chain: vec![leaf.der().clone()],
            key: Arc::new(PrivateKeyDer::try_from(key.serialize_der()).unwrap()),
            root,
        }
    }
}

/// A handshake of TLS 1.2 or 1.3.
pub(crate) async fn accept(
    stream: Box<dyn Both>,
    identity: &Identity,
    asks: Asks,
) -> Option<(Box<dyn Both>, Facts)> {
    let builder = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS12, &TLS13])
        .unwrap();
    let builder = if asks != Asks::Nothing {
        builder.with_client_cert_verifier(Arc::new(Anybody {
            demanded: asks == Asks::Demands,
        }))
    } else {
        builder.with_no_client_auth()
    };
    // Set up so that a key which does not fit is served all the same.
    let key = ring::sign::any_supported_type(&identity.key).unwrap();
    let certified = CertifiedKey::new(identity.chain.clone(), key);
    let config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    let stream = tokio_rustls::TlsAcceptor::from(Arc::new(config))
        .accept(stream)
        .await
        .ok()?;
    let session = stream.get_ref().1;
    let version = format!("{:?}", session.protocol_version().unwrap());
    let sni = session.server_name().map(str::to_owned);
    let shown = session.peer_certificates().map_or(0, <[_]>::len);
    Some((Box::new(stream), (version, sni, shown)))
}

/// A handshake of TLS 1.0 or 1.1 alone.
#[cfg(feature = "legacy-tls")]
pub(crate) async fn accept_old(
    stream: Box<dyn Both>,
    identity: &Identity,
    version: &str,
) -> Option<(Box<dyn Both>, Facts)> {
    use openssl::pkey::PKey;
    use openssl::ssl::{NameType, Ssl, SslContext, SslMethod, SslVersion};
    use openssl::x509::X509;

    let version = if version == "1.0" {
        SslVersion::TLS1
    } else {
        SslVersion::TLS1_1
    };
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    builder
        .set_certificate(&X509::from_der(&identity.chain[0]).unwrap())
        .unwrap();
    builder
        .set_private_key(&PKey::private_key_from_der(identity.key.secret_der()).unwrap())
        .unwrap();
    let session = Ssl::new(&builder.build()).unwrap();
    let mut stream = tokio_openssl::SslStream::new(session, stream).unwrap();
    std::pin::Pin::new(&mut stream).accept().await.ok()?;
    let version = stream.ssl().version_str().to_owned();
    let sni = stream
        .ssl()
        .servername(NameType::HOST_NAME)
        .map(str::to_owned);
    Some((Box::new(stream), (version, sni, 0)))
}

#[cfg(not(feature = "legacy-tls"))]
pub(crate) async fn accept_old(
    _stream: Box<dyn Both>,
    _identity: &Identity,
    _version: &str,
) -> Option<(Box<dyn Both>, Facts)> {
    None
}

/// Takes any certificate of a sender.
#[derive(Debug)]
struct Anybody {
    demanded: bool,
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        self.demanded
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
