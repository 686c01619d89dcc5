//! One session with one address, from connect to where MAIL may be sent.
//!
//! Mail and connection test go through the same steps here. What was met stands in a `Sight`; what it means is `decision`'s.

use std::net::SocketAddr;
use std::time::Duration;

use crate::smtp::{Category, Client, Keywords, Reply, SessionFault, Stage};
use crate::tls::{HandshakeFault, PeerName};
use crate::traffic::Spoken;

use super::attempt::Workshop;
use super::decision::{self, Start};
use super::demand::{Breach, Demand};
use super::sight::{Hop, Shown, Sight, StartTls};

/// How long a host has to answer at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(60);
/// How long a host has for the handshake: a silent one is bounded like a command (RFC 5321 §4.5.3.2).
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(2 * 60);

/// Whether a session uses TLS if it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// TLS if the host lists it.
    TlsIfOffered,
    /// Plaintext, since a handshake with this host has just failed and nothing obliges.
    Plaintext,
}

/// A session that is to be opened.
pub(crate) struct Call<'c> {
    /// What it works with.
    pub(crate) workshop: &'c Workshop,
    /// Whom it is with.
    pub(crate) peer: &'c PeerName,
    /// Where.
    pub(crate) address: SocketAddr,
    /// What the host must show.
    pub(crate) demand: &'c Demand,
    /// Whether TLS is used.
    pub(crate) manner: Manner,
    /// Whether the host must prove in the handshake that it owns the key of its certificate.
    pub(crate) proof: bool,
}

/// Why a session ended before MAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The handshake failed, and nothing forbids to come back in plaintext.
    HandshakeFailed(HandshakeFault),
    /// The host failed a demand.
    Violated(Breach),
    /// Nobody answered.
    Unreachable(String),
    /// The host refused the session.
    Unwelcome(Reply),
    /// The session broke.
    Broken {
        /// The host spoke, but not in SMTP.
        malformed: bool,
        /// The connection is gone.
        is_end: bool,
        /// What happened.
        text: String,
    },
}

impl From<SessionFault> for Ended {
    fn from(fault: SessionFault) -> Self {
        Self::Broken {
            malformed: fault.is_malformed(),
            is_end: fault.is_end(),
            text: fault.to_string(),
        }
    }
}

