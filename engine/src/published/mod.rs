//! What a domain has published about the security of its mail, and what is wrong with it (RFC 8461, RFC 8460).
//!
//! `look` asks DNS and policy host, with the readers that mail uses, so that what is found right here is what senders will take.
//! `found` holds what was there, `lint` says what is wrong with it, each `problem` with its requirement, and `advice` what
//! would have to be published.

mod advice;
mod found;
mod lint;
#[cfg(test)]
mod lint_tests;
mod look;
mod problem;

pub use advice::{Advice, RecordName};
pub use found::{Published, Texts};
pub(crate) use look::look;
pub use problem::{Problem, Weight};
