//! Rounds and attempts: how often a message was taken up, and with how many connections.
//!
//! A round is one walk over the MX hosts for one message and one next-hop domain. A new one begins where a sender
//! comes again to an address that it has seen in this round, or asks for the MX records anew. A return in plaintext
//! after TLS failed belongs to the round in which it failed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::connections::{Connection, Ended};
use super::evidence::Evidence;
use super::messages::Sent;
use super::wildcard::{canonical_name, domain_of, same_name};
use crate::events::What;
use crate::scenario::World;

/// Questions closer together than this (of the case's clock) are one lookup with its repetitions.
const LOOKUP: u64 = 60_000;

/// A number and the events that show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) count: u64,
    pub(crate) decisive: Vec<usize>,
}

/// How often a message was taken up for a domain in these steps.
pub(crate) fn rounds(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    domain: &str,
    steps: RangeInclusive<usize>,
) -> Counted {
    let mut walk = Walk::default();
    let mut marks: Vec<Mark<'_>> = attempts_of(evidence, sent, &steps)
        .into_iter()
        .filter(|connection| leads_to(evidence, sent, connection, domain))
        .filter_map(|connection| Some((*connection.events.first()?, Some(connection))))
        .collect();
    if evidence.dealing(&steps).is_alone(sent, domain) {
        marks.extend(
            evidence
                .events(steps)
                .filter(|(_, event)| match &event.what {
                    What::DnsQuery { name, kind, .. } => {
                        asks_for_next_hop(evidence.world(event.step), domain, kind, name)
                    }
                    _ => false,
                })
                .map(|(index, _)| (index, None)),
        );
    }
    marks.sort_by_key(|(index, _)| *index);
    for (index, connection) in marks {
        let new = match connection {
            Some(connection) => walk.connects(connection),
            None => walk.asks(evidence.recording.events[index].at),
        };
        if new {
            walk.counted.decisive.push(index);
        }
    }
    walk.counted
}

/// Connections for a message in these steps, all hosts together.
pub(crate) fn attempts(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    steps: &RangeInclusive<usize>,
) -> Counted {
    let own = attempts_of(evidence, sent, steps);
    Counted {
        count: own.len() as u64,
        decisive: own
            .iter()
            .filter_map(|one| one.events.first().copied())
            .collect(),
    }
}

type Mark<'c> = (usize, Option<&'c Connection>);

#[derive(Default)]
struct Walk {
    counted: Counted,
    /// Addresses of this round, and whether TLS failed there and no return has been made.
    visited: BTreeMap<(String, String, usize), bool>,
    asked: Option<u64>,
}

impl Walk {
    fn begins(&mut self) -> bool {
        self.counted.count += 1;
        self.visited.clear();
        true
    }

    fn asks(&mut self, at: u64) -> bool {
        let again = self
            .asked
            .is_some_and(|before| at.saturating_sub(before) < LOOKUP);
        self.asked = Some(at);
        let fresh = self.counted.count > 0 && self.visited.is_empty() && again;
        !fresh && self.begins()
    }

    fn connects(&mut self, connection: &Connection) -> bool {
        let (family, number) = connection.address.clone();
        let key = (canonical_name(&connection.host), family, number);
        let failed = connection.wanted_tls && connection.ended != Ended::Accepted;
        match self.visited.get_mut(&key) {
            Some(may_return) if *may_return && !connection.wanted_tls => {
                *may_return = false;
                false
            }
            Some(_) => {
                self.begins();
                self.visited.insert(key, failed);
                true
            }
            None => {
                let first = self.counted.count == 0;
                if first {
                    self.begins();
                }
                self.visited.insert(key, failed);
                first
            }
        }
    }
}

/// The connections of a message: those in which it was seen, and its part of those that broke down before.
fn attempts_of<'e>(
    evidence: &'e Evidence<'_>,
    sent: &Sent<'_>,
    steps: &RangeInclusive<usize>,
) -> Vec<&'e Connection> {
    let dealing = evidence.dealing(steps);
    let places = dealing.connections_of(sent).iter();
    places.map(|place| &evidence.connections[*place]).collect()
}

fn domains<'m>(sent: &Sent<'m>) -> impl Iterator<Item = &'m str> {
    sent.message.to.iter().map(|address| domain_of(address))
}

/// Is a connection of this message one for this domain? One to a host of none of its domains counts for all.
fn leads_to(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    connection: &Connection,
    domain: &str,
) -> bool {
    let world = evidence.world(connection.step);
    let host = canonical_name(&connection.host);
    hosts_of(world, domain).contains(&host)
        || !domains(sent).any(|domain| hosts_of(world, domain).contains(&host))
}

fn asks_for_next_hop(world: &World, domain: &str, kind: &str, name: &str) -> bool {
    match route(world, domain) {
        Some(route) if !route.mx_lookup => {
            matches!(kind, "A" | "AAAA") && same_name(&route.host, name)
        }
        Some(route) => kind == "MX" && same_name(&route.host, name),
        None => kind == "MX" && same_name(domain, name),
    }
}

fn route<'w>(world: &'w World, domain: &str) -> Option<&'w crate::scenario::Route> {
    world
        .routes
        .iter()
        .find(|(name, _)| same_name(name, domain))
        .map(|(_, route)| route)
        .or_else(|| world.routes.get("*"))
}

/// The hosts to which mail for a domain may go, in canonical spelling.
pub(crate) fn hosts_of(world: &World, domain: &str) -> Vec<String> {
    let direct = match route(world, domain) {
        Some(route) if route.mx_lookup => mx_hosts(world, &route.host),
        Some(route) => vec![bare(&route.host)],
        None => mx_hosts(world, domain),
    };
    with_targets(world, direct)
}

/// A host and all that its name is an alias of, in canonical spelling.
pub(crate) fn hosts_of_name(world: &World, host: &str) -> Vec<String> {
    with_targets(world, vec![canonical_name(host)])
}

/// These hosts and those that their names are aliases of; an alias may lead to another.
fn with_targets(world: &World, mut hosts: Vec<String>) -> Vec<String> {
    let mut at = 0;
    while let Some(host) = hosts.get(at) {
        at += 1;
        let found = world.hosts.iter().find(|(name, _)| same_name(name, host));
        let target = found.and_then(|(_, host)| host.cname.as_deref());
        if let Some(target) = target.map(canonical_name)
            && !hosts.contains(&target)
        {
            hosts.push(target);
        }
    }
    hosts
}

fn mx_hosts(world: &World, domain: &str) -> Vec<String> {
    let domain = bare(domain);
    let find = |name: &str| world.domains.iter().find(|(own, _)| same_name(own, name));
    let Some((_, mut found)) = find(&domain) else {
        return vec![domain];
    };
    if let Some((_, target)) = found.cname.as_deref().and_then(find) {
        found = target;
    }
    let hosts: Vec<String> = found
        .mx
        .iter()
        .filter(|record| record.host != ".")
        .map(|record| bare(&record.host))
        .collect();
    if found.mx.is_empty() {
        vec![domain]
    } else {
        hosts
    }
}

/// A name without the brackets of an address literal.
fn bare(name: &str) -> String {
    canonical_name(name.trim_start_matches('[').trim_end_matches(']'))
}
