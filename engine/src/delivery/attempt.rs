//! One connection to one address of one host, from connect to QUIT.

use std::sync::Arc;

use crate::outside::Outside;
use crate::route::{Chance, Resolver};
use crate::settings::Settings;
use crate::smtp::{Acceptance, Client, Refusal, transact};
use crate::sts;
use crate::tls::{Acceptor, Stack, Trust};
use crate::tlsrpt;
use crate::traffic::{Direction, Meter};

use super::demand::{Demand, StsDemand};
use super::message::{Message, Recipient};
use super::session::{Call, Ended};
use super::sight::Sight;

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
    /// Handshakes with web servers.
    pub(crate) web: Stack,
    /// Handshakes that others begin; none without a certificate to show.
    pub(crate) acceptor: Option<Acceptor>,
    /// Trusted authorities.
    pub(crate) trust: Trust,
    /// Counts what came and went.
    pub(crate) meter: Meter,
    /// What domains have published of how they take mail.
    pub(crate) policies: sts::Keeper,
    /// What sessions met, until it was reported.
    pub(crate) tallies: tlsrpt::Keeper,
    /// Reports of others that came in.
    pub(crate) inbox: tlsrpt::Inbox,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempted {
    /// A transaction took place: the outcome for each recipient, in their order.
    Answered(Vec<Result<Acceptance, Refusal>>),
    /// There was none.
    NotBegun(Ended),
}

/// Makes one attempt. A session that is left open is the caller's to close.
pub(super) async fn attempt(
    call: &Call<'_>,
    message: &Message,
    recipients: &[&Recipient],
    sight: &mut Sight,
) -> (Attempted, Option<Client>) {
    match call.open(sight).await {
        Ok((mut client, keywords)) => {
            let outcomes = transact(&mut client, &keywords, message, recipients).await;
            let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            if taken > 0 {
                tell(call, &client, sight, message, taken);
            }
            let broke = |outcome| matches!(outcome, &Err(Refusal::Broken { .. }));
            let open = (!outcomes.iter().any(broke)).then_some(client);
            (Attempted::Answered(outcomes), open)
        }
        Err(ended) => (Attempted::NotBegun(ended), None),
    }
}

/// Counts a message that a host took, and says in one line how it went.
///
/// The host has the name of its MX record, whatever that is an alias of, and is called authenticated only where who led to it
/// cannot be forged either (RFC 7672 §2.2.1).
fn tell(call: &Call<'_>, client: &Client, sight: &Sight, message: &Message, taken: usize) {
    let (tls, peer) = (client.tls(), call.peer);
    call.workshop.meter.count(Direction::Outbound, tls);
    let version = tls.map_or_else(|| "none".to_owned(), |tls| tls.version.to_string());
    tracing::info!(
        %peer,
        sender = message.sender.as_ref().map_or("", |sender| sender.as_str()),
        recipients = taken,
        version,
        cipher = tls.map_or("none", |tls| tls.cipher),
        authenticated = authenticated_by(call.demand, sight).unwrap_or("no"),
        "a message went out"
    );
}

/// By what the next-hop domain is known to be the one that was reached; none: an attacker may have led the mail elsewhere.
fn authenticated_by(demand: &Demand, sight: &Sight) -> Option<&'static str> {
    let Some(Ok(shown)) = &sight.handshake else {
        return None;
    };
    if demand.dane.authenticates() && shown.tlsa == Some(Ok(())) {
        return Some("dane");
    }
    let is_named = shown.verification.chain.is_ok() && shown.verification.name.is_ok();
    (is_named && demand.sts != StsDemand::Nothing).then_some("mta-sts")
}
