//! Whose each connection is: that of the messages that were seen in it, or else of one of those that may use it.
//!
//! A connection that broke down before any message was named is nobody's by itself. Such connections are dealt out in
//! turn, host by host, among the messages in play whose mail may go to that host.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::evidence::Evidence;
use super::messages::Sent;
use super::rounds::hosts_of;
use super::wildcard::{canonical_name, domain_of};

/// The connections of some steps, dealt out to the messages that went in until then.
pub(crate) struct Dealing {
    /// By the message's place in the story: places among the connections, in order.
    connections: Vec<BTreeSet<usize>>,
    /// The messages in play, by their domains.
    rivals: BTreeMap<String, BTreeSet<usize>>,
}

impl Dealing {
    pub(crate) fn new(evidence: &Evidence<'_>, steps: &RangeInclusive<usize>) -> Self {
        let sent = evidence.sent_until(*steps.end());
        let in_play: Vec<&Sent<'_>> = sent
            .iter()
            .filter(|one| is_in_play(evidence, one, steps))
            .collect();
        let mut rivals: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for one in &in_play {
            for domain in domains(one) {
                rivals.entry(domain).or_default().insert(one.place);
            }
        }
        let mut dealing = Self {
            connections: named(evidence, sent, steps),
            rivals,
        };
        dealing.deal(evidence, &in_play, steps);
        dealing
    }

    /// Places of a message's connections, in order.
    pub(crate) fn connections_of(&self, sent: &Sent<'_>) -> &BTreeSet<usize> {
        &self.connections[sent.place]
    }

    /// Is no other message in play that goes to this domain?
    pub(crate) fn is_alone(&self, sent: &Sent<'_>, domain: &str) -> bool {
        let rivals = self.rivals.get(&canonical_name(domain));
        rivals.is_none_or(|rivals| rivals.iter().all(|place| *place == sent.place))
    }

    fn deal(
        &mut self,
        evidence: &Evidence<'_>,
        in_play: &[&Sent<'_>],
        steps: &RangeInclusive<usize>,
    ) {
        let mut takers_in: BTreeMap<usize, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, connection) in evidence.connections.iter().enumerate() {
            if !steps.contains(&connection.step) || !connection.messages.is_empty() {
                continue;
            }
            let takers = takers_in
                .entry(connection.step)
                .or_insert_with(|| self.takers(evidence, connection.step));
            let taker = match takers.get(&canonical_name(&connection.host)) {
                Some(takers) => {
                    let turn = dealt.entry(&connection.host).or_default();
                    let taker = takers.get(*turn % takers.len());
                    *turn += 1;
                    taker.copied()
                }
                // To a host of nobody's domains goes who is there alone.
                None => match in_play {
                    [only] => Some(only.place),
                    _ => None,
                },
            };
            if let Some(taker) = taker {
                self.connections[taker].insert(place);
            }
        }
    }

    /// The messages in play that may go to each host in the world of a step, in order.
    fn takers(&self, evidence: &Evidence<'_>, step: usize) -> BTreeMap<String, Vec<usize>> {
        let mut takers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (domain, rivals) in &self.rivals {
            for host in hosts_of(evidence.world(step), domain) {
                takers.entry(host).or_default().extend(rivals);
            }
        }
        let in_order =
            |(host, places): (String, BTreeSet<usize>)| (host, places.into_iter().collect());
        takers.into_iter().map(in_order).collect()
    }
}

/// The connections in which each message was seen.
fn named(
    evidence: &Evidence<'_>,
    sent: &[Sent<'_>],
    steps: &RangeInclusive<usize>,
) -> Vec<BTreeSet<usize>> {
    let mut connection_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, connection) in evidence.connections.iter().enumerate() {
        if steps.contains(&connection.step) {
            connection_of.extend(connection.events.iter().map(|event| (*event, place)));
        }
    }
    let seen_in = |one: &Sent<'_>| {
        let events = one.events.iter();
        events
            .filter_map(|event| connection_of.get(event).copied())
            .collect()
    };
    sent.iter().map(seen_in).collect()
}

/// Did it go in, or was it seen, in these steps?
fn is_in_play(evidence: &Evidence<'_>, sent: &Sent<'_>, steps: &RangeInclusive<usize>) -> bool {
    steps.contains(&sent.step) || evidence.events_of(sent, steps.clone()).next().is_some()
}

fn domains(sent: &Sent<'_>) -> impl Iterator<Item = String> {
    let recipients = sent.message.to.iter();
    recipients.map(|address| canonical_name(domain_of(address)))
}
