//! Scripted receivers, and a sender that hands messages to the engine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream,
};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::kept_for_others;
use crate::tls::{self, Asks, Identity};
use crate::world::World;

/// What a receiver does at a moment instead of what is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Say(&'static str),
    Close,
    Stall,
    /// Says this again and again without end.
    Flood(&'static str),
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    messages: Vec<Message>,
    handshakes: Vec<(String, Option<String>, usize)>,
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
    asks: Asks,
    old_tls: Option<&'static str>,
    seen: Arc<Mutex<Seen>>,
    taken: Arc<Notify>,
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
            asks: Asks::Nothing,
            old_tls: None,
            seen: Arc::default(),
            taken: Arc::default(),
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

    /// Asks the sender for a certificate, and takes any.
    pub(crate) fn asking_for_certificate(mut self) -> Self {
        self.asks = Asks::Certificate;
        self
    }

    /// Refuses a sender that shows no certificate.
    pub(crate) fn demanding_certificate(mut self) -> Self {
        self.asks = Asks::Demands;
        self
    }

    /// Speaks this version of TLS alone, 1.0 or 1.1.
    pub(crate) fn old_tls(mut self, version: &'static str) -> Self {
        self.old_tls = Some(version);
        self
    }

    /// Waits until a message is taken.
    pub(crate) async fn taken(&self) {
        self.taken.notified().await;
    }

    /// What handshakes had: version, SNI, and how many certificates the sender showed.
    pub(crate) fn handshakes(&self) -> Vec<(String, Option<String>, usize)> {
        self.seen.lock().unwrap().handshakes.clone()
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

    pub(crate) async fn serve(&self, stream: impl Both + 'static) {
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

/// A connection in both directions.
pub(crate) trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
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
                            kept_for_others::keep(&message);
                            self.host.seen.lock().unwrap().messages.push(message);
                            self.host.taken.notify_one();
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
            Some(Deed::Flood(text)) => {
                let text = text.repeat(4_096);
                loop {
                    self.stream.write_all(text.as_bytes()).await.ok()?;
                }
            }
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
            Some(Deed::Say(text) | Deed::Flood(text)) => {
                self.stream.write_all(text.as_bytes()).await.ok()?;
                return None;
            }
            None => {}
        }
        let identity = self.host.identity.clone()?;
        let (closed, _) = tokio::io::duplex(1);
        let plain = std::mem::replace(&mut self.stream, BufReader::new(Box::new(closed)));
        let (stream, facts) = match self.host.old_tls {
            None => tls::accept(plain.into_inner(), &identity, self.host.asks).await?,
            Some(version) => tls::accept_old(plain.into_inner(), &identity, version).await?,
        };
        self.host.seen.lock().unwrap().handshakes.push(facts);
        self.stream = BufReader::new(stream);
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

/// Hands a message to the engine and gives back the answer to its end; panics unless every other is 2yz or 3yz.
pub(crate) async fn inject(
    to: SocketAddr,
    mail: &str,
    recipients: &[String],
    content: &str,
) -> String {
    let mut stream = BufReader::new(TcpStream::connect(to).await.unwrap());
    let mut script = vec!["EHLO harness.home.test".to_owned(), mail.to_owned()];
    script.extend(recipients.iter().cloned());
    script.extend(["DATA".to_owned(), format!("{content}.")]);
    let mut commands = script.into_iter();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if commands.len() == 0 {
            return line.trim_end().to_owned();
        }
        assert!(line.starts_with(['2', '3']), "{line}");
        if line.as_bytes()[3] == b'-' {
            continue;
        }
        if let Some(command) = commands.next() {
            stream
                .write_all(format!("{command}\r\n").as_bytes())
                .await
                .unwrap();
        }
    }
}
