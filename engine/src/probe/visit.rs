//! One visit to one address: the session of a sender, as far as it comes before MAIL.

use std::net::SocketAddr;
use std::time::Duration;

use crate::delivery::{Call, Demand, Ended, Hop, Manner, Sight, StartTls, Workshop};
use crate::tls::{HandshakeFault, PeerName};

use super::certificate::CertificateText;
use super::dane::DaneProbe;
use super::sight::{AddressProbe, Shown, TlsSession, Trouble};

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
    dane: &DaneProbe,
) -> AddressProbe {
    // Nothing else is demanded, so that all that there is is shown.
    let demand = Demand {
        dane: dane.looked_at(),
        ..Demand::default()
    };
    let of = |proof| within_limit(workshop, peer, address, &demand, proof);
    let (mut shown, in_time) = of(Proof::Asked).await;
    if let (Shown::HandshakeFailed(fault), true) = (&shown, in_time) {
        let (again, _) = of(Proof::NotAsked).await;
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
    demand: &Demand,
    proof: Proof,
) -> (Shown, bool) {
    let call = Call {
        workshop,
        peer,
        address,
        demand,
        manner: Manner::TlsIfOffered,
        proof: proof == Proof::Asked,
    };
    let mut sight = Sight::default();
    let visit = async {
        let (client, _) = call.open(&mut sight).await?;
        client.quit().await;
        Ok(())
    };
    let ended = workshop.outside.within(VISIT_LIMIT, visit).await;
    match ended {
        Ok(ended) => (shown(sight, ended.err().as_ref().map(told)), true),
        Err(limit) => {
            if sight.reached == Hop::Handshake {
                sight.handshake = Some(Err(HandshakeFault(limit.to_string())));
            }
            (shown(sight, Some(limit.to_string())), false)
        }
    }
}

/// What a session showed that ended so; none: it came to where MAIL may be sent.
fn shown(sight: Sight, ended: Option<String>) -> Shown {
    let trouble = |text| Trouble {
        at: sight.reached,
        text,
        failure: None,
    };
    match (sight.handshake, sight.starttls, ended) {
        (Some(Ok(shown)), _, ended) => Shown::Tls(Box::new(TlsSession {
            leaf: shown.chain.first().and_then(CertificateText::read),
            unproven: None,
            afterwards: ended.map(trouble),
            shown,
        })),
        (Some(Err(HandshakeFault(text))), _, _) => Shown::HandshakeFailed(text),
        (None, StartTls::NotListed, _) => Shown::NoStartTls,
        (None, StartTls::Refused(reply), _) => Shown::StartTlsRefused(reply.told()),
        (None, StartTls::Unseen | StartTls::Begun, ended) => {
            Shown::Unreached(trouble(ended.unwrap_or_default()))
        }
    }
}

/// How a session ended, in words.
fn told(ended: &Ended) -> String {
    match ended {
        Ended::Unwelcome(reply) => format!("the host said {}", reply.told()),
        Ended::HandshakeFailed(HandshakeFault(text))
        | Ended::Unreachable(text)
        | Ended::Broken { text, .. } => text.clone(),
        Ended::Violated(breach) => breach.violation.to_string(),
    }
}
