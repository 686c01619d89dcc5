//! What exists: every name that a file mentions, healthy where nothing is said (SCENARIOS §1).
//!
//! Existence is that of the whole story, so that each step has the same names. A name that only lies below a
//! domain (`mail.provider.test` as an alias target) makes no mail domain; its zone is the DNS fake's business.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::name::{ascii_form, domain_of, without_brackets};
use super::super::{
    Ask, Deed, Domain, FaultPlace, Host, HttpsHost, Message, Tlsa, TlsaData, World,
};
use super::domain;

/// The subject's own domain.
const HOME: &str = "home.test";

/// Where the subject itself is: no fake.
pub(crate) const SUBJECT: &str = "subject.home.test";

/// The port of a host that says none.
const HEALTHY_PORT: u16 = 25;

/// Names by their ASCII form, each with the spelling that came first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    fn add(&mut self, name: &str) {
        self.0
            .entry(ascii_form(name))
            .or_insert_with(|| name.trim_end_matches('.').into());
    }

    /// The spelling under which a world has the name.
    pub(crate) fn spelled(&self, name: &str) -> Option<&str> {
        self.0.get(&ascii_form(name)).map(String::as_str)
    }

    /// All of them, as spelled.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

/// The names of a case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Existing {
    pub(crate) domains: Names,
    pub(crate) hosts: Names,
    pub(crate) https: Names,
    pub(crate) attackers: Names,
}

impl Existing {
    /// The spelling of a fake of any kind.
    pub(crate) fn fake(&self, name: &str) -> Option<&str> {
        self.hosts
            .spelled(name)
            .or_else(|| self.https.spelled(name))
    }
}

/// Adds to every world what any of them, a message or a question mentions, and tells what there is.
pub(super) fn complete(
    worlds: &mut [World],
    messages: &[&Message],
    asks: &[&Ask],
    ttl: Duration,
) -> Existing {
    let mut existing = Existing::default();
    for world in worlds.iter() {
        world
            .domains
            .keys()
            .for_each(|name| existing.domains.add(name));
        world.hosts.keys().for_each(|name| existing.hosts.add(name));
        world.https.keys().for_each(|name| existing.https.add(name));
    }
    add_domains(&mut existing, worlds, messages, asks);
    for world in worlds.iter_mut() {
        for name in existing.domains.iter() {
            let missing = || Domain {
                ttl,
                ..domain::healthy(name)
            };
            world.domains.entry(name.into()).or_insert_with(missing);
        }
    }
    add_hosts(&mut existing, worlds, messages);
    add_https(&mut existing, worlds);
    for world in worlds.iter_mut() {
        for name in existing.hosts.iter() {
            world.hosts.entry(name.into()).or_insert_with(Host::default);
        }
        for name in existing.https.iter() {
            world
                .https
                .entry(name.into())
                .or_insert_with(HttpsHost::default);
        }
        world
            .attackers
            .keys()
            .for_each(|name| existing.attackers.add(name));
        spell_references(world, &existing);
        open_routed_ports(world);
    }
    existing
}

/// One world with what its messages and its own tables mention.
pub(crate) fn complete_alone(mut world: World, messages: &[Message]) -> World {
    let messages: Vec<&Message> = messages.iter().collect();
    let ttl = Domain::default().ttl;
    complete(std::slice::from_mut(&mut world), &messages, &[], ttl);
    world
}

fn add_domains(existing: &mut Existing, worlds: &[World], messages: &[&Message], asks: &[&Ask]) {
    let domains = &mut existing.domains;
    let mut address = |text: &str| match domain_of(text) {
        Some(domain) if !domain.starts_with('[') => domains.add(domain),
        _ => {}
    };
    for message in messages {
        address(&message.from);
        message.to.iter().for_each(|to| address(to));
        if let Some(from) = &message.header_from {
            let bare = from
                .rsplit_once('<')
                .map_or(from.as_str(), |(_, rest)| rest);
            let bare = bare.trim_end().trim_end_matches('>');
            if ascii_form(bare).ends_with(".test") {
                address(bare);
            }
        }
    }
    for world in worlds {
        for (from, to) in &world.settings.aliases {
            address(from);
            to.iter().for_each(|to| address(to));
        }
        for domain in world.domains.values() {
            let uris = domain.tlsrpt.iter().flat_map(|tlsrpt| &tlsrpt.rua);
            uris.filter_map(|uri| uri.strip_prefix("mailto:"))
                .for_each(&mut address);
        }
    }
    for Ask { about, .. } in asks {
        domains.add(domain_of(about).unwrap_or(about));
    }
    for world in worlds {
        let routed = world.routes.values().filter(|route| route.mx_lookup);
        routed.for_each(|route| domains.add(without_brackets(&route.host)));
        world
            .domains
            .values()
            .filter_map(|domain| domain.cname.as_deref())
            .for_each(|cname| domains.add(cname));
    }
    domains.add(HOME);
}

