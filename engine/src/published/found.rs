//! What was found of a domain.

use std::time::SystemTime;

use crate::address::DomainName;
use crate::route::{LookupFault, RouteFault};
use crate::sts::{FetchFault, Policy, PolicyId, RecordFault, policy_id};
use crate::tlsrpt;

use super::advice::Advice;
use super::lint;
use super::problem::{Problem, Weight};

/// TXT records, the strings of each joined; none where they could not be looked up.
pub type Texts = Vec<Vec<u8>>;

/// What was found of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The domain.
    pub domain: DomainName,
    /// When it was looked at.
    pub at: SystemTime,
    /// The TXT records at `_mta-sts`.
    pub(crate) sts: Result<Texts, LookupFault>,
    /// What the policy host served.
    pub(crate) policy: Result<Policy, FetchFault>,
    /// The TXT records at `_smtp._tls`.
    pub(crate) tlsrpt: Result<Texts, LookupFault>,
    /// The MX hosts, in the order in which they are tried.
    pub(crate) hosts: Result<Vec<DomainName>, RouteFault>,
}

impl Published {
    /// All that is wrong, errors first.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = lint::problems(self);
        problems.sort_by_key(|problem| problem.weight);
        problems
    }

    /// Whether senders will do what the domain wants: nothing is worse than a warning.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self
            .problems()
            .iter()
            .any(|problem| problem.weight == Weight::Error)
    }

    /// The records as they stand: at `_mta-sts`, at `_smtp._tls`; of what is no text as near as can be.
    #[must_use]
    pub fn texts(&self) -> [Vec<String>; 2] {
        [&self.sts, &self.tlsrpt].map(|texts| {
            let texts = texts.iter().flatten();
            texts
                .map(|text| String::from_utf8_lossy(text).into_owned())
                .collect()
        })
    }

    /// The id of its policy, if there is one that senders take.
    #[must_use]
    pub fn policy_id(&self) -> Option<PolicyId> {
        self.sts_record()?.ok()
    }

    /// Its policy, if there is one that senders take.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref().ok()
    }

    /// Its MX hosts and whether the policy names them, where there is one.
    #[must_use]
    pub fn hosts(&self) -> Vec<(String, Option<bool>)> {
        let hosts = self.hosts.iter().flatten();
        let policy = self.policy();
        hosts
            .map(|host| (host.to_string(), policy.map(|policy| policy.names(host))))
            .collect()
    }

    /// What is to be published next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        Advice::of(self)
    }

    /// What senders make of the STS record; none: it could not be looked up.
    pub(super) fn sts_record(&self) -> Option<Result<PolicyId, RecordFault>> {
        self.sts.as_ref().ok().map(|texts| policy_id(texts))
    }

    /// What senders make of the record for reports; none: it could not be looked up.
    pub(super) fn tlsrpt_record(&self) -> Option<Result<tlsrpt::Record, tlsrpt::RecordFault>> {
        self.tlsrpt
            .as_ref()
            .ok()
            .map(|texts| tlsrpt::Record::of(texts))
    }
}
