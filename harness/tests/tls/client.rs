//! A rustls client that takes any certificate.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::any_certificate::AnyCertificate;

/// What a client saw.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) cipher: String,
    pub(crate) group: Option<String>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) answer: String,
}

/// A client of these versions that takes any certificate.
pub(crate) fn config(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    with_provider(ring::default_provider(), versions)
}

/// The same, with the suites and groups of this provider.
pub(crate) fn with_provider(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config
}

/// Both versions.
pub(crate) fn modern() -> ClientConfig {
    config(&[&rustls::version::TLS13, &rustls::version::TLS12])
}

/// Shakes hands and exchanges one line.
pub(crate) async fn speak(
    address: SocketAddr,
    config: ClientConfig,
    name: &str,
) -> std::io::Result<Spoken> {
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await?;
    stream.write_all(b"QUIT\r\n").await?;
    stream.flush().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let session = stream.get_ref().1;
    Ok(Spoken {
        cipher: format!("{:?}", session.negotiated_cipher_suite().unwrap().suite()),
        group: session
            .negotiated_key_exchange_group()
            .map(|group| format!("{:?}", group.name()).to_ascii_lowercase()),
        leaf: session.peer_certificates().unwrap()[0].to_vec(),
        answer,
    })
}
