//! What the MX records of a domain mean (RFC 5321 §5.1, RFC 7505).
//!
//! An answer comes in, hosts in the order in which they are tried go out, or the reason why there is none.

use std::collections::BTreeSet;

use hickory_proto::rr::Name;

use crate::address::DomainName;

use super::answer::{Answer, LookupFault};
use super::chance::Chance;
use super::security::{Lookup, Security};

/// A host that takes mail for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MxHost {
    /// Its name, as the MX record has it.
    pub(crate) name: DomainName,
    /// Its preference.
    pub(crate) preference: u16,
    /// What led to it.
    pub(crate) origin: Origin,
}

/// What led to a host (RFC 7672 §2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The settings name it.
    Settings,
    /// An MX record names it.
    MxRecord {
        /// How far the MX records can be believed.
        security: Security,
        /// The name at which they stand, at the end of the aliases of the domain.
        owner: DomainName,
    },
    /// The domain has no MX records, and is its own host.
    NoMxRecord {
        /// How far the way from the domain to the host can be believed.
        security: Security,
        /// The domain, of which the host may be an alias.
        domain: DomainName,
    },
}

/// Why there is no host to send to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RouteFault {
    /// The domain does not exist.
    #[error("the domain {0} does not exist")]
    NoDomain(String),
    /// The domain says that it takes no mail (RFC 7505 §3).
    #[error("the domain {0} takes no mail")]
    NullMx(String),
    /// The domain has MX records, but none names a host.
    #[error("no MX record of {0} names a host")]
    NoUsableMx(String),
    /// The only hosts left are this one, or such as come after it.
    #[error("mail for {0} leads back to this host")]
    Loop(String),
    /// A route of the settings leads to no host, and nobody but the administrator can mend that.
    #[error("the route by way of {to} leads nowhere: {why}")]
    Nowhere {
        /// The next hop of the route.
        to: String,
        /// What is wrong there.
        why: String,
    },
    /// The DNS gave no answer; it may do so later.
    #[error("the MX records of {0} could not be looked up: {1}")]
    Lookup(String, LookupFault),
}

/// The hosts that an answer about the MX records of `domain` names, in the order in which they are tried.
///
/// # Errors
/// `RouteFault` when it names none.
pub(super) fn in_order(
    domain: &DomainName,
    answer: Result<Lookup, LookupFault>,
    own: &DomainName,
    chance: &Chance,
) -> Result<Vec<MxHost>, RouteFault> {
    let text = domain.to_string();
    let Lookup { answer, security } =
        answer.map_err(|fault| RouteFault::Lookup(text.clone(), fault))?;
    let (records, origin) = match answer {
        Answer::Records { mx, owner, .. } => {
            let owner = host_name(&owner).unwrap_or_else(|| domain.clone());
            (mx, Origin::MxRecord { security, owner })
        }
        // Without MX records the domain is its own host, an alias counting for its target (RFC 5321 §5.1).
        Answer::NoData { owner } => {
            let domain = domain.clone();
            let origin = Origin::NoMxRecord { security, domain };
            (vec![(0, owner)], origin)
        }
        Answer::NoName => return Err(RouteFault::NoDomain(text)),
        Answer::Alias { .. } => return Err(RouteFault::Lookup(text, LookupFault::AliasLoop)),
    };
    // A null MX stands alone; beside others it is a host that cannot be used.
    if let [(_, only)] = records.as_slice()
        && only.is_root()
    {
        return Err(RouteFault::NullMx(text));
    }
    let mut hosts: Vec<MxHost> = records
        .into_iter()
        .filter_map(|(preference, name)| {
            Some(MxHost {
                name: host_name(&name)?,
                preference,
                origin: origin.clone(),
            })
        })
        .collect();
    if hosts.is_empty() {
        return Err(RouteFault::NoUsableMx(text));
    }
    // Records come in any order: sorted by name first, the draw below depends on the seed alone.
    hosts.sort_by(|one, other| one.name.cmp(&other.name));
    chance.shuffle(&mut hosts);
    hosts.sort_by_key(|host| host.preference);
    // A host named twice is one host: what it said at its better place holds for the round.
    let mut named = BTreeSet::new();
    hosts.retain(|host| named.insert(host.name.clone()));
    match hosts.iter().find(|host| host.name == *own) {
        Some(this) => {
            let bound = this.preference;
            before(hosts, bound, domain)
        }
        None => Ok(hosts),
    }
}

