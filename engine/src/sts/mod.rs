//! MTA-STS: policies that domains publish over DNS and HTTPS, and what they ask of a sender (RFC 8461).
//!
//! `record` reads the TXT record, `policy` the text, `pattern` says which hosts it names. `keeper` has the policies of all
//! domains: what it does is decided by `entry` and `cached`, written down by `stored`, repeated by `refresh`, told by `listing`, and asked of a
//! `source`, the real one of which is `fetch`. A round gets a `Standing`; what follows for a host is `delivery`'s.

mod cached;
mod entry;
mod fetch;
mod keeper;
#[cfg(test)]
mod keeper_tests;
mod listing;
mod pattern;
mod policy;
#[cfg(test)]
mod policy_tests;
mod record;
mod refresh;
mod source;
mod standing;
mod stored;

pub(crate) use cached::Cached;
pub(crate) use keeper::Keeper;
pub use listing::HeldPolicy;
pub use pattern::MxPattern;
pub use policy::{Mode, POLICY_LIMIT, Policy, PolicyFault, PolicyFaults};
pub use record::{PolicyId, RecordFault, policy_id};
pub(crate) use source::{DiscoveryFault, FetchFault, Source};
pub(crate) use standing::Standing;

/// What tests of others make a `Standing` of.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::entry::Failure;
    pub(crate) use super::source::FetchFault;
}
