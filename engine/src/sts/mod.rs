//! MTA-STS: policies that domains publish over DNS and HTTPS, and what they ask of a sender (RFC 8461).
//!
//! `record` reads the TXT record, `policy` the text, `pattern` says which hosts it names.

mod pattern;
mod policy;
#[cfg(test)]
mod policy_tests;
mod record;

pub use pattern::MxPattern;
pub use policy::{Mode, POLICY_LIMIT, Policy, PolicyFault, PolicyFaults};
pub use record::{PolicyId, RecordFault, policy_id};
