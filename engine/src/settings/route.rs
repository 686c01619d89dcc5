//! Routes: where mail for a domain goes instead of its MX hosts.

use crate::address::MailDomain;

use super::Switches;

/// A route for some of the mail that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The recipients' domain; none: all mail that leaves.
    pub domain: Option<MailDomain>,
    /// The next hop: a host, or its address.
    pub host: MailDomain,
    /// Deliver to the MX hosts of `host` instead of `host` itself.
    pub mx_lookup: bool,
    /// The port of the next hop.
    pub port: u16,
    /// What the route itself asks of the session.
    pub switches: Switches,
    /// Which mail takes it.
    pub taken: RouteUse,
}

/// Which mail takes a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteUse {
    /// All.
    Always,
    /// Only mail that a rule wants secure: the alternate secure route.
    WhenSecure,
}

impl Route {
    /// A route for all mail to a domain that asks nothing of its own.
    #[must_use]
    pub fn new(domain: MailDomain, host: MailDomain) -> Self {
        Self {
            domain: Some(domain),
            host,
            mx_lookup: false,
            port: 25,
            switches: Switches::OFF,
            taken: RouteUse::Always,
        }
    }
}