impl Call<'_> {
    /// Brings the session to where a transaction may begin: connected, greeted, inside TLS if that is to be.
    ///
    /// # Errors
    /// Why it did not come so far; the connection is closed then.
    pub(crate) async fn open(&self, sight: &mut Sight) -> Result<(Client, Keywords), Ended> {
        let mut client = self.connect().await?;
        sight.reached = Hop::Greeting;
        let greeting = client.reply(Stage::Greeting).await?;
        if greeting.category() != Category::Completed {
            client.quit().await;
            return Err(Ended::Unwelcome(greeting));
        }
        sight.reached = Hop::Ehlo;
        let (mut client, keywords) = self.hello(client, Stage::Hello).await?;
        sight.helo = keywords.host().map(str::to_owned);
        let lists_starttls = match self.manner {
            Manner::TlsIfOffered => keywords.has("STARTTLS"),
            Manner::Plaintext => false,
        };
        if !lists_starttls {
            sight.starttls = StartTls::NotListed;
        }
        match decision::after_hello(self.demand, lists_starttls) {
            Ok(Start::Tls) => {}
            Ok(Start::Plaintext) => return Ok((client, keywords)),
            Err(breach) => return Err(leave(client, breach).await),
        }
        sight.reached = Hop::StartTls;
        sight.starttls = StartTls::Begun;
        let reply = match client.command(Stage::StartTls, "STARTTLS").await {
            Ok(reply) => reply,
            // A session that breaks at STARTTLS is a handshake that could not begin.
            Err(fault) => return Err(self.handshake_failed(fault.to_string(), sight)),
        };
        if reply.code() != 220 {
            sight.starttls = StartTls::Refused(reply.clone());
            return match decision::after_refused_starttls(self.demand, reply.told()) {
                Err(breach) => Err(leave(client, breach).await),
                // The receiver closes this session, in which nothing can go on (RFC 5321 §3.8).
                Ok(()) if reply.code() == 421 => {
                    client.quit().await;
                    Err(Ended::HandshakeFailed(HandshakeFault(reply.told())))
                }
                Ok(()) => Ok((client, keywords)),
            };
        }
        sight.reached = Hop::Handshake;
        let client = self.protect(client, sight).await?;
        sight.reached = Hop::EhloInTls;
        // Nothing of the answer in plaintext is kept (RFC 3207 §4.2).
        drop(keywords);
        match self.hello(client, Stage::HelloInTls).await {
            // Choice: a connection that ends before the receiver has said a word inside TLS is a failed handshake. With TLS
            // 1.3 the receiver may refuse what it was shown, or break off, when for us the handshake is over; by which of
            // both it is seen is a matter of moments, and what becomes of the mail must not hang on that.
            Err(Ended::Broken {
                is_end: true, text, ..
            }) => Err(self.after_failed_handshake(HandshakeFault(text))),
            Err(ended) => Err(ended),
            Ok((client, keywords)) => {
                sight.helo = keywords.host().map(str::to_owned);
                let lists_requiretls = keywords.has("REQUIRETLS");
                match decision::after_hello_in_tls(self.demand, lists_requiretls) {
                    Ok(()) => Ok((client, keywords)),
                    Err(breach) => Err(leave(client, breach).await),
                }
            }
        }
    }

    async fn connect(&self) -> Result<Client, Ended> {
        let outside = &self.workshop.outside;
        let stream = outside
            .within(CONNECT_LIMIT, outside.network.connect(self.address))
            .await
            .map_err(|limit| Ended::Unreachable(limit.to_string()))?
            .map_err(|error| Ended::Unreachable(error.to_string()))?;
        Ok(Client::new(outside.clone(), stream))
    }

    /// Makes the handshake and judges what was shown.
    async fn protect(&self, client: Client, sight: &mut Sight) -> Result<Client, Ended> {
        let (workshop, peer) = (self.workshop, self.peer);
        let outside = &workshop.outside;
        // The names that are asked for in SNI and found in TLSA records go together (RFC 7672 §8.1).
        let base = self.demand.dane.base().cloned().map(PeerName::Host);
        let asked_for = base.as_ref().unwrap_or(peer);
        let handshake = workshop
            .stack
            .handshake(client.into_stream(), asked_for, self.proof);
        let protected = match outside.within(HANDSHAKE_LIMIT, handshake).await {
            Ok(Ok(protected)) => protected,
            Ok(Err(fault)) => return Err(self.handshake_failed(fault.0, sight)),
            Err(limit) => return Err(self.handshake_failed(limit.to_string(), sight)),
        };
        let now = outside.clock.now();
        let verification = workshop.trust.judge(&protected.chain, peer, now);
        let tlsa = self.demand.dane.judge(&protected.chain, now);
        tracing::info!(
            %peer,
            version = %protected.version,
            cipher = protected.suite.registered,
            chain = ?verification.chain,
            name = ?verification.name,
            tlsa = ?tlsa,
            "TLS"
        );
        let shown = Shown::of(&protected, verification, tlsa);
        let spoken = Spoken::new(protected.version, protected.suite);
        let client = Client::new(outside.clone(), protected.stream).inside(spoken);
        let decided = decision::after_handshake(self.demand, &shown);
        sight.handshake = Some(Ok(shown));
        match decided {
            Ok(()) => Ok(client),
            Err(breach) => Err(leave(client, breach).await),
        }
    }

    fn handshake_failed(&self, text: String, sight: &mut Sight) -> Ended {
        let fault = HandshakeFault(text);
        sight.handshake = Some(Err(fault.clone()));
        self.after_failed_handshake(fault)
    }

    fn after_failed_handshake(&self, fault: HandshakeFault) -> Ended {
        match decision::after_failed_handshake(self.demand, fault.clone()) {
            Ok(()) => Ended::HandshakeFailed(fault),
            Err(breach) => Ended::Violated(breach),
        }
    }

    async fn hello(&self, mut client: Client, stage: Stage) -> Result<(Client, Keywords), Ended> {
        match client
            .hello(stage, &self.workshop.settings.hostname)
            .await?
        {
            Ok(keywords) => Ok((client, keywords)),
            Err(reply) => {
                client.quit().await;
                Err(Ended::Unwelcome(reply))
            }
        }
    }
}

/// Says QUIT to a host that failed a demand (RFC 3207 §4.1).
async fn leave(client: Client, breach: Breach) -> Ended {
    client.quit().await;
    Ended::Violated(breach)
}
