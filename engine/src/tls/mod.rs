//! TLS with other hosts, as their sender and as their receiver (RFC 3207, RFC 9325).
//!
//! The stack is chosen once, by the floor in the settings: rustls from TLS 1.2 on, OpenSSL for every version where the floor
//! is lower. Both accept whatever certificate is shown; `verification` judges it after the handshake.

#[cfg(feature = "legacy-tls")]
mod legacy;
mod modern;
mod ownership;
mod peer;
mod reference;
mod server;
mod stack;
mod suite;
mod verification;

#[cfg(test)]
mod hello_tests;

pub(crate) use peer::PeerName;
pub(crate) use reference::is_named;
pub(crate) use server::{Accepted, Acceptor, TlsFacts};
pub use stack::StackError;
pub(crate) use stack::{HandshakeFault, Protected, Stack};
pub(crate) use suite::Suite;
pub(crate) use verification::{ChainFault, NameFault, Trust, Verification, strong_enough};
