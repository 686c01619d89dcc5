//! TLS 1.0 to 1.3 with OpenSSL, where the floor is below TLS 1.2.
//!
//! Suites that are sound today come first and are those of TLS 1.2 and 1.3; older ones are offered behind them. The level of
//! security is zero, else OpenSSL would refuse the signatures of TLS 1.0 and 1.1. Nothing is resumed.

use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use rustls_pki_types::CertificateDer;
use tokio_openssl::SslStream;

use crate::outside::Stream;
use crate::settings::{OwnCertificate, Settings, TlsVersion};

use super::peer::PeerName;
use super::stack::{HandshakeFault, Protected};
use super::suite::Suite;

/// Ephemeral keys with authenticated encryption, then what TLS 1.0 and 1.1 have, without anonymous, empty, export and RC4
/// suites (RFC 9325 §4.1).
pub(super) const SUITES: &str = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:RSA+AES:ECDHE+3DES:RSA+3DES:!aNULL:!eNULL:!EXPORT:!RC4:@SECLEVEL=0";
/// Curves of at least 224 bits (RFC 9325 §4.5).
pub(super) const GROUPS: &str = "X25519:P-256:P-384:P-521";

/// OpenSSL, set up once.
pub(super) struct Legacy(SslContext);

impl Legacy {
    pub(super) fn new(settings: &Settings) -> Result<Self, ErrorStack> {
        let mut builder = SslContextBuilder::new(SslMethod::tls_client())?;
        builder.set_security_level(0);
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder.set_options(SslOptions::NO_TICKET | SslOptions::NO_COMPRESSION);
        builder.set_min_proto_version(Some(version(settings.minimum_tls)))?;
        builder.set_cipher_list(SUITES)?;
        builder.set_groups_list(GROUPS)?;
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_verify(SslVerifyMode::NONE);
        if let Some(own) = &settings.client_certificate {
            show(&mut builder, own)?;
        }
        Ok(Self(builder.build()))
    }

    /// Makes a handshake.
    ///
    /// Choice: a peer that does not own the key of its certificate fails it, also where nobody asks whose certificate it is;
    /// the mail then goes out in plaintext, as after any failed handshake. The other stack passes such a peer (RFC 7435 §4
    /// wants encryption without authentication rather than none), but OpenSSL checks the signature of a handshake whatever
    /// `SSL_VERIFY_NONE` says, and has no switch for it. It is the stack of old floors alone, where plaintext is close anyhow.
    ///
    /// # Errors
    /// `HandshakeFault` when it fails.
    pub(super) async fn handshake(
        &self,
        stream: Box<dyn Stream>,
        peer: &PeerName,
    ) -> Result<Protected, HandshakeFault> {
        let mut stream = self
            .session(stream, peer)
            .map_err(|error| HandshakeFault(error.to_string()))?;
        Pin::new(&mut stream)
            .connect()
            .await
            .map_err(|error| HandshakeFault(error.to_string()))?;
        let session = stream.ssl();
        let chain = session
            .peer_cert_chain()
            .into_iter()
            .flatten()
            .filter_map(|certificate| certificate.to_der().ok().map(CertificateDer::from))
            .collect();
        Ok(Protected {
            version: version_of(session),
            suite: suite_of(session),
            chain,
            stream: Box::new(stream),
        })
    }

    fn session(
        &self,
        stream: Box<dyn Stream>,
        peer: &PeerName,
    ) -> Result<SslStream<Box<dyn Stream>>, ErrorStack> {
        let mut session = Ssl::new(&self.0)?;
        if let PeerName::Host(name) = peer {
            session.set_hostname(name.as_str())?;
        }
        SslStream::new(session, stream)
    }
}

/// The version that a handshake ended with.
pub(super) fn version_of(session: &SslRef) -> TlsVersion {
    match session.version2() {
        Some(SslVersion::TLS1_3) => TlsVersion::Tls13,
        Some(SslVersion::TLS1_2) => TlsVersion::Tls12,
        Some(SslVersion::TLS1_1) => TlsVersion::Tls11,
        _ => TlsVersion::Tls10,
    }
}

/// The suite that a handshake ended with.
pub(super) fn suite_of(session: &SslRef) -> Suite {
    let current = session.current_cipher();
    Suite::of(current.map_or(0, |cipher| u16::from_be_bytes(cipher.protocol_id())))
}

/// A version as OpenSSL names it.
pub(super) fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::Tls10 => SslVersion::TLS1,
        TlsVersion::Tls11 => SslVersion::TLS1_1,
        TlsVersion::Tls12 => SslVersion::TLS1_2,
        TlsVersion::Tls13 => SslVersion::TLS1_3,
    }
}

/// Has a certificate shown, with what leads from it to its root.
pub(super) fn show(
    builder: &mut SslContextBuilder,
    own: &OwnCertificate,
) -> Result<(), ErrorStack> {
    let key = PKey::private_key_from_der(own.key.secret_der())?;
    for (place, certificate) in own.chain.iter().enumerate() {
        let certificate = X509::from_der(certificate)?;
        if place == 0 {
            builder.set_certificate(&certificate)?;
        } else {
            builder.add_extra_chain_cert(certificate)?;
        }
    }
    builder.set_private_key(&key)
}
