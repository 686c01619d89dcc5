//! From what somebody asks about to the hosts that would take its mail, each visited.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::address::{AddressError, MailDomain, Mailbox};
use crate::dane::{self, Asked};
use crate::delivery::{Hop, Workshop};
use crate::route::{self, Hosts, Located, MxHost, NextHop, Own, RouteFault, Way};
use crate::sts::Standing;
use crate::tls::PeerName;

use super::dane::DaneProbe;
use super::demand::next_hop_and_demands;
use super::result::{HostProbe, Probe};
use super::sight::Trouble;
use super::sts::{HostPolicy, StsProbe};
use super::visit::visit;

/// What a connection test is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A recipient: the hosts of its domain, under the rules that bind mail to it.
    Recipient(Mailbox),
    /// A domain: its hosts, under the rules that bind mail to all of it.
    Domain(MailDomain),
    /// A host by itself, whatever MX records its name may have.
    Host(MailDomain),
}

/// Why nothing can be tested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no domain, host or address")]
pub struct AboutError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    #[source]
    pub source: AddressError,
}

impl About {
    /// Reads an address (`user@example.test`) or a domain.
    ///
    /// # Errors
    /// `AboutError` when it is neither.
    pub fn parse(text: &str) -> Result<Self, AboutError> {
        let read = if text.contains('@') {
            Mailbox::parse(text).map(Self::Recipient)
        } else {
            MailDomain::parse(text).map(Self::Domain)
        };
        read.map_err(|source| AboutError {
            text: text.to_owned(),
            source,
        })
    }

    /// Reads the name or address literal of a host.
    ///
    /// # Errors
    /// `AboutError` when it is neither.
    pub fn parse_host(text: &str) -> Result<Self, AboutError> {
        MailDomain::parse(text)
            .map(Self::Host)
            .map_err(|source| AboutError {
                text: text.to_owned(),
                source,
            })
    }

    /// The domain or host by which mail is routed.
    #[must_use]
    pub fn domain(&self) -> &MailDomain {
        match self {
            Self::Recipient(mailbox) => mailbox.domain(),
            Self::Domain(domain) | Self::Host(domain) => domain,
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipient(mailbox) => formatter.write_str(mailbox.as_str()),
            Self::Domain(domain) | Self::Host(domain) => domain.fmt(formatter),
        }
    }
}

/// Tests the connection to all that would take the mail.
pub(crate) async fn probe(workshop: &Workshop, about: About) -> Probe {
    let (next_hop, demands) = next_hop_and_demands(&workshop.settings, &about);
    let mut hosts = Vec::new();
    let mut trouble = None;
    let standing = standing(workshop, &next_hop).await;
    match next_hosts(workshop, &next_hop).await {
        Ok(next) => {
            for host in next {
                hosts.push(visit_host(workshop, &next_hop, host, standing.as_ref()).await);
            }
        }
        Err(fault) => {
            trouble = Some(Trouble {
                at: Hop::Mx,
                text: fault.to_string(),
                failure: None,
            });
        }
    }
    let sts = StsProbe::new(&next_hop, standing, workshop.settings.reporting.is_some());
    Probe {
        about,
        trouble,
        sts,
        hosts,
        demands,
    }
}

/// How the next hop stands with MTA-STS, asked as a round asks it, but even where no host is found; none: it has no name.
async fn standing(workshop: &Workshop, next_hop: &NextHop) -> Option<Standing> {
    match &next_hop.to {
        MailDomain::Name(domain) => Some(workshop.policies.standing(workshop, domain).await),
        MailDomain::Literal(_) => None,
    }
}

/// A host that mail would try.
enum Next {
    Named(MxHost),
    Literal(IpAddr),
}

/// The hosts in the order in which mail would try them.
async fn next_hosts(workshop: &Workshop, next_hop: &NextHop) -> Result<Vec<Next>, RouteFault> {
    let found = route::hosts(
        &workshop.resolver,
        next_hop,
        Own::of(&workshop.settings),
        &workshop.chance,
    )
    .await?;
    Ok(match found {
        Hosts::Literal(address) => vec![Next::Literal(address)],
        Hosts::Named(hosts) => hosts.into_iter().map(Next::Named).collect(),
    })
}

async fn visit_host(
    workshop: &Workshop,
    next_hop: &NextHop,
    next: Next,
    standing: Option<&Standing>,
) -> HostProbe {
    let (peer, preference) = match &next {
        Next::Literal(address) => (PeerName::Address(*address), None),
        Next::Named(host) => {
            let is_of_mx = next_hop.way == Way::MxRecords;
            let preference = is_of_mx.then_some(host.preference);
            (PeerName::Host(host.name.clone()), preference)
        }
    };
    let mut probed = HostProbe {
        name: peer.to_string(),
        preference,
        trouble: None,
        dane: DaneProbe::new(Ok(Asked::Nothing)),
        policy: HostPolicy::new(standing, &peer, &Asked::Nothing),
        addresses: Vec::new(),
    };
    let addresses = match &next {
        Next::Literal(address) => vec![*address],
        Next::Named(host) => match located(workshop, host).await {
            Ok(located) => {
                let (resolver, settings) = (&workshop.resolver, &workshop.settings);
                let asked = dane::asked_of(resolver, settings, next_hop, host, &located).await;
                probed.dane = DaneProbe::new(asked);
                probed.policy = HostPolicy::new(standing, &peer, &probed.dane.asked());
                located.addresses
            }
            Err(text) => {
                probed.trouble = Some(Trouble {
                    at: Hop::Address,
                    text,
                    failure: None,
                });
                return probed;
            }
        },
    };
    for address in addresses {
        let address = SocketAddr::new(address, next_hop.port);
        let seen = visit(workshop, &peer, address, &probed.dane).await;
        probed.addresses.push(seen);
    }
    probed
}

async fn located(workshop: &Workshop, host: &MxHost) -> Result<Located, String> {
    let name = &host.name;
    match route::locate(&workshop.resolver, name).await {
        Err(fault) => Err(format!(
            "the addresses of {name} could not be looked up: {fault}"
        )),
        Ok(none) if none.addresses.is_empty() => Err(format!("{name} has no address")),
        Ok(located) => Ok(located),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_a_domain_or_a_host_can_be_asked_about() {
        let told = |about: Result<About, AboutError>| match about {
            Ok(About::Recipient(mailbox)) => format!("recipient {}", mailbox.as_str()),
            Ok(About::Domain(domain)) => format!("domain {domain}"),
            Ok(About::Host(host)) => format!("host {host}"),
            Err(error) => error.to_string(),
        };
        // (text, what it is)
        let cases = [
            ("user@example.test", "recipient user@example.test"),
            ("Example.Test.", "domain example.test"),
            ("[192.0.2.1]", "domain [192.0.2.1]"),
            ("", "\"\" is no domain, host or address"),
            ("two words", "\"two words\" is no domain, host or address"),
        ];
        for (text, want) in cases {
            assert_eq!(told(About::parse(text)), want, "{text}");
        }
        assert_eq!(
            told(About::parse_host("mx.example.test")),
            "host mx.example.test"
        );
        assert!(About::parse_host("user@example.test").is_err());
    }
}
