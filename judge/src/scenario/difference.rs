//! What differs from the healthy twin, by name: the words in which fakes say what they have shown (`met`).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Attacker, Client, Domain, Fault, FaultPlace, Host, HttpsHost, Moment, MxRecord, Sts, Tlsa,
    World,
};

/// One thing that differs from the twin. `Display` gives the text of a `met` event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// A fault, as [`super::Fault::written`] has it.
    Fault(String),
    /// `domain."NAME".KEY` (`mx`, `cname`, `records`, `dnssec`, `denial`, `sts.mode`, ...).
    Domain(String, String),
    /// `host."NAME".KEY`; of several connections one is enough.
    Host(String, String),
    /// `https."NAME".KEY`.
    Https(String, String),
    /// `attacker."NAME".KEY`.
    Attacker(String, String),
    /// `client.KEY`.
    Client(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(written) => write!(formatter, "fault {written}"),
            Self::Domain(name, key) => write!(formatter, "domain.\"{name}\".{key}"),
            Self::Host(name, key) => write!(formatter, "host.\"{name}\".{key}"),
            Self::Https(name, key) => write!(formatter, "https.\"{name}\".{key}"),
            Self::Attacker(name, key) => write!(formatter, "attacker.\"{name}\".{key}"),
            Self::Client(key) => write!(formatter, "client.{key}"),
        }
    }
}

/// All that differs from the twin in a step, in groups: of each group one met is enough.
///
/// A group is one key at several hosts, or one fault at several. Left out is what nothing need meet (`ttl`, `known`,
/// `tlsrpt`), and what the twin has too: a policy as such, and TLSA records that match.
#[must_use]
pub fn differences(world: &World) -> Vec<Vec<Difference>> {
    let mut groups: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
    let mut note = |group: String, difference: Difference| {
        groups.entry(group).or_default().push(difference);
    };
    for (name, domain) in &world.domains {
        for key in domain_keys(name, domain) {
            note(
                format!("domain {key}"),
                Difference::Domain(name.clone(), key.to_owned()),
            );
        }
    }
    for (name, host) in &world.hosts {
        let routed = world
            .routes
            .values()
            .any(|route| route.host.trim_matches(['[', ']']) == name && route.port == host.port);
        // The twin's host listens where the route leads.
        for key in host_keys(host)
            .into_iter()
            .filter(|key| !(routed && *key == "port"))
        {
            note(
                format!("host {key}"),
                Difference::Host(name.clone(), key.to_owned()),
            );
        }
    }
    for (name, host) in &world.https {
        for key in https_keys(host) {
            note(
                format!("https {key}"),
                Difference::Https(name.clone(), key.to_owned()),
            );
        }
    }
    for (name, attacker) in &world.attackers {
        for key in attacker_keys(attacker) {
            note(
                format!("attacker {key}"),
                Difference::Attacker(name.clone(), key.to_owned()),
            );
        }
    }
    for fault in &world.faults {
        note(
            format!("fault {}", fault_group(fault)),
            Difference::Fault(fault.written.clone()),
        );
    }
    groups.into_values().collect()
}

/// How the harness as sender differs from a healthy one, in groups of one.
#[must_use]
pub fn differences_of_client(client: &Client) -> Vec<Vec<Difference>> {
    let healthy = Client::default();
    let port = !(client.port.is_empty() || client.port == "smtp");
    [
        ("port", port),
        ("tls", client.tls != healthy.tls),
        ("ciphers", client.ciphers != healthy.ciphers),
        ("certificate", client.certificate != healthy.certificate),
        ("sni", client.sni != healthy.sni),
        ("ehlo", client.ehlo != healthy.ehlo),
        ("script", client.script != healthy.script),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(key, _)| vec![Difference::Client(key.to_owned())])
    .collect()
}

/// What a fault does and when, whichever host it is on.
fn fault_group(fault: &Fault) -> String {
    let place = match &fault.on {
        FaultPlace::Host(_) => "host",
        FaultPlace::AttackerOf(_) => "attacker",
        FaultPlace::Client => "client",
        FaultPlace::Dns => "dns",
    };
    let moment = match &fault.at {
        Moment::Question { kind, .. } => kind.clone(),
        moment => format!("{moment:?}"),
    };
    format!(
        "{place} {moment} {:?} {:?} {}",
        fault.deed, fault.times, fault.skip
    )
}

