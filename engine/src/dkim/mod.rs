//! DKIM signatures verified and made (RFC 6376, RFC 8301, RFC 8463).
//!
//! `signature` reads a DKIM-Signature field, `key` a key record, both by way of `tags`; `canonical` brings header and body
//! into the form that was signed; `check` holds the three together without asking anybody, and `verify` gets the keys.
//! `sign` is the other side: it shares the canonical form and nothing else.
//! What a verified signature is good for is left to the caller.

mod canonical;
mod check;
mod fault;
mod key;
mod sign;
mod signature;
mod tags;
mod verify;

#[cfg(test)]
pub(crate) use fault::Fault;
pub use sign::KeyError;
pub(crate) use sign::{SigningKey, signed};
pub(crate) use verify::{Verdict, verify};
