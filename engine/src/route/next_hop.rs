//! Where mail for a recipient goes next: to the hosts of its domain, or where a route of the settings sends it.
//!
//! Settings and a recipient come in, a next hop goes out; nothing is looked up. What a route asks of the session is
//! added up in `obligation`.

use crate::address::MailDomain;
use crate::settings::{Route, RouteUse, Settings};

/// The port of receivers (RFC 5321 §4.5.4.2).
const SMTP_PORT: u16 = 25;

/// Where mail goes next. Mail with equal next hops may go together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NextHop {
    /// Whose hosts are meant, or which host.
    pub(crate) to: MailDomain,
    /// How its hosts are found.
    pub(crate) way: Way,
    /// The port of those hosts.
    pub(crate) port: u16,
}

/// How the hosts of a next hop are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Way {
    /// By its MX records (RFC 5321 §5.1).
    MxRecords,
    /// It is a host itself, whatever MX records its name has.
    Itself,
}

impl NextHop {
    /// The next hop of mail to a domain that has no route.
    #[must_use]
    pub(crate) fn of_domain(domain: &MailDomain) -> Self {
        Self {
            to: domain.clone(),
            way: Way::MxRecords,
            port: SMTP_PORT,
        }
    }

    /// The next hop of mail to a host, whatever routes there are.
    #[must_use]
    pub(crate) fn of_host(host: &MailDomain) -> Self {
        Self {
            to: host.clone(),
            way: Way::Itself,
            port: SMTP_PORT,
        }
    }

    /// The next hop of mail to a domain; `wanted_secure` if a rule asks for TLS.
    #[must_use]
    pub(crate) fn of(settings: &Settings, domain: &MailDomain, wanted_secure: bool) -> Self {
        match route_for(settings, domain, wanted_secure) {
            None => Self::of_domain(domain),
            Some(route) => Self {
                to: route.host.clone(),
                way: if route.mx_lookup {
                    Way::MxRecords
                } else {
                    Way::Itself
                },
                port: route.port,
            },
        }
    }
}

/// The route that mail to a domain takes, if it takes one.
///
/// A route for the domain itself goes before the one for all mail, which the engine's own domains never take: their
/// mail does not leave. Mail that a rule wants secure takes an alternate secure route before one for all mail of the
/// same domain.
///
/// Choice: only rules that bind the recipient want mail secure here. That a route asks for TLS, or that a rule binds
/// mail because its route does, is known only once a route is chosen, and never moves the mail to another one.
#[must_use]
pub(crate) fn route_for<'s>(
    settings: &'s Settings,
    domain: &MailDomain,
    wanted_secure: bool,
) -> Option<&'s Route> {
    let is_own = settings.receiving.domains.contains(domain);
    let rank = |route: &Route| {
        let specific = match &route.domain {
            Some(named) if named == domain => true,
            None if !is_own => false,
            _ => return None,
        };
        match route.taken {
            RouteUse::Always => Some((specific, false)),
            RouteUse::WhenSecure if wanted_secure => Some((specific, true)),
            RouteUse::WhenSecure => None,
        }
    };
    let ranked = settings
        .routes
        .iter()
        .rev()
        .filter_map(|route| Some((rank(route)?, route)));
    // Of equal ones the last of the reversed list, so the first that was told.
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, route)| route)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::DomainName;

    fn domain(text: &str) -> MailDomain {
        MailDomain::parse(text).unwrap()
    }

    fn route(of: &str, host: &str, taken: RouteUse) -> Route {
        let mut route = Route::new(domain("example.test"), domain(host));
        route.domain = (of != "*").then(|| domain(of));
        route.taken = taken;
        route
    }

    fn settings(routes: Vec<Route>) -> Settings {
        let hostname = DomainName::parse("subject.home.test").unwrap();
        let mut settings = Settings::new(hostname, Vec::new());
        settings.receiving.domains = vec![domain("home.test")];
        settings.routes = routes;
        settings
    }

    /// Routes as `DOMAIN HOST`, an alternate secure one with `when-secure` behind it.
    fn read(routes: &str) -> Vec<Route> {
        let one = |line: &str| {
            let mut words = line.split_whitespace();
            let (of, host) = (words.next().unwrap(), words.next().unwrap());
            let taken = match words.next() {
                None => RouteUse::Always,
                Some(_) => RouteUse::WhenSecure,
            };
            route(of, host, taken)
        };
        routes
            .split(", ")
            .filter(|line| !line.is_empty())
            .map(one)
            .collect()
    }

    #[test]
    fn the_most_specific_route_is_taken_and_own_mail_does_not_leave() {
        // (routes, domain of the recipient, host of the route, the same if a rule wants the mail secure)
        let both = "* all.test, example.test a.test";
        let alternate = "example.test safe.test when-secure";
        let cases = [
            ("", "example.test", "", ""),
            ("example.test a.test", "Example.TEST", "a.test", "a.test"),
            ("example.test a.test", "sub.example.test", "", ""),
            ("* all.test", "example.test", "all.test", "all.test"),
            ("* all.test", "[192.0.2.1]", "all.test", "all.test"),
            ("* all.test", "home.test", "", ""),
            ("* all.test", "sub.home.test", "all.test", "all.test"),
            ("home.test in.test", "home.test", "in.test", "in.test"),
            (both, "example.test", "a.test", "a.test"),
            (both, "other.test", "all.test", "all.test"),
            (alternate, "example.test", "", "safe.test"),
            (
                "example.test safe.test when-secure, * all.test",
                "example.test",
                "all.test",
                "safe.test",
            ),
            (
                "example.test a.test, example.test safe.test when-secure",
                "example.test",
                "a.test",
                "safe.test",
            ),
            (
                "example.test a.test, * safe.test when-secure",
                "example.test",
                "a.test",
                "a.test",
            ),
            (
                "* all.test, * safe.test when-secure",
                "example.test",
                "all.test",
                "safe.test",
            ),
            ("* safe.test when-secure", "home.test", "", ""),
            (
                "example.test a.test, example.test b.test",
                "example.test",
                "a.test",
                "a.test",
            ),
        ];
        for (routes, to, always, secure) in cases {
            let settings = settings(read(routes));
            for (wanted_secure, want) in [(false, always), (true, secure)] {
                let taken = route_for(&settings, &domain(to), wanted_secure);
                let got = taken.map_or_else(String::new, |route| route.host.to_string());
                assert_eq!(
                    got, want,
                    "{routes:?} for {to}, wanted secure: {wanted_secure}"
                );
            }
        }
    }

    #[test]
    fn a_route_says_where_to_how_and_at_which_port() {
        let mut told = route("example.test", "provider.test", RouteUse::Always);
        told.port = 587;
        let hop = |way, port, to| NextHop {
            to: domain(to),
            way,
            port,
        };
        let direct = settings(vec![told.clone()]);
        let to = domain("example.test");
        assert_eq!(
            NextHop::of(&direct, &to, false),
            hop(Way::Itself, 587, "provider.test")
        );
        told.mx_lookup = true;
        assert_eq!(
            NextHop::of(&settings(vec![told]), &to, false),
            hop(Way::MxRecords, 587, "provider.test")
        );
        assert_eq!(
            NextHop::of(&direct, &domain("other.test"), false),
            hop(Way::MxRecords, 25, "other.test")
        );
    }
}
