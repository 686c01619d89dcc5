//! TLS servers without a fake around them: what the fakes are measured against. One version, one certificate, and
//! the same stack that serves a fake of that version.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use mtaspec_certs::Minted;
use mtaspec_judge::scenario::TlsVersion;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::stage::talk::Stream;
use crate::stage::tls_client::Resumes;

/// A server of one version.
pub(crate) enum BareServer {
    Rustls(TlsAcceptor),
    #[cfg(feature = "legacy-tls")]
    OpenSsl(openssl::ssl::SslContext),
}

impl BareServer {
    /// A server that shows this certificate.
    pub(crate) fn new(
        version: TlsVersion,
        certificate: &Minted,
        resumes: Resumes,
    ) -> anyhow::Result<Self> {
        match version {
            TlsVersion::Tls12 => modern(&rustls::version::TLS12, certificate, resumes),
            TlsVersion::Tls13 => modern(&rustls::version::TLS13, certificate, resumes),
            #[cfg(feature = "legacy-tls")]
            TlsVersion::Tls10 => legacy(openssl::ssl::SslVersion::TLS1, certificate),
            #[cfg(feature = "legacy-tls")]
            TlsVersion::Tls11 => legacy(openssl::ssl::SslVersion::TLS1_1, certificate),
            other => bail!("no server speaks {other:?}"),
        }
    }

    /// Shakes hands and answers one line.
    pub(crate) async fn serve<S: Stream>(&self, stream: S) -> anyhow::Result<()> {
        match self {
            Self::Rustls(acceptor) => answer(acceptor.accept(stream).await?).await,
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(context) => {
                let ssl = openssl::ssl::Ssl::new(context)?;
                let mut stream = Box::new(tokio_openssl::SslStream::new(ssl, stream)?);
                std::pin::Pin::new(&mut *stream).accept().await?;
                answer(stream).await
            }
        }
    }
}

/// Reads a line, whichever it is, and answers it.
pub(crate) async fn answer(mut stream: impl Stream) -> anyhow::Result<()> {
    let mut line = Vec::with_capacity(64);
    while !line.ends_with(b"\n") {
        let read = stream.read_buf(&mut line).await?;
        anyhow::ensure!(read > 0, "the connection ended before the line");
    }
    stream.write_all(b"221 2.0.0 Bye\r\n").await?;
    stream.flush().await?;
    Ok(())
}

fn modern(
    version: &'static SupportedProtocolVersion,
    certificate: &Minted,
    resumes: Resumes,
) -> anyhow::Result<BareServer> {
    let chain = certificate.chain.iter().cloned();
    let key = PrivateKeyDer::Pkcs8(certificate.private_key.clone().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])?
        .with_no_client_auth()
        .with_single_cert(chain.map(CertificateDer::from).collect(), key)?;
    match resumes {
        Resumes::No => {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Resumes::Yes => config.session_storage = ServerSessionMemoryCache::new(256),
    }
    Ok(BareServer::Rustls(TlsAcceptor::from(Arc::new(config))))
}

#[cfg(feature = "legacy-tls")]
fn legacy(version: openssl::ssl::SslVersion, certificate: &Minted) -> anyhow::Result<BareServer> {
    use openssl::pkey::PKey;
    use openssl::ssl::{SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode};
    use openssl::x509::X509;

    let mut builder = SslContextBuilder::new(SslMethod::tls_server())?;
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    builder.set_cipher_list("ALL")?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    let mut chain = certificate.chain.iter();
    let leaf = chain.next().context("a chain begins with its leaf")?;
    builder.set_certificate(&*X509::from_der(leaf)?)?;
    for issuer in chain {
        builder.add_extra_chain_cert(X509::from_der(issuer)?)?;
    }
    builder.set_private_key(&*PKey::private_key_from_der(&certificate.private_key)?)?;
    Ok(BareServer::OpenSsl(builder.build()))
}
