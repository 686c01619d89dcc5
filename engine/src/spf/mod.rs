//! SPF: whether a host may use a domain in the envelope (RFC 7208).
//!
//! `record` reads a record, `macro_string` the macros in it, and `evaluation` carries it out with answers from the DNS.
//!
//! Choice: written here. Of the libraries that know all of it, one is under a licence that this code cannot take on, and the
//! other brings a resolver, an XML reader and a compressor of its own.

mod evaluation;
#[cfg(test)]
mod evaluation_tests;
mod macro_string;
mod network;
mod record;

pub(crate) use evaluation::{Identity, Outcome, evaluate};
