//! The lookups behind a next hop: MX records of a domain, addresses of a host.

use std::net::IpAddr;

use hickory_proto::rr::{Name, RecordType};

use crate::address::{DomainName, MailDomain};

use super::answer::{Answer, LookupFault};
use super::chance::Chance;
use super::mx::{self, MxHost, RouteFault};
use super::next_hop::{NextHop, Way};
use super::resolver::Resolver;

/// The most MX hosts that one round walks over.
///
/// Choice: fifty, more than any domain has. RFC 5321 §5.1 lets a sender set such a limit and wants at least two addresses tried.
const HOST_LIMIT: usize = 50;

/// The most addresses of one family that are tried at one host.
///
/// Choice: ten. RFC 5321 §5.1 lets a sender limit how many addresses it tries; without a limit one answer with thousands of
/// them would make a round of days.
const ADDRESS_LIMIT: usize = 10;

/// Where mail of a next hop goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// To these hosts, in this order.
    Named(Vec<MxHost>),
    /// To this address, which has no name.
    Literal(IpAddr),
}

/// Finds the hosts of a next hop. One that is a host itself needs no lookup; should it be this host, mail would come back.
///
/// # Errors
/// `RouteFault` when there is none, or none can be found now.
pub(crate) async fn hosts(
    resolver: &Resolver,
    next_hop: &NextHop,
    own: &DomainName,
    chance: &Chance,
) -> Result<Hosts, RouteFault> {
    let name = match &next_hop.to {
        MailDomain::Literal(address) => return Ok(Hosts::Literal(*address)),
        MailDomain::Name(name) => name,
    };
    if next_hop.way == Way::Itself {
        if name == own {
            return Err(RouteFault::Loop(name.to_string()));
        }
        return Ok(Hosts::Named(vec![MxHost {
            name: name.clone(),
            preference: 0,
        }]));
    }
    let answer = match dns_name(name) {
        Some(dns) => resolver.lookup(&dns, RecordType::MX).await,
        None => Ok(Answer::NoName),
    };
    let mut hosts = mx::in_order(name, answer, own, chance)?;
    hosts.truncate(HOST_LIMIT);
    Ok(Hosts::Named(hosts))
}

/// The addresses of a host, those of IPv4 first; none if it has none.
///
/// Choice: IPv4 goes before IPv6. RFC 5321 §5.2 lets the sender choose the order; while mail over IPv6 is held to more
/// conditions by many receivers, the older family is the safer first attempt, and the other follows in the same round.
///
/// # Errors
/// `LookupFault` when nothing was found and one of the two lookups failed.
pub(crate) async fn addresses(
    resolver: &Resolver,
    host: &DomainName,
) -> Result<Vec<IpAddr>, LookupFault> {
    let Some(name) = dns_name(host) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let mut fault = None;
    for kind in [RecordType::A, RecordType::AAAA] {
        match resolver.lookup(&name, kind).await {
            Ok(Answer::Records { addresses, .. }) => {
                found.extend(addresses.into_iter().take(ADDRESS_LIMIT));
            }
            // The name does not exist for any type.
            Ok(Answer::NoName) => break,
            Ok(_) => {}
            Err(other) => fault = Some(other),
        }
    }
    match fault {
        Some(fault) if found.is_empty() => Err(fault),
        _ => Ok(found),
    }
}

pub(super) fn dns_name(name: &DomainName) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}