/// The hosts that come before this server itself, which has this preference (RFC 5321 §5.1).
///
/// # Errors
/// `RouteFault::Loop` when there is none: mail would come back.
pub(super) fn before(
    mut hosts: Vec<MxHost>,
    bound: u16,
    domain: &DomainName,
) -> Result<Vec<MxHost>, RouteFault> {
    hosts.retain(|host| host.preference < bound);
    if hosts.is_empty() {
        return Err(RouteFault::Loop(domain.to_string()));
    }
    Ok(hosts)
}

pub(super) fn host_name(name: &Name) -> Option<DomainName> {
    DomainName::parse(&name.to_ascii()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(records: &[(u16, &str)], seed: u64) -> Result<Vec<String>, RouteFault> {
        let answer = Answer::Records {
            owner: Name::from_ascii("example.test.").unwrap(),
            mx: records
                .iter()
                .map(|(preference, host)| (*preference, Name::from_ascii(host).unwrap()))
                .collect(),
            addresses: Vec::new(),
            texts: Vec::new(),
            pointers: Vec::new(),
            tlsa: Vec::new(),
        };
        decide(Ok(answer), seed)
    }

    fn decide(answer: Result<Answer, LookupFault>, seed: u64) -> Result<Vec<String>, RouteFault> {
        let domain = DomainName::parse("example.test").unwrap();
        let own = DomainName::parse("subject.home.test").unwrap();
        let security = Security::Insecure;
        let answer = answer.map(|answer| Lookup { answer, security });
        in_order(&domain, answer, &own, &Chance::from_seed(seed)).map(|hosts| {
            hosts
                .into_iter()
                .map(|host| host.name.to_string())
                .collect()
        })
    }

    #[test]
    fn hosts_are_tried_in_order_of_preference() {
        let records = [
            (20, "c.test."),
            (10, "a.test."),
            (65_535, "d.test."),
            (15, "b.test."),
        ];
        for seed in 0..20 {
            assert_eq!(
                order(&records, seed).unwrap(),
                ["a.test", "b.test", "c.test", "d.test"]
            );
        }
    }

    #[test]
    fn hosts_of_equal_preference_come_in_every_order() {
        let first: BTreeSet<String> = (0..50)
            .map(|seed| {
                order(&[(10, "a.test."), (10, "b.test.")], seed)
                    .unwrap()
                    .remove(0)
            })
            .collect();
        assert_eq!(first.len(), 2);
    }

    #[test]
    fn the_order_of_the_records_does_not_matter() {
        let one = order(&[(10, "a.test."), (10, "b.test."), (10, "c.test.")], 3);
        let other = order(&[(10, "c.test."), (10, "a.test."), (10, "b.test.")], 3);
        assert_eq!(one, other);
    }

    type Case = (
        &'static [(u16, &'static str)],
        Result<Vec<String>, RouteFault>,
    );

    #[test]
    fn unusual_records_have_their_own_meaning() {
        let text = || "example.test".to_owned();
        // (records, what they mean)
        let cases: [Case; 7] = [
            (&[(0, ".")], Err(RouteFault::NullMx(text()))),
            (&[(10, ".")], Err(RouteFault::NullMx(text()))),
            (&[(0, "."), (10, "a.test.")], Ok(vec!["a.test".into()])),
            (
                &[(30, "a.test."), (10, "A.test."), (20, "b.test.")],
                Ok(vec!["a.test".into(), "b.test".into()]),
            ),
            (&[(10, "subject.home.test.")], Err(RouteFault::Loop(text()))),
            (
                &[
                    (10, "subject.home.test."),
                    (10, "a.test."),
                    (20, "b.test."),
                    (5, "c.test."),
                ],
                Ok(vec!["c.test".into()]),
            ),
            (&[(10, "."), (20, ".")], Err(RouteFault::NoUsableMx(text()))),
        ];
        for (records, want) in cases {
            assert_eq!(order(records, 0), want, "{records:?}");
        }
    }

    #[test]
    fn answers_without_records_mean_the_domain_itself_or_nothing() {
        let owner = Name::from_ascii("b.test.").unwrap();
        assert_eq!(
            decide(Ok(Answer::NoData { owner }), 0),
            Ok(vec!["b.test".into()])
        );
        assert_eq!(
            decide(Ok(Answer::NoName), 0),
            Err(RouteFault::NoDomain("example.test".into()))
        );
        assert_eq!(
            decide(Err(LookupFault::Silence), 0),
            Err(RouteFault::Lookup(
                "example.test".into(),
                LookupFault::Silence
            ))
        );
    }
}
