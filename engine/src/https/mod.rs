//! HTTP over TLS, as far as mail security needs it: one request on one connection (RFC 9110, RFC 9112, RFC 2818).
//!
//! Nothing is followed, kept or resumed: no redirects, no cookies, no pool, no proxy. What an answer means is left to who
//! asked: `sts` fetches policies, `tlsrpt` posts reports.

mod client;
mod fault;
mod message;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub(crate) use fault::HttpsFault;
pub(crate) use message::{Body, Limits, Proof, Request, Response};
