//! The lookups behind a next hop: MX records of a domain, addresses of a host.

use std::net::IpAddr;

use hickory_proto::rr::{Name, RecordType};

use crate::address::{DomainName, MailDomain};
use crate::settings::Settings;

use super::answer::{Answer, LookupFault};
use super::chance::Chance;
use super::mx::{self, MxHost, Origin, RouteFault, host_name};
use super::next_hop::{NextHop, Way};
use super::resolver::{Directory, Resolver};
use super::security::{Lookup, Security};

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

/// By what this server is known: an MX host with that name or one of the addresses is itself (RFC 5321 §5.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'s> {
    pub(super) name: &'s DomainName,
    pub(super) addresses: &'s [IpAddr],
}

impl<'s> Own<'s> {
    /// As the settings have it.
    #[must_use]
    pub(crate) fn of(settings: &'s Settings) -> Self {
        Self {
            name: &settings.hostname,
            addresses: &settings.addresses,
        }
    }
}

/// Finds the hosts of a next hop. One that is a host itself needs no lookup; should it be this host, mail would come back.
///
/// # Errors
/// `RouteFault` when there is none, or none can be found now.
pub(crate) async fn hosts(
    resolver: &Resolver,
    next_hop: &NextHop,
    own: Own<'_>,
    chance: &Chance,
) -> Result<Hosts, RouteFault> {
    let name = match &next_hop.to {
        MailDomain::Literal(address) => return Ok(Hosts::Literal(*address)),
        MailDomain::Name(name) => name,
    };
    if next_hop.way == Way::Itself {
        if name == own.name {
            return Err(RouteFault::Loop(name.to_string()));
        }
        return Ok(Hosts::Named(vec![MxHost {
            name: name.clone(),
            preference: 0,
            origin: Origin::Settings,
        }]));
    }
    let answer = match dns_name(name) {
        Some(dns) => resolver.look_up(&dns, RecordType::MX).await,
        None => Ok(Lookup {
            answer: Answer::NoName,
            security: Security::Insecure,
        }),
    };
    let mut hosts = mx::in_order(name, answer, own.name, chance)?;
    hosts.truncate(HOST_LIMIT);
    if let Some(bound) = own_preference(resolver, &hosts, own).await {
        hosts = mx::before(hosts, bound, name)?;
    }
    Ok(Hosts::Named(hosts))
}

/// The preference of the first host that has an address of this server.
///
/// Choice: what cannot be looked up is another host. It is tried in its turn, and by then its addresses are there or are not.
async fn own_preference(resolver: &Resolver, hosts: &[MxHost], own: Own<'_>) -> Option<u16> {
    if own.addresses.is_empty() {
        return None;
    }
    for host in hosts {
        let found = addresses(resolver, &host.name).await.unwrap_or_default();
        if found.iter().any(|address| own.addresses.contains(address)) {
            return Some(host.preference);
        }
    }
    None
}

/// Where a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    /// Its addresses, those of IPv4 first; none if it has none.
    pub(crate) addresses: Vec<IpAddr>,
    /// The name at which they stand, at the end of its aliases.
    pub(crate) owner: DomainName,
    /// How far they can be believed.
    pub(crate) security: Security,
}

/// Finds the addresses of a host.
///
/// Choice: IPv4 goes before IPv6. RFC 5321 §5.2 lets the sender choose the order; while mail over IPv6 is held to more
/// conditions by many receivers, the older family is the safer first attempt, and the other follows in the same round.
///
/// # Errors
/// `LookupFault` when nothing was found and one of the two lookups failed.
pub(crate) async fn locate(
    directory: &impl Directory,
    host: &DomainName,
) -> Result<Located, LookupFault> {
    let mut located = Located {
        addresses: Vec::new(),
        owner: host.clone(),
        security: Security::Insecure,
    };
    let Some(name) = dns_name(host) else {
        return Ok(located);
    };
    let mut fault = None;
    for kind in [RecordType::A, RecordType::AAAA] {
        let looked_up = directory.look_up(&name, kind).await;
        match looked_up.map(|found| (found.answer, found.security)) {
            Ok((
                Answer::Records {
                    addresses, owner, ..
                },
                security,
            )) => {
                let is_first = located.addresses.is_empty();
                located.security = if is_first {
                    security
                } else {
                    located.security.and(security)
                };
                if let Some(owner) = host_name(&owner).filter(|_| is_first) {
                    located.owner = owner;
                }
                let addresses = addresses.into_iter().take(ADDRESS_LIMIT);
                located.addresses.extend(addresses);
            }
            // The name does not exist for any type.
            Ok((Answer::NoName, _)) => break,
            Ok(_) => {}
            Err(other) => fault = Some(other),
        }
    }
    match fault {
        Some(fault) if located.addresses.is_empty() => Err(fault),
        _ => Ok(located),
    }
}

/// The addresses of a host, where it does not matter who vouches for them.
///
/// # Errors
/// `LookupFault` when nothing was found and one of the two lookups failed.
pub(crate) async fn addresses(
    resolver: &Resolver,
    host: &DomainName,
) -> Result<Vec<IpAddr>, LookupFault> {
    locate(resolver, host)
        .await
        .map(|located| located.addresses)
}

/// A name as the DNS has it; none if no name there could be it.
pub(crate) fn dns_name(name: &DomainName) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}
