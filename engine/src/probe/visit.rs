//! One visit to one address: as far as a sender comes before MAIL.

use std::net::SocketAddr;
use std::time::Duration;

use crate::delivery::Workshop;
use crate::smtp::{Category, Client, Keywords, Reply, SessionFault, Stage};
use crate::tls::{HandshakeFault, PeerName, Protected};

use super::certificate::CertificateText;
use super::sight::{AddressProbe, Hop, Shown, TlsSession, Trouble};

/// How long one visit may take. Choice: a minute; a person waits for the answer, where mail has hours.
const VISIT_LIMIT: Duration = Duration::from_secs(60);

/// Whether the host must prove in the handshake that it owns the key of its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Asked,
    NotAsked,
}

/// Visits an address, and once more without proof of the key where the first handshake failed, so that the certificate is
/// seen all the same. One that ran out of time would only do so again.
pub(super) async fn visit(
    workshop: &Workshop,
    peer: &PeerName,
    address: SocketAddr,
) -> AddressProbe {
    let (mut shown, in_time) = within_limit(workshop, peer, address, Proof::Asked).await;
    if let (Shown::HandshakeFailed(fault), true) = (&shown, in_time) {
        let (again, _) = within_limit(workshop, peer, address, Proof::NotAsked).await;
        if let Shown::Tls(mut session) = again {
            session.unproven = Some(fault.clone());
            shown = Shown::Tls(session);
        }
    }
    AddressProbe { address, shown }
}

/// What was shown, and whether that was within the limit.
async fn within_limit(
    workshop: &Workshop,
    peer: &PeerName,
    address: SocketAddr,
    proof: Proof,
) -> (Shown, bool) {
    let mut reached = Hop::Connection;
    let ended = workshop
        .outside
        .within(
            VISIT_LIMIT,
            go(workshop, peer, address, proof, &mut reached),
        )
        .await;
    match ended {
        Ok(Ok(shown) | Err(shown)) => (shown, true),
        Err(limit) if reached == Hop::Handshake => {
            (Shown::HandshakeFailed(limit.to_string()), false)
        }
        Err(limit) => (unreached(reached, limit.to_string()), false),
    }
}

/// The inner error is how far it came; both arms hold what was shown.
async fn go(
    workshop: &Workshop,
    peer: &PeerName,
    address: SocketAddr,
    proof: Proof,
    reached: &mut Hop,
) -> Result<Shown, Shown> {
    let outside = &workshop.outside;
    let stream = outside
        .network
        .connect(address)
        .await
        .map_err(|error| unreached(Hop::Connection, error.to_string()))?;
    *reached = Hop::Greeting;
    let mut client = Client::new(outside.clone(), stream);
    let greeting = client
        .reply(Stage::Greeting)
        .await
        .map_err(|fault| broken(Hop::Greeting, &fault))?;
    if greeting.category() != Category::Completed {
        return Err(unwelcome(Hop::Greeting, client, &greeting).await);
    }
    *reached = Hop::Ehlo;
    let (mut client, keywords) = hello(workshop, client, Hop::Ehlo).await?;
    if !keywords.has("STARTTLS") {
        client.quit().await;
        return Ok(Shown::NoStartTls);
    }
    *reached = Hop::StartTls;
    let reply = match client.command(Stage::StartTls, "STARTTLS").await {
        Ok(reply) => reply,
        // A session that breaks here is a handshake that could not begin, as in `delivery`.
        Err(fault) => return Ok(Shown::HandshakeFailed(fault.to_string())),
    };
    if reply.code() != 220 {
        client.quit().await;
        return Ok(Shown::StartTlsRefused(reply.told()));
    }
    *reached = Hop::Handshake;
    let protected = workshop
        .stack
        .handshake(client.into_stream(), peer, proof == Proof::Asked)
        .await
        .map_err(|HandshakeFault(text)| Shown::HandshakeFailed(text))?;
    let Protected {
        stream,
        version,
        suite,
        chain,
    } = protected;
    let verification = workshop.trust.judge(&chain, peer, outside.clock.now());
    *reached = Hop::EhloInTls;
    let inside = Client::new(outside.clone(), stream);
    let afterwards = match hello(workshop, inside, Hop::EhloInTls).await {
        Ok((client, _)) => {
            client.quit().await;
            None
        }
        Err(Shown::Unreached(trouble)) => Some(trouble),
        Err(_) => None,
    };
    Ok(Shown::Tls(Box::new(TlsSession {
        version: version.to_string(),
        cipher: suite.registered.to_owned(),
        leaf: chain.first().and_then(CertificateText::read),
        chain,
        unproven: None,
        afterwards,
        verification,
    })))
}

async fn hello(
    workshop: &Workshop,
    mut client: Client,
    hop: Hop,
) -> Result<(Client, Keywords), Shown> {
    let stage = if hop == Hop::Ehlo {
        Stage::Hello
    } else {
        Stage::HelloInTls
    };
    match client.hello(stage, &workshop.settings.hostname).await {
        Ok(Ok(keywords)) => Ok((client, keywords)),
        Ok(Err(reply)) => Err(unwelcome(hop, client, &reply).await),
        Err(fault) => Err(broken(hop, &fault)),
    }
}

async fn unwelcome(at: Hop, client: Client, reply: &Reply) -> Shown {
    client.quit().await;
    unreached(at, format!("the host said {}", reply.told()))
}

fn broken(at: Hop, fault: &SessionFault) -> Shown {
    unreached(at, fault.to_string())
}

fn unreached(at: Hop, text: String) -> Shown {
    Shown::Unreached(Trouble {
        at,
        text,
        failure: None,
    })
}
