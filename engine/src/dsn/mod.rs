//! Notices to the sender (RFC 3464, RFC 6522, RFC 3461 §6).

mod failure;

pub use failure::{Failure, failure_notice};
