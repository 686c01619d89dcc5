//! The fake DNS: two resolvers over one tree of zones, with a zone cut for each case.
//!
//! Reading and writing of messages is hickory's; sockets, zones, what is answered from them and how it goes wrong are ours.
//! Zones are signed from the root down (`dnssec`), and one resolver validates; since it knows what each zone is meant to
//! be, it checks no signature: that the other resolver's answers are what it says of them is shown by foreign validators
//! in `.ci/dnssec.py` and by tests here.

mod answer;
mod case;
mod cut;
mod dnssec;
mod meeting;
mod name;
mod place;
mod publish;
mod records;
mod server;
mod sockets;
mod tlsa;
mod tree;
mod voice;
mod zone;

pub use case::{CaseDns, CaseDnsSetup};
pub use dnssec::TrustAnchor;
pub use records::RecordError;
pub use server::{DnsError, DnsServer, DnsSetup};
pub use tlsa::{ChainEnds, TlsaError, TlsaSource};
pub use tree::PublishError;

#[cfg(test)]
mod tests;
