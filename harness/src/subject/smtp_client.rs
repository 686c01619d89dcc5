//! The few words of SMTP that hand a message over (RFC 5321 §3.3), inside TLS and logged in where that is asked for. Our
//! own and small: what the engine reads is written by other hands than the engine's. What a reply is, `replies` says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::envelope::stuffed;
use super::replies::{Front, Reply, take};
use super::way_in::{Injection, Login};
use crate::base64::encoded;
use crate::internet::tls::AnyServer;

/// The subject has so much real time for each reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// What went wrong on the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialogueError {
    /// The connection broke.
    #[error("the connection to the subject broke")]
    Io(#[from] std::io::Error),
    /// It closed without a word.
    #[error("the subject closed the connection")]
    Closed,
    /// It said nothing for too long.
    #[error("the subject said nothing for {} s", PATIENCE.as_secs())]
    Silent,
    /// What it said is no SMTP.
    #[error("the subject answered {0:?}, which is no SMTP reply")]
    Nonsense(String),
    /// It does not offer what it was asked for.
    #[error("the subject offers no {0}")]
    NotOffered(&'static str),
    /// It refused what stands before a message, so nothing can be said of messages.
    #[error("the subject refused {what}: {code} {text}")]
    Refused {
        /// The command.
        what: &'static str,
        /// The code.
        code: u16,
        /// Its text.
        text: String,
    },
    /// It said something behind its answer to STARTTLS that was not inside TLS (RFC 3207 §6).
    #[error("the subject went on in plaintext behind STARTTLS")]
    PlaintextBehindStarttls,
}

/// What a session is spoken over.
trait Channel: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Channel for T {}

/// A connection to the subject.
pub(super) struct SmtpClient {
    stream: Box<dyn Channel>,
    input: Vec<u8>,
    patience: Duration,
}

impl SmtpClient {
    /// Connects and reads the greeting.
    pub(super) async fn connect(to: SocketAddr) -> Result<(Self, Reply), DialogueError> {
        Self::connect_with(to, PATIENCE).await
    }

    async fn connect_with(
        to: SocketAddr,
        patience: Duration,
    ) -> Result<(Self, Reply), DialogueError> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream: Box::new(stream),
            input: Vec::new(),
            patience,
        };
        let greeting = client.reply().await?;
        Ok((client, greeting))
    }

    /// Connects and comes as far as MAIL: greeting, EHLO, TLS, login. The last answer is the one to EHLO, or one that is
    /// no yes.
    pub(super) async fn open(
        injection: &Injection,
        name: &str,
    ) -> Result<(Self, Reply), DialogueError> {
        let (mut client, mut answer) = Self::connect(injection.address).await?;
        if answer.is_positive() {
            answer = client.command(&format!("EHLO {name}")).await?;
        }
        if answer.is_positive() && injection.starttls {
            if !answer.lists("STARTTLS") {
                return Err(DialogueError::NotOffered("STARTTLS"));
            }
            let reply = client.command("STARTTLS").await?;
            if reply.is_for_later() {
                return Ok((client, reply));
            }
            client = client.inside_tls(reply, injection.address).await?;
            answer = client.command(&format!("EHLO {name}")).await?;
        }
        if answer.is_positive()
            && let Some(login) = &injection.login
        {
            let reply = client.log_in(login, &answer).await?;
            if reply.is_for_later() {
                return Ok((client, reply));
            }
            accepted("AUTH", reply)?;
        }
        Ok((client, answer))
    }

    /// The same connection inside TLS; whatever certificate the subject shows is good, since it is not what is tested.
    async fn inside_tls(self, reply: Reply, to: SocketAddr) -> Result<Self, DialogueError> {
        accepted("STARTTLS", reply)?;
        if !self.input.is_empty() {
            return Err(DialogueError::PlaintextBehindStarttls);
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for every version")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer))
            .with_no_client_auth();
        config.enable_sni = false;
        let name = ServerName::IpAddress(to.ip().into());
        let shake = TlsConnector::from(Arc::new(config)).connect(name, self.stream);
        match tokio::time::timeout(self.patience, shake).await {
            Ok(inside) => Ok(Self {
                stream: Box::new(inside?),
                ..self
            }),
            Err(_) => Err(DialogueError::Silent),
        }
    }

    /// AUTH with what the subject offers, PLAIN before LOGIN (RFC 4954 §4, RFC 4616 §2).
    async fn log_in(&mut self, login: &Login, offered: &Reply) -> Result<Reply, DialogueError> {
        let Login { user, password } = login;
        if offered.lists_with("AUTH", "PLAIN") {
            let secret = encoded(format!("\0{user}\0{password}").as_bytes());
            return self.command(&format!("AUTH PLAIN {secret}")).await;
        }
        if !offered.lists_with("AUTH", "LOGIN") {
            return Err(DialogueError::NotOffered("AUTH with PLAIN or LOGIN"));
        }
        let mut reply = self.command("AUTH LOGIN").await?;
        for answer in [user, password] {
            if reply.code != 334 {
                break;
            }
            reply = self.command(&encoded(answer.as_bytes())).await?;
        }
        Ok(reply)
    }

    /// Says a line and hears the answer.
    pub(super) async fn command(&mut self, line: &str) -> Result<Reply, DialogueError> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Sends a message, dot-stuffed, with its final dot (RFC 5321 §4.5.2).
    pub(super) async fn content(&mut self, message: &[u8]) -> Result<Reply, DialogueError> {
        self.write(&stuffed(message)).await?;
        self.reply().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), DialogueError> {
        match tokio::time::timeout(self.patience, self.stream.write_all(bytes)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(DialogueError::Silent),
        }
    }

    async fn reply(&mut self) -> Result<Reply, DialogueError> {
        match tokio::time::timeout(self.patience, self.next_reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(DialogueError::Silent),
        }
    }

    async fn next_reply(&mut self) -> Result<Reply, DialogueError> {
        loop {
            match take(&mut self.input) {
                Front::Reply(reply) => return Ok(reply),
                Front::Nonsense(line) => return Err(DialogueError::Nonsense(line)),
                Front::Incomplete => {}
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(DialogueError::Closed);
            }
        }
    }
}

/// Whether what stands before a message was taken.
fn accepted(what: &'static str, reply: Reply) -> Result<(), DialogueError> {
    let Reply { code, text } = reply;
    if (200..300).contains(&code) {
        return Ok(());
    }
    Err(DialogueError::Refused { what, code, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subject_that_never_answers_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let connected = SmtpClient::connect_with(to, Duration::ZERO).await;
        let error = connected.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the subject said nothing for 30 s");
    }
}
