//! One walk over the hosts of one next hop, for one message and the recipients that share an obligation.

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;

use crate::address::MailDomain;
use crate::dane::{self, Asked, DaneFault};
use crate::dsn;
use crate::obligation::Obligation;
use crate::route::{self, Hosts, Located, MxHost, NextHop, Own, Resolver, RouteFault};
use crate::smtp::Client;
use crate::sts::Standing;
use crate::tls::PeerName;

use super::attempt::{Attempted, Workshop, attempt};
use super::counting::Counting;
use super::decision;
use super::demand::{Breach, Demand, Demander, StsDemand};
use super::disposition::{self, Disposition, Handover};
use super::message::{Message, Recipient};
use super::require_tls::FoundBy;
use super::session::{Call, Ended, Manner};
use super::sight::Sight;
use super::tls_tag::TlsTag;
use super::trouble::Trouble;

/// Is told of deliveries before the session in which they took place is closed.
#[async_trait]
pub(super) trait Ledger: Sync {
    /// A receiver has taken the message for these recipients, by their places among those of the round.
    async fn delivered(&self, delivered: &[(usize, Handover)]);
}

/// A message on one walk, and what was met so far.
struct Walk<'w> {
    workshop: &'w Workshop,
    resolver: Resolver,
    message: &'w Message,
    recipients: &'w [Recipient],
    next_hop: &'w NextHop,
    obligation: Obligation,
    ledger: &'w dyn Ledger,
    /// How the next hop stands with MTA-STS; none: it has no name, nobody looks, or the walk has not come so far.
    standing: Option<Standing>,
    troubles: Vec<Vec<Trouble>>,
    delivered: Vec<Option<Handover>>,
}

/// Walks over the hosts of a next hop and says what became of each recipient, in their order.
pub(super) async fn round(
    workshop: &Workshop,
    next_hop: &NextHop,
    obligation: Obligation,
    message: &Message,
    recipients: &[Recipient],
    ledger: &dyn Ledger,
) -> Vec<Disposition> {
    let mut walk = Walk {
        workshop,
        resolver: workshop.resolver.of_round(),
        message,
        recipients,
        next_hop,
        obligation,
        ledger,
        standing: None,
        troubles: vec![Vec::new(); recipients.len()],
        delivered: vec![None; recipients.len()],
    };
    walk.over_hosts().await;
    let redacted;
    if walk.forgive_missing_requiretls() {
        redacted = dsn::redacted(message);
        walk.message = &redacted;
        walk.over_hosts().await;
    }
    walk.dispositions()
}

