//! A sender that says what it is told and hears what comes.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use crate::any_certificate::AnyCertificate;

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A sender.
pub(crate) struct Client {
    stream: Box<dyn Duplex>,
    heard: Vec<u8>,
    broken: bool,
}

impl Client {
    /// Over this connection.
    pub(crate) fn new(stream: impl Duplex + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            heard: Vec::new(),
            broken: false,
        }
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Sends a line and hears the reply.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        self.reply().await.unwrap_or_else(|| "end".into())
    }

    /// The next reply with all its lines, the last line end taken off; none: the connection is over.
    pub(crate) async fn reply(&mut self) -> Option<String> {
        let mut reply = String::new();
        loop {
            let line = self.line().await?;
            reply.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return Some(reply.trim_end_matches(['\r', '\n']).to_owned());
            }
        }
    }

    /// The next line with its end.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line = self.heard.drain(..=end).collect::<Vec<_>>();
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            match self.stream.read_buf(&mut self.heard).await {
                Ok(1..) => {}
                Ok(0) => return None,
                Err(_) => {
                    self.broken = true;
                    return None;
                }
            }
        }
    }

    /// The code of the next reply; `end` or `reset` where the connection ends.
    pub(crate) async fn code(&mut self) -> String {
        match self.reply().await {
            Some(reply) => reply.chars().take(3).collect(),
            None if self.rest().await.1 => "end".into(),
            None => "reset".into(),
        }
    }

    /// Says that nothing more will come.
    pub(crate) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Everything up to the end, and whether the end was in order.
    pub(crate) async fn rest(&mut self) -> (String, bool) {
        let ended = !self.broken && self.stream.read_to_end(&mut self.heard).await.is_ok();
        let rest = std::mem::take(&mut self.heard);
        (String::from_utf8_lossy(&rest).into_owned(), ended)
    }

    /// Begins TLS; none: it could not be had.
    pub(crate) async fn into_tls(self) -> Option<Self> {
        assert!(
            self.heard.is_empty(),
            "plaintext behind the reply: {:?}",
            self.heard
        );
        let connector = TlsConnector::from(config());
        let stream = connector.connect(host(), self.stream).await.ok()?;
        Some(Self::new(stream))
    }

    /// Sends a ClientHello and goes on without TLS.
    pub(crate) async fn send_hello(&mut self) {
        let mut hello = Vec::new();
        let mut tls = ClientConnection::new(config(), host()).unwrap();
        tls.write_tls(&mut hello).unwrap();
        self.send(hello).await;
    }

    /// EHLO, STARTTLS, TLS, EHLO.
    pub(crate) async fn secured(mut self) -> Self {
        assert!(self.say("EHLO a.test").await.starts_with("250"));
        assert!(self.say("STARTTLS").await.starts_with("220"));
        let mut inside = self.into_tls().await.unwrap();
        assert!(inside.say("EHLO a.test").await.starts_with("250"));
        inside
    }
}

fn config() -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
        .with_no_client_auth();
    Arc::new(config)
}

fn host() -> ServerName<'static> {
    ServerName::try_from("mx.example.abcdefg2.test").unwrap()
}
