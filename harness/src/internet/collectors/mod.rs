//! TLS reports on their way in (RFC 8460 §5): by POST, taken by `https`, and by mail, taken by `smtp`.
//!
//! `packed` unpacks either, `mailed` finds the report in a message, and `signature` says what its DKIM signature is worth
//! by the keys that the world has published. What is told are facts; whether a report is well formed and true, the
//! verdict says.

mod mailed;
mod packed;
mod signature;

pub(crate) use mailed::mailed_report;
pub(crate) use packed::Unpacked;
pub use signature::PublishedKeys;
