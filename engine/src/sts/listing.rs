//! The policies that hold, as people see them.

use std::time::SystemTime;

use crate::address::DomainName;

use super::policy::Mode;
use super::record::PolicyId;

/// A policy that holds for mail to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPolicy {
    /// The domain.
    pub domain: DomainName,
    /// The id it was fetched under.
    pub id: PolicyId,
    /// What it asks for.
    pub mode: Mode,
    /// When it was fetched.
    pub fetched: SystemTime,
    /// The last moment at which it holds.
    pub expires: SystemTime,
    /// How many fetches have failed since: somebody should look into it before the policy expires (RFC 8461 §10.2). Of
    /// one of mode `none` they are not counted (RFC 8461 §3.3).
    pub failed_refreshes: u32,
    /// Why the last one did; none: none has.
    pub trouble: Option<String>,
}
