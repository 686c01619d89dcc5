//! TLS 1.0 to 1.3 with OpenSSL, as the receiver, where the floor is below TLS 1.2.
//!
//! Our order of suites counts (RFC 9325 §4.2.1); no renegotiation, no compression, no tickets, nothing is resumed.

use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode,
};
use rustls_pki_types::CertificateDer;
use tokio_openssl::SslStream;

use crate::settings::{OwnCertificate, Settings};

use super::super::legacy::{GROUPS, show, suite_of, version, version_of};
use super::super::stack::HandshakeFault;
use super::acceptor::{Accepted, TlsFacts, asks_for_certificates};
use super::hello::Replayed;

/// Choice: none with finite-field groups, which RFC 9325 §4.1 wants left aside where there is a choice, and none whose tag
/// is short. Triple-DES stands last, for those who would come in plaintext otherwise (RFC 9325 §5.2).
const SUITES: &str = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AES:ECDHE+3DES:RSA+3DES:!aNULL:!eNULL:!EXPORT:!RC4:!AESCCM:@SECLEVEL=0";

/// OpenSSL, set up once.
pub(super) struct Legacy(SslContext);

impl Legacy {
    pub(super) fn new(settings: &Settings, own: &OwnCertificate) -> Result<Self, ErrorStack> {
        let mut builder = SslContextBuilder::new(SslMethod::tls_server())?;
        builder.set_security_level(0);
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder.set_options(
            SslOptions::NO_TICKET
                | SslOptions::NO_COMPRESSION
                | SslOptions::NO_RENEGOTIATION
                | SslOptions::CIPHER_SERVER_PREFERENCE,
        );
        builder.set_num_tickets(0)?;
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_min_proto_version(Some(version(settings.minimum_tls)))?;
        builder.set_cipher_list(SUITES)?;
        builder.set_groups_list(GROUPS)?;
        if asks_for_certificates(settings) {
            // Whatever is shown is taken: it is judged after the handshake, by a rule.
            builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
            builder.set_session_id_context(b"mtaspec")?;
        }
        show(&mut builder, own)?;
        Ok(Self(builder.build()))
    }

    pub(super) async fn accept(&self, stream: Replayed) -> Result<Accepted, HandshakeFault> {
        let mut stream = Ssl::new(&self.0)
            .and_then(|session| SslStream::new(session, stream))
            .map_err(|error| HandshakeFault(error.to_string()))?;
        Pin::new(&mut stream)
            .accept()
            .await
            .map_err(|error| HandshakeFault(error.to_string()))?;
        let session = stream.ssl();
        // A server's view of the chain lacks the leaf.
        let leaf = session.peer_certificate();
        let client = leaf
            .iter()
            .filter_map(|leaf| leaf.to_der().ok())
            .chain(
                session
                    .peer_cert_chain()
                    .into_iter()
                    .flatten()
                    .filter_map(|certificate| certificate.to_der().ok()),
            )
            .map(CertificateDer::from)
            .collect();
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
