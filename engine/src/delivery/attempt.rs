//! One connection to one address of one host, from connect to QUIT.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::obligation::Obligation;
use crate::outside::Outside;
use crate::route::{Chance, Resolver};
use crate::settings::Settings;
use crate::smtp::{
    Acceptance, Category, Client, Keywords, Refusal, Reply, SessionFault, Stage, transact,
};
use crate::tls::{Acceptor, HandshakeFault, PeerName, Stack, Trust};
use crate::traffic::{Direction, Meter, Spoken};

use super::decision::{self, Start, Violation};
use super::message::{Message, Recipient};

/// How long a host has to answer at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(60);
/// How long a host has for the handshake: a silent one is bounded like a command (RFC 5321 §4.5.3.2).
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(2 * 60);

/// What every attempt works with. A change of settings makes a new one.
pub(crate) struct Workshop {
    /// The settings it was made of.
    pub(crate) settings: Settings,
    /// Time and network.
    pub(crate) outside: Outside,
    /// DNS.
    pub(crate) resolver: Resolver,
    /// Order among equal hosts.
    pub(crate) chance: Arc<Chance>,
    /// Handshakes.
    pub(crate) stack: Stack,
    /// Handshakes that others begin; none without a certificate to show.
    pub(crate) acceptor: Option<Acceptor>,
    /// Trusted authorities.
    pub(crate) trust: Trust,
    /// Counts what came and went.
    pub(crate) meter: Meter,
}