fn add_hosts(existing: &mut Existing, worlds: &[World], messages: &[&Message]) {
    let hosts = &mut existing.hosts;
    let mut add = |name: &str| {
        let name = without_brackets(name);
        if name != "." && ascii_form(name) != SUBJECT {
            hosts.add(name);
        }
    };
    for world in worlds {
        for (name, domain) in &world.domains {
            if domain.mx.is_empty() && domain.cname.is_none() {
                add(name);
            }
            domain.mx.iter().for_each(|record| add(&record.host));
            // An owner with an underscore is no host, and an alias of a policy host leads to another.
            let aliases = domain.records.iter().filter(|record| {
                record.kind == "CNAME"
                    && !record.owner.starts_with('_')
                    && record.owner != "mta-sts"
            });
            aliases
                .map(|record| &record.data)
                .filter(|data| is_test(data))
                .for_each(|data| add(data));
            let exchangers = domain.records.iter().filter(|record| record.kind == "MX");
            exchangers
                .filter_map(|record| record.data.split(' ').nth(1))
                .filter(|host| is_test(host))
                .for_each(&mut add);
        }
        for host in world.hosts.values() {
            for host in std::iter::once(host).chain(&host.connections) {
                host.cname.iter().for_each(|cname| add(cname));
                for record in host.tlsa.iter().flatten() {
                    if let Tlsa::Record {
                        data: TlsaData::MatchHost(other),
                        ..
                    } = record
                    {
                        add(other);
                    }
                }
            }
        }
        world.attackers.keys().for_each(|name| add(name));
        let direct = world.routes.values().filter(|route| !route.mx_lookup);
        direct.for_each(|route| add(&route.host));
    }
    let literals = messages
        .iter()
        .flat_map(|message| &message.to)
        .filter_map(|to| domain_of(to));
    literals
        .filter(|domain| domain.starts_with('['))
        .for_each(&mut add);
}

fn add_https(existing: &mut Existing, worlds: &[World]) {
    let https = &mut existing.https;
    for world in worlds {
        for (name, domain) in &world.domains {
            if domain.sts.is_some() {
                https.add(&format!("mta-sts.{name}"));
            }
            let uris = domain.tlsrpt.iter().flat_map(|tlsrpt| &tlsrpt.rua);
            uris.filter_map(|uri| host_of(uri))
                .for_each(|host| https.add(host));
            let aliases = domain.records.iter();
            aliases
                .filter(|record| {
                    record.kind == "CNAME" && record.owner == "mta-sts" && is_test(&record.data)
                })
                .for_each(|record| https.add(&record.data));
        }
        for fault in &world.faults {
            if let Deed::Status(_, Some(location)) = &fault.deed {
                host_of(location)
                    .filter(|host| is_test(host))
                    .into_iter()
                    .for_each(|host| https.add(host));
            }
        }
        world
            .https
            .values()
            .filter_map(|host| host.cname.as_deref())
            .for_each(|cname| https.add(cname));
    }
}

fn is_test(name: &str) -> bool {
    ascii_form(name).ends_with(".test")
}

/// The host of an `https:` URI.
fn host_of(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://")?;
    rest.split(['/', ':', '?', '#'])
        .next()
        .filter(|host| !host.is_empty())
}

/// A healthy host is there for the route that leads to it, on the port that the route names.
fn open_routed_ports(world: &mut World) {
    let routes: Vec<_> = world
        .routes
        .values()
        .filter(|route| route.port != HEALTHY_PORT)
        .cloned()
        .collect();
    for route in routes {
        let mut hosts = vec![without_brackets(&route.host).to_string()];
        if let Some((_, domain)) = world.domain(&route.host).filter(|_| route.mx_lookup) {
            hosts = domain.mx.iter().map(|record| record.host.clone()).collect();
        }
        for name in hosts {
            let spelled = world.host(&name).map(|(spelled, _)| spelled.to_string());
            let host = spelled.and_then(|spelled| world.hosts.get_mut(&spelled));
            if let Some(host) = host.filter(|host| host.port == HEALTHY_PORT) {
                host.port = route.port;
                host.connections
                    .iter_mut()
                    .for_each(|host| host.port = route.port);
            }
        }
    }
}

/// What is only meant and never sent is spelled as the world spells it.
fn spell_references(world: &mut World, existing: &Existing) {
    for fault in &mut world.faults {
        if let FaultPlace::Host(name) | FaultPlace::AttackerOf(name) = &mut fault.on
            && let Some(spelled) = existing.fake(name)
        {
            *name = spelled.into();
        }
    }
    let attackers = std::mem::take(&mut world.attackers).into_iter();
    let spelled = |name: String| {
        existing
            .hosts
            .spelled(&name)
            .map_or(name.clone(), Into::into)
    };
    world.attackers = attackers
        .map(|(name, attacker)| (spelled(name), attacker))
        .collect();
    for host in world.hosts.values_mut() {
        for record in host.tlsa.iter_mut().flatten() {
            if let Tlsa::Record {
                data: TlsaData::MatchHost(other),
                ..
            } = record
            {
                *other = spelled(std::mem::take(other));
            }
        }
    }
}
