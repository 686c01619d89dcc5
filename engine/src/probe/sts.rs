//! What the MTA-STS policy that holds asks of mail, for a connection test (RFC 8461 §5).
//!
//! How a domain stands is found out by `sts::Keeper`, as for mail; here it is put so that people can read it.

use std::time::Duration;

use time::OffsetDateTime;

use crate::address::{DomainName, MailDomain};
use crate::dane::Asked;
use crate::delivery::StsDemand;
use crate::route::NextHop;
use crate::sts::{Cached, DiscoveryFault, Mode, MxPattern, RecordFault, Standing};
use crate::tls::PeerName;

/// How the mail in question stands with MTA-STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StsProbe {
    /// It goes to an address, which has no name and so no policy.
    NotAsked,
    /// It is bound by what this domain has published.
    Of(Box<PolicyProbe>),
}

/// How a policy domain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProbe {
    /// The policy domain: the one by which the mail is routed.
    pub domain: DomainName,
    /// The policy that holds, if one does.
    pub policy: Option<PolicyInForce>,
    /// Why no policy was found, or why only one that was fetched before holds.
    pub fault: Option<StsFault>,
    /// Whether the settings have reports sent, of which a policy in testing mode lives.
    pub is_reported: bool,
}

/// A policy that holds, of any mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInForce {
    /// The id in the record under which it was fetched.
    pub id: String,
    /// What it asks for.
    pub mode: Mode,
    /// The hosts that it names.
    pub patterns: Vec<MxPattern>,
    /// Its `mx` values that name no host.
    pub unread_patterns: Vec<String>,
    /// How long it lasts.
    pub max_age: Duration,
    /// The last moment at which it holds.
    pub until: OffsetDateTime,
}

/// Why what a domain has published could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsFault {
    /// At which step.
    pub at: StsStep,
    /// Why, in words.
    pub text: String,
    /// The failure type of reports, spelled as in RFC 8460 §4.3; none: the domain has published nothing that could fail.
    pub failure: Option<&'static str>,
}

/// A step towards a policy (RFC 8461 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsStep {
    /// There is no record, and so no policy.
    NoRecord,
    /// There is a record, and it is none that can be used.
    Record,
    /// The record was to be looked up.
    Lookup,
    /// The policy was to be fetched.
    Fetch,
}

/// What the policy that holds has to do with one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPolicy {
    demand: StsDemand,
    /// The mode of the policy and whether it names the host, where there is a policy that may ask something of it.
    holds: Option<(Mode, bool)>,
    is_left_to_dane: bool,
}

impl StsProbe {
    pub(super) fn new(next_hop: &NextHop, standing: Option<Standing>, is_reported: bool) -> Self {
        match (&next_hop.to, standing) {
            (MailDomain::Name(domain), Some(standing)) => Self::Of(Box::new(PolicyProbe {
                domain: domain.clone(),
                fault: StsFault::of(&standing),
                policy: standing.cached.as_deref().map(PolicyInForce::of),
                is_reported,
            })),
            _ => Self::NotAsked,
        }
    }

    /// The policy that holds, of any mode.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyInForce> {
        match self {
            Self::NotAsked => None,
            Self::Of(probe) => probe.policy.as_ref(),
        }
    }
}

impl PolicyProbe {
    /// A word for programs: what was found.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (&self.policy, &self.fault) {
            (Some(_), _) => "in-force",
            (None, Some(fault)) => fault.at.word(),
            (None, None) => "none",
        }
    }
}

impl PolicyInForce {
    fn of(cached: &Cached) -> Self {
        let policy = &cached.policy;
        Self {
            id: cached.id.to_string(),
            mode: policy.mode(),
            patterns: policy.patterns().to_vec(),
            unread_patterns: policy.unread_patterns().to_vec(),
            max_age: policy.max_age(),
            until: cached.expiry().into(),
        }
    }
}

impl StsFault {
    /// What could not be had of what a domain says now. A failed fetch counts as long as the record tells of another policy
    /// than the one that holds.
    fn of(standing: &Standing) -> Option<Self> {
        let (at, text) = match (&standing.record, &standing.failure) {
            (Err(DiscoveryFault::Record(RecordFault::Absent)), _) => {
                (StsStep::NoRecord, RecordFault::Absent.to_string())
            }
            (Err(fault @ DiscoveryFault::Record(_)), _) => (StsStep::Record, fault.to_string()),
            (Err(fault @ DiscoveryFault::Lookup(_)), _) => (StsStep::Lookup, fault.to_string()),
            (Ok(_), Some(failure)) => (StsStep::Fetch, failure.fault.to_string()),
            (Ok(_), None) => return None,
        };
        let failure = standing.reportable().map(|failure| failure.failure_type);
        Some(Self { at, text, failure })
    }
}

impl StsStep {
    /// A word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoRecord => "none",
            Self::Record => "record-unusable",
            Self::Lookup => "lookup-failed",
            Self::Fetch => "fetch-failed",
        }
    }
}

impl HostPolicy {
    /// No policy has anything to do with it.
    pub(super) const NONE: Self = Self {
        demand: StsDemand::Nothing,
        holds: None,
        is_left_to_dane: false,
    };

    pub(super) fn new(standing: Option<&Standing>, peer: &PeerName, dane: &Asked) -> Self {
        let policy = standing.and_then(Standing::policy);
        let (PeerName::Host(host), Some(cached)) = (peer, policy) else {
            return Self::NONE;
        };
        Self {
            demand: StsDemand::in_view_of(standing, peer, dane),
            holds: Some((cached.policy.mode(), cached.policy.names(host))),
            is_left_to_dane: dane.authenticates(),
        }
    }

