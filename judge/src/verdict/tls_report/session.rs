//! The sessions that a report could count: the connections to the hosts of a domain, and what each of them came to.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mtaspec_certs::{CertificateSpec, Word};

use crate::events::What;
use crate::scenario::{Attacker, Host, Shown, World, is_same_name};
use crate::verdict::connections::{Connection, Ended};
use crate::verdict::evidence::Evidence;
use crate::verdict::rounds::hosts_of;
use crate::verdict::wildcard::canonical_name;

/// A connection as a report may count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// The host, in canonical spelling.
    pub(super) host: String,
    /// How it must be counted.
    pub(super) counts: Counts,
    /// What was wrong with it.
    pub(super) troubles: BTreeSet<Trouble>,
    /// Where it came from, if that was seen.
    pub(super) source: Option<IpAddr>,
}

/// How a session is to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counts {
    /// As a success.
    Success,
    /// As the one or the other: TLS that some policy may not have liked. In testing mode both counts are accepted (the
    /// rows say so), and without a policy nothing is disliked.
    Either,
    /// As a failure, unless there was no policy: then it need not be counted.
    Failure,
    /// As a failure, or not at all: plain network trouble (RFC 8460 §4.3.4), plaintext after TLS has failed, and sessions
    /// that brought a report (RFC 8460 §3).
    Hardly,
}

/// What can be wrong with a session, as far as result types tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// STARTTLS was not offered, or was refused.
    NoStarttls,
    /// The handshake broke down, or the connection before or behind it.
    Broken,
    /// Some certificate of the chain is out of its time.
    Date,
    /// The certificate does not name the host.
    Name,
    /// The chain leads to nobody who is trusted, or is unsound.
    Trust,
    /// The TLSA records do not all fit what was shown.
    Tlsa,
    /// The policy does not name the host.
    NotListed,
}

/// The sessions with a domain in these seconds since 1970 (all, if none are said) that began before an event.
pub(super) fn sessions(
    evidence: &Evidence<'_>,
    domain: &str,
    range: Option<(u64, u64)>,
    until: usize,
) -> Vec<Session> {
    let began = began(evidence);
    let is_of_domain = |connection: &&Connection| {
        let hosts = hosts_of(evidence.world(connection.step), domain);
        hosts.contains(&canonical_name(&connection.host))
    };
    let is_in_time = |connection: &&Connection| {
        let Some(first) = connection.events.first().filter(|first| **first < until) else {
            return false;
        };
        let at = evidence.recording.events[*first].at / 1000;
        match (began, range) {
            (Some(began), Some((start, end))) => (start..end).contains(&(began + at)),
            _ => true,
        }
    };
    let connections = evidence.connections.iter();
    connections
        .filter(is_in_time)
        .filter(is_of_domain)
        .map(|connection| session(evidence, connection, domain))
        .collect()
}

/// Seconds since 1970 when the case began.
fn began(evidence: &Evidence<'_>) -> Option<u64> {
    super::body::seconds(&evidence.recording.now.clone().into())
}

fn session(evidence: &Evidence<'_>, connection: &Connection, domain: &str) -> Session {
    let mut seen = Seen::default();
    for index in &connection.events {
        seen.note(&evidence.recording.events[*index].what);
    }
    let host = canonical_name(&connection.host);
    let world = evidence.world(connection.step);
    let number = (connection.events.first())
        .and_then(|first| evidence.recording.events[*first].connection)
        .unwrap_or(1);
    // In the warm-up all hosts are healthy.
    let mut troubles = if connection.step == 0 {
        BTreeSet::new()
    } else {
        of_certificate(world, &host, number, seen.sni.as_deref())
    };
    troubles.extend(of_policies(world, &host, domain));
    if !(seen.offers_starttls || seen.began_tls) && seen.heard_ehlo || seen.refused_starttls {
        troubles.insert(Trouble::NoStarttls);
    }
    let is_secured = connection.tls.is_some();
    let broke = connection.ended == Ended::Failed;
    if broke || !is_secured {
        troubles.insert(Trouble::Broken);
    }
    let counts = if seen.brought_report || seen.nobody_answered {
        Counts::Hardly
    } else if is_secured {
        let is_good = troubles.is_empty() && seen.version_is_sound;
        if is_good {
            Counts::Success
        } else {
            Counts::Either
        }
    } else if seen.began_tls || troubles.contains(&Trouble::NoStarttls) {
        Counts::Failure
    } else {
        Counts::Hardly
    };
    Session {
        host,
        counts,
        troubles,
        source: seen.source,
    }
}

/// What the events of a connection show.
#[derive(Default)]
struct Seen {
    source: Option<IpAddr>,
    nobody_answered: bool,
    heard_ehlo: bool,
    offers_starttls: bool,
    refused_starttls: bool,
    began_tls: bool,
    version_is_sound: bool,
    sni: Option<String>,
    brought_report: bool,
}

