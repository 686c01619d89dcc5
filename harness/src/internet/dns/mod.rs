//! The fake DNS: two resolvers over one tree of zones, with a zone cut for each case.
//!
//! Sockets and request parsing are hickory's; the zones, what is answered from them and how it goes wrong are ours.
//! Zones are unsigned so far: every answer carries its DNSSEC state, and that is always insecure.

mod answer;
mod case;
mod name;
mod publish;
mod records;
mod server;
mod tlsa;
mod tree;
mod zone;

pub use case::{CaseDns, CaseDnsSetup};
pub use records::RecordError;
pub use server::{DnsError, DnsServer, DnsSetup};
pub use tlsa::{ChainEnds, TlsaError, TlsaSource};
pub use tree::PublishError;

#[cfg(test)]
mod tests;
