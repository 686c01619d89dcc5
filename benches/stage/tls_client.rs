//! The sender's side of TLS: rustls for 1.2 and 1.3, OpenSSL below. It checks chain and name, as a sender under a
//! rule does, and speaks one version.
//!
//! Of all that it offers it likes best what fakes like best, so that every server agrees on the same suite with it.

use std::sync::Arc;

use anyhow::ensure;
use mtaspec_harness::internet::tls::suite_name;
use mtaspec_judge::scenario::TlsVersion;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore, SupportedCipherSuite};
use tokio_rustls::TlsConnector;

use super::certificates;
use super::talk::Stream;

/// Is the work of an earlier handshake used again?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumes {
    No,
    Yes,
}

/// A client of one version for one host.
pub(crate) enum TlsClient {
    Rustls(TlsConnector, ServerName<'static>, Resumes),
    #[cfg(feature = "legacy-tls")]
    OpenSsl(openssl::ssl::SslContext, String),
}

impl TlsClient {
    /// A client that trusts the committed authorities.
    pub(crate) fn new(version: TlsVersion, host: &str, resumes: Resumes) -> anyhow::Result<Self> {
        match version {
            TlsVersion::Tls12 => modern(&rustls::version::TLS12, host, resumes),
            TlsVersion::Tls13 => modern(&rustls::version::TLS13, host, resumes),
            #[cfg(feature = "legacy-tls")]
            TlsVersion::Tls10 => legacy::client(openssl::ssl::SslVersion::TLS1, host),
            #[cfg(feature = "legacy-tls")]
            TlsVersion::Tls11 => legacy::client(openssl::ssl::SslVersion::TLS1_1, host),
            other => anyhow::bail!("no client speaks {other:?}"),
        }
    }

    /// Shakes hands; `warm` if an earlier handshake left a session.
    pub(crate) async fn secure<S: Stream + 'static>(
        &self,
        stream: S,
        warm: bool,
    ) -> anyhow::Result<Box<dyn Stream>> {
        match self {
            Self::Rustls(connector, name, resumes) => {
                let stream = connector.connect(name.clone(), stream).await?;
                let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                let wanted = warm && *resumes == Resumes::Yes;
                ensure!(resumed == wanted, "resumed: {resumed}, wanted: {wanted}");
                Ok(Box::new(stream))
            }
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(context, host) => {
                let ssl = legacy::session(context, host)?;
                let mut stream = Box::new(tokio_openssl::SslStream::new(ssl, stream)?);
                std::pin::Pin::new(&mut *stream).connect().await?;
                Ok(stream)
            }
        }
    }
}

fn modern(
    version: &'static rustls::SupportedProtocolVersion,
    host: &str,
    resumes: Resumes,
) -> anyhow::Result<TlsClient> {
    let mut roots = RootCertStore::empty();
    for root in certificates::roots() {
        roots.add(CertificateDer::from(root))?;
    }
    let mut provider = ring::default_provider();
    let is_second_choice =
        |suite: &SupportedCipherSuite| !suite_name(suite.suite().into()).contains("AES_128");
    provider.cipher_suites.sort_by_key(is_second_choice);
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = match resumes {
        Resumes::No => Resumption::disabled(),
        Resumes::Yes => Resumption::in_memory_sessions(16),
    };
    let name = ServerName::try_from(host.to_owned())?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok(TlsClient::Rustls(connector, name, resumes))
}

#[cfg(feature = "legacy-tls")]
mod legacy {
    use openssl::error::ErrorStack;
    use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
    use openssl::x509::X509;

    use super::{TlsClient, certificates};

    /// Whatever the version, at security level 0: else OpenSSL refuses SHA-1 below 1.2.
    pub(super) fn client(version: SslVersion, host: &str) -> anyhow::Result<TlsClient> {
        let mut builder = SslContextBuilder::new(SslMethod::tls_client())?;
        builder.set_security_level(0);
        builder.set_min_proto_version(Some(version))?;
        builder.set_max_proto_version(Some(version))?;
        builder.set_cipher_list("ECDHE+AES128:ALL")?;
        builder.set_verify(SslVerifyMode::PEER);
        for root in certificates::roots() {
            builder.cert_store_mut().add_cert(X509::from_der(&root)?)?;
        }
        Ok(TlsClient::OpenSsl(builder.build(), host.to_owned()))
    }

    pub(super) fn session(context: &SslContext, host: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(context)?;
        ssl.set_hostname(host)?;
        ssl.param_mut().set_host(host)?;
        Ok(ssl)
    }
}
