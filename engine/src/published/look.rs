//! Looks at what a domain has published: three lookups and one fetch.

use hickory_proto::rr::{Name, RecordType};

use crate::address::{DomainName, MailDomain};
use crate::delivery::Workshop;
use crate::route::{self, Answer, Hosts, LookupFault, NextHop, Own};
use crate::sts::Source as _;

use super::found::{Published, Texts};

/// Looks at a domain. The policy is fetched even where no record tells of it: it is put up before the record (RFC 8461 §8.1).
pub(crate) async fn look(workshop: &Workshop, domain: DomainName) -> Published {
    Published {
        at: workshop.outside.clock.now(),
        sts: texts(workshop, &format!("_mta-sts.{domain}.")).await,
        policy: workshop.policy(&domain).await,
        tlsrpt: texts(workshop, &format!("_smtp._tls.{domain}.")).await,
        hosts: hosts(workshop, &domain).await,
        domain,
    }
}

async fn texts(workshop: &Workshop, name: &str) -> Result<Texts, LookupFault> {
    // A domain so long that no name can stand before it has no record.
    let Ok(name) = Name::from_ascii(name) else {
        return Ok(Texts::new());
    };
    match workshop.resolver.lookup(&name, RecordType::TXT).await? {
        Answer::Records { texts, .. } => Ok(texts),
        _ => Ok(Texts::new()),
    }
}

async fn hosts(
    workshop: &Workshop,
    domain: &DomainName,
) -> Result<Vec<DomainName>, route::RouteFault> {
    let next_hop = NextHop::of_domain(&MailDomain::Name(domain.clone()));
    let own = Own::of(&workshop.settings);
    match route::hosts(&workshop.resolver, &next_hop, own, &workshop.chance).await? {
        Hosts::Named(hosts) => Ok(hosts.into_iter().map(|host| host.name).collect()),
        Hosts::Literal(_) => Ok(Vec::new()),
    }
}