impl Walk<'_> {
    async fn over_hosts(&mut self) {
        let Workshop {
            settings, chance, ..
        } = self.workshop;
        match route::hosts(&self.resolver, self.next_hop, Own::of(settings), chance).await {
            Err(fault) => self.note(&self.of_way(Trouble::Route(fault))),
            Ok(Hosts::Literal(address)) => {
                let peer = PeerName::Address(address);
                let demand = self.demand(&peer, Asked::Nothing);
                self.over_addresses(&peer, &[address], &demand).await;
            }
            Ok(Hosts::Named(hosts)) => {
                self.look_for_policy().await;
                for host in hosts {
                    if self.remaining().is_empty() {
                        return;
                    }
                    self.over_host(host).await;
                }
            }
        }
    }

    /// Finds out how the next hop stands with MTA-STS, anew in each round, so that no message is given up before a newer
    /// policy was looked for (RFC 8461 §5). Its name is the policy domain, whether it is the recipient's domain or where a
    /// route leads, and never one above it (RFC 8461 §3.4).
    ///
    /// Choice: for a message that goes out whatever was published (RFC 8689 §3), as reports do, nobody looks. RFC 8689 asks
    /// that policies be ignored, and such mail is often about one that is broken: it shall not wait for it.
    async fn look_for_policy(&mut self) {
        if let MailDomain::Name(domain) = &self.next_hop.to
            && !self.is_optional()
        {
            let standing = self.workshop.policies.standing(self.workshop, domain);
            self.standing = Some(standing.await);
        }
    }

    /// What a host must show, whose TLSA records ask this.
    fn demand(&self, peer: &PeerName, dane: Asked) -> Demand {
        Demand {
            require_tls: self.message.tls == TlsTag::Required,
            sts: StsDemand::in_view_of(self.standing.as_ref(), peer, &dane),
            dane,
            ..Demand::of(self.obligation)
        }
    }

    /// Forgets of a notice with REQUIRETLS where no host could take it so: it is not thrown away for that (RFC 8689 §5). Says
    /// whether it is to be tried again, redacted and without the parameter.
    ///
    /// Choice: in the same round, and only after every host was asked. Who sent the message is told at once, and what may be
    /// told with REQUIRETLS is.
    fn forgive_missing_requiretls(&mut self) -> bool {
        if self.message.tls != TlsTag::Required || self.message.sender.is_some() {
            return false;
        }
        let mut is_forgiven = false;
        for index in self.remaining() {
            let before = self.troubles[index].len();
            self.troubles[index].retain(|trouble| !trouble.is_missing_requiretls());
            is_forgiven |= self.troubles[index].len() < before;
        }
        is_forgiven
    }

    /// Whether the message goes out whatever recipients' domains have published (RFC 8689 §3; for reports RFC 8460 §3).
    fn is_optional(&self) -> bool {
        self.message.is_report || self.message.tls == TlsTag::Optional
    }

    /// Tries a host, if it is known where it is and what its TLSA records ask.
    async fn over_host(&mut self, host: MxHost) {
        let (name, peer) = (host.name.to_string(), PeerName::Host(host.name.clone()));
        let located = match route::locate(&self.resolver, &host.name).await {
            Err(fault) => return self.note(&Trouble::Unresolved { host: name, fault }),
            // Where the policy names no such host, somebody else may have said that it is one.
            Ok(none) if none.addresses.is_empty() => {
                let demand = self.demand(&peer, Asked::Nothing);
                if let Err(breach) = decision::named_where_it_must_be(&demand) {
                    return self.leave_out(&peer, &demand, breach).await;
                }
                return self.note(&self.of_way(Trouble::NoAddress { host: name }));
            }
            Ok(located) => located,
        };
        let dane = match self.asked(&host, &located).await {
            Err(fault) => {
                self.counting().left_out_by_dane(&peer, &fault).await;
                return self.note(&Trouble::Dane { host: name, fault });
            }
            Ok(dane) => dane,
        };
        let demand = self.demand(&peer, dane);
        let found_by = FoundBy::of(&host);
        let is_named = self.is_named_by_policy(&host);
        match decision::before_connecting(&demand, found_by, is_named) {
            Err(breach) => self.leave_out(&peer, &demand, breach).await,
            Ok(()) => {
                self.over_addresses(&peer, &located.addresses, &demand)
                    .await;
            }
        }
    }

    /// Passes over a host that is not to be connected to.
    async fn leave_out(&mut self, peer: &PeerName, demand: &Demand, breach: Breach) {
        if breach.by == Demander::Sts {
            self.counting().left_out_by_policy(peer, demand).await;
        }
        let host = peer.to_string();
        self.note(&Trouble::Violated { host, breach });
    }

    /// Whether the policy that holds names a host, in whatever mode.
    fn is_named_by_policy(&self, host: &MxHost) -> bool {
        let policy = self.standing.as_ref().and_then(Standing::policy);
        policy.is_some_and(|cached| cached.policy.names(&host.name))
    }

    /// What the TLSA records of a host ask of this message.
    async fn asked(&self, host: &MxHost, located: &Located) -> Result<Asked, DaneFault> {
        if self.is_optional() {
            return Ok(Asked::Nothing);
        }
        let (resolver, settings) = (&self.resolver, &self.workshop.settings);
        let asked = dane::asked_of(resolver, settings, self.next_hop, host, located).await;
        if let Err(fault) = &asked {
            let failure = fault.failure_type();
            tracing::info!(host = %host.name, %fault, failure, "the host is left out");
        }
        asked
    }

    /// The same trouble, told as one of the settings where a route and not the recipient's domain led there for good.
    fn of_way(&self, trouble: Trouble) -> Trouble {
        let is_own = |recipient: &Recipient| *recipient.mailbox.domain() == self.next_hop.to;
        let why = match &trouble {
            _ if self.recipients.iter().any(is_own) => return trouble,
            Trouble::Route(RouteFault::Loop(_) | RouteFault::Lookup(..)) => return trouble,
            Trouble::Route(fault) => fault.to_string(),
            Trouble::NoAddress { host } => format!("the host {host} has no address"),
            _ => return trouble,
        };
        let to = self.next_hop.to.to_string();
        Trouble::Route(RouteFault::Nowhere { to, why })
    }

    /// Tries the addresses of a host until it has answered for itself: its word holds at all of them.
    async fn over_addresses(&mut self, peer: &PeerName, addresses: &[IpAddr], demand: &Demand) {
        for address in addresses {
            let address = SocketAddr::new(*address, self.next_hop.port);
            let mut call = Call {
                workshop: self.workshop,
                peer,
                address,
                demand,
                manner: Manner::TlsIfOffered,
                proof: demand.authenticates(),
            };
            let (mut ended, mut open) = self.attempt(&call).await;
            if matches!(ended, Attempted::NotBegun(Ended::HandshakeFailed(_))) {
                tracing::info!(%peer, "the handshake failed and nothing obliges: again in plaintext");
                call.manner = Manner::Plaintext;
                (ended, open) = self.attempt(&call).await;
            }
            let remaining = self.remaining();
            let is_done = self.take(peer, ended);
            let delivered: Vec<(usize, Handover)> = (remaining.into_iter())
                .filter_map(|index| Some((index, self.delivered[index].clone()?)))
                .collect();
            if !delivered.is_empty() {
                self.ledger.delivered(&delivered).await;
            }
            if let Some(client) = open {
                client.quit().await;
            }
            if is_done {
                return;
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> (Attempted, Option<Client>) {
        let remaining = self.remaining();
        let recipients: Vec<&Recipient> = remaining
            .iter()
            .map(|index| &self.recipients[*index])
            .collect();
        let (peer, address, manner) = (call.peer, call.address, call.manner);
        tracing::info!(%peer, %address, ?manner, "attempt");
        let mut sight = Sight::default();
        let (ended, open) = attempt(call, self.message, &recipients, &mut sight).await;
        let end = match &ended {
            Attempted::NotBegun(ended) => Some(ended),
            Attempted::Answered(_) => None,
        };
        self.counting().session(call, &sight, end).await;
        tracing::info!(%peer, ?ended, "the attempt ended");
        (ended, open)
    }

    /// What the sessions of this walk are counted by.
    fn counting(&self) -> Counting<'_> {
        Counting {
            workshop: self.workshop,
            next_hop: self.next_hop,
            message: self.message,
            standing: self.standing.as_ref(),
        }
    }

    /// Notes how an attempt ended; yes if the host's other addresses need not be tried.
    fn take(&mut self, peer: &PeerName, ended: Attempted) -> bool {
        let host = peer.to_string();
        match ended {
            Attempted::Answered(outcomes) => {
                let mut broke = false;
                for (index, outcome) in self.remaining().into_iter().zip(outcomes) {
                    match outcome {
                        Ok(acceptance) => {
                            self.delivered[index] = Some(Handover {
                                host: host.clone(),
                                acceptance,
                            });
                        }
                        Err(refusal) => {
                            broke |= matches!(refusal, crate::smtp::Refusal::Broken { .. });
                            self.troubles[index].push(Trouble::Refused {
                                host: host.clone(),
                                refusal,
                            });
                        }
                    }
                }
                !broke || self.remaining().is_empty()
            }
            Attempted::NotBegun(ended) => self.take_end(host, ended),
        }
    }

    /// The same for an attempt in which no transaction began.
    fn take_end(&mut self, host: String, ended: Ended) -> bool {
        match ended {
            Ended::Violated(breach) => {
                self.note(&Trouble::Violated { host, breach });
                true
            }
            Ended::Unwelcome(reply) => {
                self.note(&Trouble::Unwelcome { host, reply });
                true
            }
            Ended::Unreachable(text) => {
                self.note(&Trouble::Unreachable { host, text });
                false
            }
            Ended::Broken {
                malformed, text, ..
            } => {
                self.note(&Trouble::Broken {
                    host,
                    malformed,
                    text,
                });
                false
            }
            Ended::HandshakeFailed(_) => {
                let text = "the TLS handshake failed".to_owned();
                self.note(&Trouble::Broken {
                    host,
                    malformed: false,
                    text,
                });
                false
            }
        }
    }

    /// Notes a trouble for all recipients that are still to be served.
    fn note(&mut self, trouble: &Trouble) {
        for index in self.remaining() {
            self.troubles[index].push(trouble.clone());
        }
    }

    fn remaining(&self) -> Vec<usize> {
        (0..self.recipients.len())
            .filter(|index| {
                self.delivered[*index].is_none()
                    && !self.troubles[*index].iter().any(Trouble::ends_round)
            })
            .collect()
    }

    fn dispositions(self) -> Vec<Disposition> {
        let of_one = |(delivered, troubles): (Option<Handover>, Vec<Trouble>)| {
            if let Some(handover) = delivered {
                return Disposition::Delivered(handover);
            }
            disposition::undelivered(&troubles).unwrap_or_else(|| {
                // A route always has a host, and a host served or left a trouble; kept if that should ever be wrong.
                Disposition::Deferred(Trouble::Route(RouteFault::NoUsableMx(String::new())))
            })
        };
        self.delivered
            .into_iter()
            .zip(self.troubles)
            .map(of_one)
            .collect()
    }
}