/// Whether an attempt uses TLS if it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// TLS if the host lists it.
    TlsIfOffered,
    /// Plaintext, since a handshake with this host has just failed and nothing obliges.
    Plaintext,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempted {
    /// A transaction took place: the outcome for each recipient, in their order.
    Answered(Vec<Result<Acceptance, Refusal>>),
    /// The handshake failed, and nothing forbids to come back in plaintext.
    HandshakeFailed,
    /// The host failed the obligation.
    Violated(Violation),
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

impl From<SessionFault> for Attempted {
    fn from(fault: SessionFault) -> Self {
        Self::Broken {
            malformed: fault.is_malformed(),
            is_end: fault.is_end(),
            text: fault.to_string(),
        }
    }
}

/// Makes one attempt. A session that is left open is the caller's to close.
pub(super) async fn attempt(
    workshop: &Workshop,
    peer: &PeerName,
    address: SocketAddr,
    obligation: Obligation,
    manner: Manner,
    message: &Message,
    recipients: &[&Recipient],
) -> (Attempted, Option<Client>) {
    match session(workshop, peer, address, obligation, manner).await {
        Ok((mut client, keywords)) => {
            let outcomes = transact(&mut client, &keywords, message, recipients).await;
            let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            if taken > 0 {
                tell(workshop, &client, peer, message, taken);
            }
            let broke = |outcome| matches!(outcome, &Err(Refusal::Broken { .. }));
            let open = (!outcomes.iter().any(broke)).then_some(client);
            (Attempted::Answered(outcomes), open)
        }
        Err(ended) => (ended, None),
    }
}

/// Counts a message that a host took, and says in one line how it went.
fn tell(workshop: &Workshop, client: &Client, peer: &PeerName, message: &Message, taken: usize) {
    let tls = client.tls();
    workshop.meter.count(Direction::Outbound, tls);
    let version = tls.map_or_else(|| "none".to_owned(), |tls| tls.version.to_string());
    tracing::info!(
        %peer,
        sender = message.sender.as_ref().map_or("", |sender| sender.as_str()),
        recipients = taken,
        version,
        cipher = tls.map_or("none", |tls| tls.cipher),
        "a message went out"
    );
}

/// Brings a session to where a transaction may begin: connected, greeted, inside TLS if that is to be.
async fn session(
    workshop: &Workshop,
    peer: &PeerName,
    address: SocketAddr,
    obligation: Obligation,
    manner: Manner,
) -> Result<(Client, Keywords), Attempted> {
    let outside = &workshop.outside;
    let stream = outside
        .within(CONNECT_LIMIT, outside.network.connect(address))
        .await
        .map_err(|limit| Attempted::Unreachable(limit.to_string()))?
        .map_err(|error| Attempted::Unreachable(error.to_string()))?;
    let mut client = Client::new(outside.clone(), stream);
    let greeting = client.reply(Stage::Greeting).await?;
    if greeting.category() != Category::Completed {
        client.quit().await;
        return Err(Attempted::Unwelcome(greeting));
    }
    let (mut client, keywords) = hello(workshop, client, Stage::Hello).await?;
    let lists_starttls = match manner {
        Manner::TlsIfOffered => keywords.has("STARTTLS"),
        Manner::Plaintext => false,
    };
    match decision::after_hello(obligation, lists_starttls) {
        Ok(Start::Tls) => {}
        Ok(Start::Plaintext) => return Ok((client, keywords)),
        Err(violation) => return Err(leave(client, violation).await),
    }
    let reply = match client.command(Stage::StartTls, "STARTTLS").await {
        Ok(reply) => reply,
        // A session that breaks at STARTTLS is a handshake that could not begin.
        Err(fault) => return Err(handshake_failed(obligation, fault.to_string())),
    };
    if reply.code() != 220 {
        return match decision::after_refused_starttls(obligation, reply.told()) {
            Err(violation) => Err(leave(client, violation).await),
            // The receiver closes this session, in which nothing can go on (RFC 5321 §3.8).
            Ok(()) if reply.code() == 421 => {
                client.quit().await;
                Err(Attempted::HandshakeFailed)
            }
            Ok(()) => Ok((client, keywords)),
        };
    }
    let client = protect(workshop, client, peer, obligation).await?;
    // Nothing of the answer in plaintext is kept (RFC 3207 §4.2).
    drop(keywords);
    match hello(workshop, client, Stage::HelloInTls).await {
        // Choice: a connection that ends before the receiver has said a word inside TLS is a failed handshake. With TLS 1.3
        // the receiver may refuse what it was shown, or break off, when for us the handshake is over; by which of both it
        // is seen is a matter of moments, and what becomes of the mail must not hang on that.
        Err(Attempted::Broken {
            is_end: true, text, ..
        }) => Err(handshake_failed(obligation, text)),
        ended => ended,
    }
}

/// Says QUIT to a host that failed the obligation (RFC 3207 §4.1).
async fn leave(client: Client, violation: Violation) -> Attempted {
    client.quit().await;
    Attempted::Violated(violation)
}

/// Makes the handshake and judges what was shown.
async fn protect(
    workshop: &Workshop,
    client: Client,
    peer: &PeerName,
    obligation: Obligation,
) -> Result<Client, Attempted> {
    let outside = &workshop.outside;
    let handshake =
        workshop
            .stack
            .handshake(client.into_stream(), peer, obligation.authenticates());
    let protected = match outside.within(HANDSHAKE_LIMIT, handshake).await {
        Ok(Ok(protected)) => protected,
        Ok(Err(fault)) => return Err(handshake_failed(obligation, fault.0)),
        Err(limit) => return Err(handshake_failed(obligation, limit.to_string())),
    };
    let verification = workshop
        .trust
        .judge(&protected.chain, peer, outside.clock.now());
    tracing::info!(
        %peer,
        version = %protected.version,
        cipher = protected.suite.registered,
        chain = ?verification.chain,
        name = ?verification.name,
        "TLS"
    );
    let spoken = Spoken::new(protected.version, protected.suite);
    let client = Client::new(outside.clone(), protected.stream).inside(spoken);
    match decision::after_handshake(obligation, &verification) {
        Ok(()) => Ok(client),
        Err(violation) => Err(leave(client, violation).await),
    }
}

fn handshake_failed(obligation: Obligation, text: String) -> Attempted {
    match decision::after_failed_handshake(obligation, HandshakeFault(text)) {
        Ok(()) => Attempted::HandshakeFailed,
        Err(violation) => Attempted::Violated(violation),
    }
}

async fn hello(
    workshop: &Workshop,
    mut client: Client,
    stage: Stage,
) -> Result<(Client, Keywords), Attempted> {
    match client.hello(stage, &workshop.settings.hostname).await? {
        Ok(keywords) => Ok((client, keywords)),
        Err(reply) => {
            client.quit().await;
            Err(Attempted::Unwelcome(reply))
        }
    }
}
