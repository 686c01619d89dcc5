//! From a next-hop domain to the hosts that take its mail (RFC 5321 §5.1).
//!
//! `answer` reads one DNS message, `resolver` asks until there is one, `mx` decides what MX records mean, and `walk` puts
//! them together. Addresses of a host are looked up only when its turn comes.

mod answer;
mod chance;
mod mx;
mod resolver;
mod walk;

pub(crate) use answer::LookupFault;
pub(crate) use chance::Chance;
pub(crate) use mx::RouteFault;
pub(crate) use resolver::Resolver;
pub(crate) use walk::{Hosts, addresses, hosts};
