//! A client that looks at the certificates of a host.

#[path = "../../../tests/any_certificate/mod.rs"]
mod any_certificate;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use any_certificate::AnyCertificate;

/// The certificates that a host sends after STARTTLS, in DER.
pub(super) async fn shown_chain(at: SocketAddr) -> Vec<Vec<u8>> {
    let mut stream = BufReader::new(tokio::net::TcpStream::connect(at).await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    stream.write_all(b"EHLO home.test\r\n").await.unwrap();
    while !line.starts_with("250 ") {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
    }
    stream.write_all(b"STARTTLS\r\n").await.unwrap();
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("220"), "{line}");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = "mx.example.test".try_into().unwrap();
    let tls = connector.connect(name, stream.into_inner()).await.unwrap();
    let (_, connection) = tls.get_ref();
    let chain = connection.peer_certificates().unwrap();
    chain.iter().map(|one| one.to_vec()).collect()
}
