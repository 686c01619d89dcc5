//! TLS as the receiver: handshakes that others begin.
//!
//! Like the sender's it is opportunistic: whatever certificate a client shows, or none, the handshake goes on, and a rule
//! judges later. The stack is chosen by the same floor.

mod acceptor;
mod hello;
#[cfg(feature = "legacy-tls")]
mod legacy;
mod modern;

pub(crate) use acceptor::{Accepted, Acceptor, TlsFacts};
