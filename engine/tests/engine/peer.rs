//! Scripted receivers, and a sender that hands messages to the engine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream,
};
use tokio::net::TcpStream;

use crate::world::{World, beginning};

/// What a receiver does at a moment instead of what is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Say(&'static str),
    Close,
    Stall,
}

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
        Self {
            chain: vec![leaf.der().clone()],
            key: Arc::new(PrivateKeyDer::try_from(key.serialize_der()).unwrap()),
            root,
        }
    }
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    messages: Vec<Message>,
}

/// A message that a receiver took.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) tls: bool,
    pub(crate) mail: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) content: String,
}

/// A receiver. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Host {
    identity: Option<Identity>,
    keywords: Vec<&'static str>,
    keywords_in_tls: Option<Vec<&'static str>>,
    deeds: Vec<(&'static str, Deed)>,
    silent: bool,
    seen: Arc<Mutex<Seen>>,
}

impl Host {
    /// A receiver without TLS.
    pub(crate) fn plain() -> Self {
        Self {
            identity: None,
            keywords: vec!["PIPELINING", "SIZE 10485760", "8BITMIME", "DSN", "SMTPUTF8"],
            keywords_in_tls: None,
            deeds: Vec::new(),
            silent: false,
            seen: Arc::default(),
        }
    }

    /// A receiver with TLS.
    pub(crate) fn with_tls(identity: &Identity) -> Self {
        let mut host = Self::plain();
        host.keywords.push("STARTTLS");
        host.identity = Some(identity.clone());
        host
    }

    pub(crate) fn keywords(mut self, keywords: &[&'static str]) -> Self {
        self.keywords = keywords.to_vec();
        self
    }

    pub(crate) fn keywords_in_tls(mut self, keywords: &[&'static str]) -> Self {
        self.keywords_in_tls = Some(keywords.to_vec());
        self
    }

    /// At a moment (`greeting`, a verb in upper case, `tls EHLO` inside TLS, `handshake`, `dot`) does something else.
    pub(crate) fn at(mut self, moment: &'static str, deed: Deed) -> Self {
        self.deeds.push((moment, deed));
        self
    }

    /// A receiver that never answers a connection.
    pub(crate) fn silent() -> Self {
        Self {
            silent: true,
            ..Self::plain()
        }
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.seen.lock().unwrap().messages.clone()
    }

    /// The commands, those inside TLS with `tls ` before them.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().lines.clone()
    }

    pub(crate) async fn serve(&self, stream: DuplexStream) {
        let mut session = Session {
            host: self,
            stream: BufReader::new(Box::new(stream)),
            tls: false,
        };
        let _ = session.run().await;
    }

    fn deed(&self, moment: &str) -> Option<Deed> {
        self.deeds
            .iter()
            .find(|(at, _)| *at == moment)
            .map(|(_, deed)| deed.clone())
    }
}

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

struct Session<'h> {
    host: &'h Host,
    stream: BufReader<Box<dyn Both>>,
    tls: bool,
}