impl Seen {
    fn note(&mut self, what: &What) {
        match what {
            What::Connect {
                refused, source, ..
            } => {
                self.nobody_answered = *refused;
                self.source = *source;
            }
            What::SmtpReply {
                verb,
                code,
                text,
                tls: false,
            } if verb == "EHLO" || verb == "HELO" => {
                self.heard_ehlo |= (200..300).contains(code);
                let is_offer = |line: &str| line.trim().eq_ignore_ascii_case("STARTTLS");
                self.offers_starttls |= text.lines().any(is_offer);
            }
            What::SmtpReply { verb, code, .. } if verb == "STARTTLS" => {
                self.refused_starttls |= *code != 220;
            }
            What::TlsOffered { sni, .. } => {
                self.began_tls = true;
                self.sni.clone_from(sni);
            }
            What::TlsFailed { .. } | What::TlsAccepted { .. } => self.began_tls = true,
            What::TlsEstablished { version, .. } => {
                self.began_tls = true;
                self.version_is_sound = version == "1.2" || version == "1.3";
            }
            What::ReportMailed { .. } => self.brought_report = true,
            _ => {}
        }
    }
}

fn host_of<'w>(world: &'w World, host: &str, number: u32) -> Option<&'w Host> {
    let (_, found) = (world.hosts.iter()).find(|(name, _)| is_same_name(name, host))?;
    let nth = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let nth = nth.min(found.connections.len().saturating_sub(1));
    Some(found.connections.get(nth).unwrap_or(found))
}

fn of_certificate(world: &World, host: &str, number: u32, sni: Option<&str>) -> BTreeSet<Trouble> {
    let attacker = (world.attackers.iter()).find(|(name, _)| is_same_name(name, host));
    let attackers =
        attacker.and_then(|(_, attacker): (_, &Attacker)| attacker.certificate.as_ref());
    let shown = host_of(world, host, number).map(|found| {
        let asked = sni.unwrap_or_default();
        let by_name = found.sni.iter().find(|(name, _)| is_same_name(name, asked));
        by_name.map_or(&found.certificate, |(_, shown)| shown)
    });
    let own = match shown {
        Some(Shown::Certificate(spec)) => Some(spec),
        Some(Shown::Refuse) | None => None,
    };
    let mut troubles = attackers
        .or(own)
        .map_or_else(BTreeSet::new, |spec| of_spec(spec, host));
    if attackers.is_some() || !world.settings.trust.iter().any(|word| word == "root") {
        troubles.insert(Trouble::Trust);
    }
    troubles
}

/// What is wrong with a certificate of the catalogue.
pub(super) fn of_spec(spec: &CertificateSpec, host: &str) -> BTreeSet<Trouble> {
    let of_word: &[Trouble] = match spec.is {
        Word::Expired | Word::ExpiredIntermediate | Word::NotYetValid => &[Trouble::Date],
        Word::WrongName
        | Word::RecipientDomain
        | Word::CnOnly
        | Word::IpAddressOnly
        | Word::PartialWildcard
        | Word::DoubleWildcard
        | Word::InnerWildcard => &[Trouble::Name],
        Word::X509V1 => &[Trouble::Name, Trouble::Trust],
        Word::Valid
        | Word::Renewed
        | Word::Wildcard
        | Word::EmptySubject
        | Word::UpperCaseName
        | Word::LargeChain
        | Word::Rsa2048
        | Word::Rsa4096
        | Word::EcdsaP384
        | Word::Ed25519 => &[],
        _ => &[Trouble::Trust],
    };
    let mut troubles: BTreeSet<Trouble> = of_word.iter().copied().collect();
    if let Some(names) = &spec.names {
        let host = canonical_name(host);
        let is_named = names.iter().any(|name| {
            let name = canonical_name(name);
            let parent = host.split_once('.').map_or("", |(_, parent)| parent);
            name == host || name.strip_prefix("*.") == Some(parent)
        });
        if is_named {
            troubles.remove(&Trouble::Name);
        } else {
            troubles.insert(Trouble::Name);
        }
    }
    troubles
}

/// What the policies of a world say against a host, whatever it shows.
pub(super) fn of_policies(world: &World, host: &str, domain: &str) -> BTreeSet<Trouble> {
    let mut troubles = BTreeSet::new();
    let own = (world.hosts.iter()).find(|(name, _)| is_same_name(name, host));
    let aliases = world.hosts.values().filter(|other| {
        let target = other.cname.as_deref();
        target.is_some_and(|target| is_same_name(target, host))
    });
    let tables = own.map(|(_, host)| host).into_iter().chain(aliases);
    if tables
        .filter_map(|host| host.tlsa.as_ref())
        .flatten()
        .any(|record| !record.is_usable_and_fits())
    {
        troubles.insert(Trouble::Tlsa);
    }
    if is_unlisted(world, host, domain) {
        troubles.insert(Trouble::NotListed);
    }
    troubles
}

/// RFC 8461 §4.1, of the policy as published now.
fn is_unlisted(world: &World, host: &str, domain: &str) -> bool {
    let Some(text) = world.policy_text(domain) else {
        return false;
    };
    let mut patterns = text.lines().filter_map(|line| {
        let (key, pattern) = line.split_once(':')?;
        (key.trim() == "mx").then(|| canonical_name(pattern.trim()))
    });
    let parent = host.split_once('.').map_or("", |(_, parent)| parent);
    !patterns.any(|pattern| pattern == host || pattern.strip_prefix("*.") == Some(parent))
}
