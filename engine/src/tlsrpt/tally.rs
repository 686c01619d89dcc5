//! How many sessions with a domain went well and how many did not, policy by policy (RFC 8460 §4.2, §4.4).
//!
//! A tally is bounded: what goes beyond is counted without its details.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::policy::Policy;

/// The most policies of one domain on one day. A policy that changes is another one.
const POLICY_LIMIT: usize = 10;
/// The most failures under one policy that are told apart.
const FAILURE_LIMIT: usize = 200;

/// One session as one policy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The policy.
    pub(crate) policy: Policy,
    /// Whether the session is one that the policy asks for.
    pub(crate) success: bool,
    /// What went wrong; a success may have something too, such as a policy that could not be fetched anew.
    pub(crate) failures: Vec<Failure>,
}

/// The sessions under one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyTally {
    /// The policy.
    pub(crate) policy: Policy,
    /// Sessions as the policy asks for them.
    pub(crate) successful: u64,
    /// The others.
    pub(crate) failed: u64,
    /// What went wrong, and how often.
    pub(crate) failures: BTreeMap<Failure, u64>,
}

/// All sessions with a domain on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally(Vec<PolicyTally>);

impl Tally {
    /// A tally as it was kept.
    #[must_use]
    pub(super) fn of(policies: Vec<PolicyTally>) -> Self {
        Self(policies)
    }

    /// Counts a session. No: there are too many policies already.
    pub(crate) fn count(&mut self, counted: Counted) -> bool {
        let known = self.0.iter().position(|one| one.policy == counted.policy);
        let at = match known {
            Some(at) => at,
            None if self.0.len() < POLICY_LIMIT => {
                self.0.push(PolicyTally {
                    policy: counted.policy,
                    successful: 0,
                    failed: 0,
                    failures: BTreeMap::new(),
                });
                self.0.len() - 1
            }
            None => return false,
        };
        let tally = &mut self.0[at];
        if counted.success {
            tally.successful = tally.successful.saturating_add(1);
        } else {
            tally.failed = tally.failed.saturating_add(1);
        }
        for failure in counted.failures {
            let mut failure = failure.fitted();
            if !tally.failures.contains_key(&failure) && tally.failures.len() >= FAILURE_LIMIT {
                failure = Failure::of(failure.result);
            }
            let count = tally.failures.entry(failure).or_default();
            *count = count.saturating_add(1);
        }
        true
    }

    /// The policies, in the order in which they were met.
    #[must_use]
    pub(crate) fn policies(&self) -> &[PolicyTally] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::DomainName;
    use crate::tlsrpt::failure::ResultType;

    fn none(domain: &str) -> Policy {
        Policy::none(DomainName::parse(domain).unwrap())
    }

    fn failure(result: ResultType, host: &str) -> Failure {
        Failure {
            mx_hostname: Some(host.to_owned()),
            ..Failure::of(result)
        }
    }

    #[test]
    fn sessions_are_counted_once_and_their_failures_group_by_group() {
        let mut tally = Tally::default();
        let expired = || failure(ResultType::CertificateExpired, "mx1.example.test");
        let sessions = [
            (true, vec![]),
            (false, vec![expired()]),
            (
                false,
                vec![
                    expired(),
                    failure(ResultType::CertificateHostMismatch, "mx1.example.test"),
                ],
            ),
            (
                false,
                vec![failure(ResultType::CertificateExpired, "mx2.example.test")],
            ),
        ];
        for (success, failures) in sessions {
            let policy = none("example.test");
            assert!(tally.count(Counted {
                policy,
                success,
                failures
            }));
        }
        let [only] = tally.policies() else {
            panic!("one policy");
        };
        assert_eq!((only.successful, only.failed), (1, 3));
        let counts: Vec<u64> = only.failures.values().copied().collect();
        assert_eq!(counts.len(), 3);
        assert_eq!(only.failures[&expired()], 2);
    }

    proptest! {
        #[test]
        fn a_tally_stays_within_its_bounds_and_loses_no_session(
            sessions in proptest::collection::vec((0..15_u32, any::<bool>(), 0..400_u32), 0..900),
        ) {
            let mut tally = Tally::default();
            let mut taken = 0;
            for (policy, success, host) in sessions {
                let failures = vec![failure(ResultType::ValidationFailure, &format!("mx{host}.test"))];
                let policy = none(&format!("d{}.test", policy.saturating_sub(5)));
                taken += u64::from(tally.count(Counted { policy, success, failures }));
            }
            prop_assert!(tally.policies().len() <= POLICY_LIMIT);
            let mut counted = 0;
            for one in tally.policies() {
                prop_assert!(one.failures.len() <= FAILURE_LIMIT + 1);
                prop_assert_eq!(one.failures.values().sum::<u64>(), one.successful + one.failed);
                counted += one.successful + one.failed;
            }
            prop_assert_eq!(counted, taken);
        }
    }
}