impl Session<'_> {
    async fn run(&mut self) -> Option<()> {
        self.act("greeting", "220 mx ESMTP").await?;
        let (mut mail, mut recipients) = (String::new(), Vec::new());
        loop {
            let line = self.line().await?;
            let prefix = if self.tls { "tls " } else { "" };
            self.host
                .seen
                .lock()
                .unwrap()
                .lines
                .push(format!("{prefix}{line}"));
            let verb = line
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let moment = format!("{prefix}{verb}");
            match verb.as_str() {
                "EHLO" => {
                    let lines = self.ehlo_answer();
                    self.act(&moment, &lines).await?;
                }
                "STARTTLS" => {
                    if self.act(&moment, "220 go ahead").await? {
                        self.handshake().await?;
                    }
                }
                "MAIL" => {
                    mail = line;
                    recipients.clear();
                    self.act(&moment, "250 ok").await?;
                }
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let refused = self.host.deed(&address);
                    let reply = match &refused {
                        Some(Deed::Say(reply)) => reply,
                        _ => "250 ok",
                    };
                    if self.act(&moment, reply).await? && refused.is_none() {
                        recipients.push(line);
                    }
                }
                "DATA" => {
                    if self.act(&moment, "354 go on").await? {
                        let content = self.content().await?;
                        if self.act("dot", "250 taken").await? {
                            let message = Message {
                                tls: self.tls,
                                mail: mail.clone(),
                                recipients: recipients.clone(),
                                content,
                            };
                            self.host.seen.lock().unwrap().messages.push(message);
                        }
                    }
                }
                "QUIT" => {
                    self.act(&moment, "221 bye").await?;
                    return Some(());
                }
                _ => {
                    self.act(&moment, "250 ok").await?;
                }
            }
        }
    }

    fn ehlo_answer(&self) -> String {
        let keywords = match &self.host.keywords_in_tls {
            Some(keywords) if self.tls => keywords.clone(),
            _ => {
                let listed = self.host.keywords.iter().copied();
                listed
                    .filter(|word| !self.tls || *word != "STARTTLS")
                    .collect()
            }
        };
        let mut lines = vec!["250-mx".to_owned()];
        lines.extend(keywords.iter().map(|word| format!("250-{word}")));
        lines.push("250 HELP".into());
        lines.join("\r\n")
    }

    /// What comes up to the dot, with doubled dots undone.
    async fn content(&mut self) -> Option<String> {
        let mut content = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                return Some(content);
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
            content.push_str("\r\n");
        }
    }

    /// Says what is usual, or does the deed of the moment. Yes if all went as usual.
    async fn act(&mut self, moment: &str, usual: &str) -> Option<bool> {
        let text = match self.host.deed(moment) {
            None => usual,
            Some(Deed::Say(text)) => text,
            Some(Deed::Close) => return None,
            Some(Deed::Stall) => std::future::pending().await,
        };
        self.stream
            .write_all(format!("{text}\r\n").as_bytes())
            .await
            .ok()?;
        self.stream.flush().await.ok()?;
        Some(text == usual || text.starts_with(&usual[..3]))
    }

    async fn handshake(&mut self) -> Option<()> {
        match self.host.deed("handshake") {
            Some(Deed::Close) => return None,
            Some(Deed::Stall) => std::future::pending().await,
            Some(Deed::Say(text)) => {
                self.stream.write_all(text.as_bytes()).await.ok()?;
                return None;
            }
            None => {}
        }
        let identity = self.host.identity.clone()?;
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_protocol_versions(&[&TLS12, &TLS13])
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(identity.chain, identity.key.clone_key())
                .unwrap();
        let (closed, _) = tokio::io::duplex(1);
        let plain = std::mem::replace(&mut self.stream, BufReader::new(Box::new(closed)));
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let stream = acceptor.accept(plain.into_inner()).await.ok()?;
        self.stream = BufReader::new(Box::new(stream));
        self.tls = true;
        Some(())
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// One question over TCP, answered by the world.
pub(crate) async fn dns_over_tcp(world: World, mut stream: DuplexStream) {
    let length = stream.read_u16().await.unwrap();
    let mut question = vec![0; usize::from(length)];
    stream.read_exact(&mut question).await.unwrap();
    if let Some(answer) = world.answer(&question, false) {
        stream
            .write_u16(u16::try_from(answer.len()).unwrap())
            .await
            .unwrap();
        stream.write_all(&answer).await.unwrap();
    }
}

/// Hands a message to the engine, and panics unless each line is answered with 2yz or 3yz.
pub(crate) async fn inject(to: SocketAddr, mail: &str, recipients: &[String], content: &str) {
    let mut stream = BufReader::new(TcpStream::connect(to).await.unwrap());
    let mut script = vec!["EHLO harness.home.test".to_owned(), mail.to_owned()];
    script.extend(recipients.iter().cloned());
    script.extend(["DATA".to_owned(), format!("{content}."), "QUIT".to_owned()]);
    let mut commands = script.into_iter();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with(['2', '3']), "{line}");
        if line.as_bytes()[3] == b'-' {
            continue;
        }
        match commands.next() {
            Some(command) => {
                stream
                    .write_all(format!("{command}\r\n").as_bytes())
                    .await
                    .unwrap();
            }
            None => return,
        }
    }
}
