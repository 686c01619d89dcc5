//! Notices to the sender (RFC 3464, RFC 6522, RFC 3461 §6).
//!
//! `readable` is the part for people, `fields` the part for programs; `failure` puts them together with what is returned.

mod failure;
mod fields;
mod readable;

pub(crate) use failure::{Failure, failure_notice};
