//! How a domain stands with MTA-STS at the moment of a round.

use std::sync::Arc;

use super::cached::Cached;
use super::entry::Failure;
use super::record::PolicyId;
use super::source::DiscoveryFault;

/// What was found of a domain: what it says now, what holds, and what of it could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The id in its record, looked up for this round.
    pub(crate) record: Result<PolicyId, DiscoveryFault>,
    /// The policy that holds, of any mode; it may be older than the record.
    pub(crate) cached: Option<Arc<Cached>>,
    /// The last fetch, if it failed.
    pub(crate) failure: Option<Arc<Failure>>,
}

/// A failure of the policy itself, which a report names (RFC 8460 §4.3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyFailure {
    /// The failure type.
    pub(crate) failure_type: &'static str,
    /// What happened, in words.
    pub(crate) told: String,
    /// The text that was served in place of a policy; empty when none was.
    pub(crate) served: String,
}

impl Standing {
    /// The policy that is to be applied: one that holds and is not of mode `none`.
    #[must_use]
    pub(crate) fn policy(&self) -> Option<&Arc<Cached>> {
        self.cached.as_ref().filter(|cached| cached.binds())
    }

    /// What a report is to say of the policy itself (RFC 8461 §6): a fetch that failed though there is a record, and whatever
    /// failed while a policy is in the cache, unless that says that there is none any more.
    #[must_use]
    pub(crate) fn reportable(&self) -> Option<PolicyFailure> {
        if self.cached.as_ref().is_some_and(|cached| !cached.binds()) {
            return None;
        }
        match (&self.record, &self.failure) {
            (Ok(_), Some(failure)) => Some(PolicyFailure {
                failure_type: failure.fault.failure_type(),
                told: failure.fault.to_string(),
                served: failure.fault.served().to_owned(),
            }),
            (Err(fault), _) if self.cached.is_some() => Some(PolicyFailure {
                failure_type: "sts-policy-fetch-error",
                told: fault.to_string(),
                served: String::new(),
            }),
            _ => None,
        }
    }
}