    /// Whether the policy names the host; none: no policy holds that may ask something of it.
    #[must_use]
    pub fn names_host(&self) -> Option<bool> {
        self.holds.map(|(_, names_host)| names_host)
    }

    /// The mode of that policy.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.holds.map(|(mode, _)| mode)
    }

    /// Whether the policy is not asked, since TLSA records authenticate the host.
    #[must_use]
    pub fn is_left_to_dane(&self) -> bool {
        self.is_left_to_dane
    }

    /// What it asks of the host.
    pub(super) fn demand(&self) -> StsDemand {
        self.demand
    }

    /// What it would ask if it were enforced; none: nothing in any mode.
    pub(super) fn enforced(&self) -> Option<StsDemand> {
        let names_host = self.names_host().filter(|_| !self.is_left_to_dane)?;
        Some(StsDemand::Enforce { names_host })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use crate::route::LookupFault;
    use crate::sts::testing::{Failure, FetchFault};
    use crate::sts::{Policy, PolicyId};

    fn id() -> PolicyId {
        PolicyId::parse("1").unwrap()
    }

    fn cached(mode: &str) -> Arc<Cached> {
        let text = format!("version: STSv1\nmode: {mode}\nmx: *.example.test\nmax_age: 60\n");
        Arc::new(Cached {
            id: id(),
            policy: Policy::parse(text.as_bytes()).unwrap(),
            fetched: SystemTime::UNIX_EPOCH,
        })
    }

    fn failure() -> Arc<Failure> {
        Arc::new(Failure {
            id: id(),
            at: SystemTime::UNIX_EPOCH,
            fault: FetchFault::Status(404),
            count: 1,
        })
    }

    #[test]
    fn what_was_found_has_a_word_and_what_is_missing_its_reason() {
        let next_hop = NextHop::of_domain(&MailDomain::parse("example.test").unwrap());
        let record = |fault| Err(DiscoveryFault::Record(fault));
        let lookup = || Err(DiscoveryFault::Lookup(LookupFault::Silence));
        let fetch_error = Some("sts-policy-fetch-error");
        let (none, gone) = (RecordFault::Absent, "there is no STS record");
        // (record, policy, failed fetch, word, fault, failure type)
        let cases = [
            (record(none.clone()), None, None, "none", Some(gone), None),
            (
                record(none),
                Some(cached("enforce")),
                None,
                "in-force",
                Some(gone),
                fetch_error,
            ),
            (
                record(RecordFault::NoId),
                None,
                None,
                "record-unusable",
                Some("the STS record has no id"),
                None,
            ),
            (
                lookup(),
                None,
                None,
                "lookup-failed",
                Some("the STS record could not be looked up: no answer from the resolver"),
                None,
            ),
            (
                Ok(id()),
                None,
                Some(failure()),
                "fetch-failed",
                Some("the policy host answered with status 404"),
                fetch_error,
            ),
            (
                Ok(id()),
                Some(cached("testing")),
                Some(failure()),
                "in-force",
                Some("the policy host answered with status 404"),
                fetch_error,
            ),
            (Ok(id()), Some(cached("none")), None, "in-force", None, None),
        ];
        for (record, cached, failure, word, fault, failure_type) in cases {
            let standing = Standing {
                record,
                cached,
                failure,
            };
            let told = format!("{standing:?}");
            let probe = match StsProbe::new(&next_hop, Some(standing), false) {
                StsProbe::Of(probe) => probe,
                StsProbe::NotAsked => panic!("a domain has a name"),
            };
            let got = probe.fault.as_ref();
            assert_eq!(probe.word(), word, "{told}");
            assert_eq!(got.map(|fault| fault.text.as_str()), fault, "{told}");
            assert_eq!(got.and_then(|fault| fault.failure), failure_type, "{told}");
        }
        let literal = NextHop::of_domain(&MailDomain::parse("[192.0.2.1]").unwrap());
        assert_eq!(StsProbe::new(&literal, None, false), StsProbe::NotAsked);
    }

    #[test]
    fn a_policy_asks_only_where_it_is_enforced_and_only_of_hosts_with_names() {
        let peer = |host: &str| PeerName::Host(DomainName::parse(host).unwrap());
        let enforce = |names_host| StsDemand::Enforce { names_host };
        let (named, other) = (peer("mx.example.test"), peer("mx.other.test"));
        let literal = PeerName::Address("192.0.2.1".parse().unwrap());
        let nothing = StsDemand::Nothing;
        // (mode, host, what is asked, what would be if it were enforced)
        let cases = [
            ("enforce", &named, enforce(true), Some(enforce(true))),
            ("enforce", &other, enforce(false), Some(enforce(false))),
            ("testing", &named, nothing, Some(enforce(true))),
            ("testing", &other, nothing, Some(enforce(false))),
            ("none", &other, nothing, None),
            ("enforce", &literal, nothing, None),
        ];
        for (mode, peer, asked, enforced) in cases {
            let standing = Standing {
                record: Ok(id()),
                cached: Some(cached(mode)),
                failure: None,
            };
            let policy = HostPolicy::new(Some(&standing), peer, &Asked::Nothing);
            assert_eq!(policy.demand(), asked, "{mode} {peer}");
            assert_eq!(policy.enforced(), enforced, "{mode} {peer}");
        }
    }
}