fn differing(keys: &[(&'static str, bool)]) -> Vec<&'static str> {
    keys.iter()
        .filter(|(_, differs)| *differs)
        .map(|(key, _)| *key)
        .collect()
}

fn domain_keys(name: &str, domain: &Domain) -> Vec<&'static str> {
    let healthy = Domain::default();
    let one_host = [MxRecord {
        preference: 10,
        host: format!("mx.{name}"),
    }];
    let mut keys = differing(&[
        ("mx", domain.cname.is_none() && domain.mx != one_host),
        ("cname", domain.cname.is_some()),
        ("dnssec", domain.dnssec != healthy.dnssec),
        ("denial", domain.denial != healthy.denial),
        ("records", !domain.records.is_empty()),
    ]);
    if let Some(sts) = &domain.sts {
        let healthy = Sts::default();
        let mx_hosts: Vec<&str> = domain
            .mx
            .iter()
            .map(|record| record.host.as_str())
            .collect();
        keys.extend(differing(&[
            ("sts.mode", sts.mode != healthy.mode),
            (
                "sts.mx",
                sts.mx
                    .as_ref()
                    .is_some_and(|patterns| *patterns != mx_hosts),
            ),
            ("sts.max_age", sts.max_age != healthy.max_age),
            ("sts.id", sts.id != healthy.id),
            ("sts.record", sts.record.is_some()),
            ("sts.policy", sts.policy.is_some()),
        ]));
    }
    keys
}

fn host_keys(host: &Host) -> Vec<&'static str> {
    if host.connections.is_empty() {
        return own_host_keys(host);
    }
    // What stands outside the connections (addresses, port, alias, TLSA records) is the same for all of them.
    let mut keys: Vec<&'static str> = host.connections.iter().flat_map(own_host_keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn own_host_keys(host: &Host) -> Vec<&'static str> {
    let healthy = Host::default();
    differing(&[
        ("addresses", host.addresses != healthy.addresses),
        ("port", host.port != healthy.port),
        ("cname", host.cname.is_some()),
        (
            "tlsa",
            host.tlsa
                .as_ref()
                .is_some_and(|records| !records.iter().all(Tlsa::is_usable_and_fits)),
        ),
        ("starttls", host.starttls != healthy.starttls),
        ("implicit_tls", host.implicit_tls),
        ("tls", host.tls != healthy.tls),
        ("ciphers", host.ciphers.is_some()),
        ("groups", host.groups != healthy.groups),
        ("quirks", !host.quirks.is_empty()),
        ("certificate", host.certificate != healthy.certificate),
        ("sni", !host.sni.is_empty()),
        (
            "client_certificate",
            host.client_certificate != healthy.client_certificate,
        ),
        ("keywords", !host.keywords.is_empty()),
        ("keywords_before_tls", !host.keywords_before_tls.is_empty()),
        ("keywords_after_tls", !host.keywords_after_tls.is_empty()),
    ])
}

fn https_keys(host: &HttpsHost) -> Vec<&'static str> {
    let healthy = HttpsHost::default();
    differing(&[
        ("addresses", host.addresses != healthy.addresses),
        ("cname", host.cname.is_some()),
        ("certificate", host.certificate != healthy.certificate),
        ("sni", !host.sni.is_empty()),
        ("tls", host.tls != healthy.tls),
        ("content_type", host.content_type != healthy.content_type),
        ("headers", !host.headers.is_empty()),
    ])
}

fn attacker_keys(attacker: &Attacker) -> Vec<&'static str> {
    let absent = Attacker::default();
    differing(&[
        ("starttls", attacker.starttls != absent.starttls),
        ("keywords", !attacker.keywords.is_empty()),
        (
            "keywords_before_tls",
            !attacker.keywords_before_tls.is_empty(),
        ),
        ("certificate", attacker.certificate.is_some()),
        ("tls", !attacker.tls.is_empty()),
    ])
}
