//! An OpenSSL client at security level 0, that takes any certificate.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// What a client saw.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) version: &'static str,
    pub(crate) cipher: &'static str,
    /// Secret and algorithm, as the product page counts them.
    pub(crate) bits: (i32, i32),
    pub(crate) leaf: Vec<u8>,
    pub(crate) answer: String,
}

/// A client that offers everything.
pub(crate) fn builder() -> SslContextBuilder {
    let mut builder = SslContextBuilder::new(SslMethod::tls_client()).unwrap();
    builder.set_security_level(0);
    builder.set_cipher_list("ALL:COMPLEMENTOFALL").unwrap();
    builder
        .set_min_proto_version(Some(SslVersion::TLS1))
        .unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder
}

/// A client of one version.
pub(crate) fn of_version(version: SslVersion) -> SslContextBuilder {
    let mut builder = builder();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder
}

/// Shakes hands and exchanges one line.
pub(crate) async fn speak(address: SocketAddr, builder: SslContextBuilder) -> io::Result<Spoken> {
    let tcp = TcpStream::connect(address).await?;
    let mut ssl = Ssl::new(&builder.build()).unwrap();
    ssl.set_hostname(crate::stage::HOST).unwrap();
    let mut stream = SslStream::new(ssl, tcp).unwrap();
    Pin::new(&mut stream)
        .connect()
        .await
        .map_err(io::Error::other)?;
    stream.write_all(b"QUIT\r\n").await?;
    stream.flush().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let ssl = stream.ssl();
    let cipher = ssl.current_cipher().unwrap();
    let bits = cipher.bits();
    Ok(Spoken {
        version: ssl.version_str(),
        cipher: cipher.standard_name().unwrap(),
        bits: (bits.secret, bits.algorithm),
        leaf: ssl
            .peer_certificate()
            .map(|leaf| leaf.to_der().unwrap())
            .unwrap_or_default(),
        answer,
    })
}
