//! From a recipient's domain to the next hop, and from there to the hosts that take its mail (RFC 5321 §5.1).
//!
//! `next_hop` chooses by the settings alone; `servers` asks questions, `answer` reads a DNS message, `validation` checks its
//! signatures, `resolver` asks until there is an answer and says how far it can be believed (`security`). `mx` decides what MX
//! records mean, and `walk` puts them together. Addresses of a host are looked up only when its turn comes.

mod answer;
mod chance;
mod mx;
mod next_hop;
mod null_mx;
mod resolver;
mod security;
mod servers;
#[cfg(test)]
mod table;
mod validation;
#[cfg(test)]
mod validation_tests;
mod walk;

pub(crate) use answer::{Answer, LookupFault};
pub(crate) use chance::Chance;
pub(crate) use mx::{MxHost, Origin, RouteFault};
pub(crate) use next_hop::{NextHop, Way, route_for};
pub(crate) use null_mx::takes_no_mail;
pub(crate) use resolver::{Directory, Resolver};
pub(crate) use security::{Lookup, Security};
#[cfg(test)]
pub(crate) use table::Table;
pub(crate) use walk::{Hosts, Located, Own, addresses, dns_name, hosts, locate};
