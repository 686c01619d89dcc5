//! What a session must show before a message may go out.
//!
//! Settings and an envelope come in, an obligation goes out: what the rules for the recipient ask, what the route asks that
//! the mail takes, and what rules ask of mail whose route asks for TLS. It knows no host: whether a host fulfils it is decided in
//! `delivery`.

use crate::address::Mailbox;
use crate::route::{NextHop, route_for};
use crate::settings::{Settings, Switches};

/// What a session must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Obligation {
    tls: bool,
    chain: bool,
    name: bool,
}

impl Obligation {
    /// Nothing: TLS if the host can, whatever its certificate (RFC 7435 §3).
    pub(crate) const NONE: Self = Self {
        tls: false,
        chain: false,
        name: false,
    };

    /// What rules and route ask together of mail from `sender` to `recipient`, and where it goes next.
    #[must_use]
    pub(crate) fn and_next_hop(
        settings: &Settings,
        sender: Option<&Mailbox>,
        recipient: &Mailbox,
    ) -> (NextHop, Self) {
        let rules = settings.rules.iter();
        let by_rules = rules
            .filter(|rule| rule.binds(sender, recipient))
            .fold(Self::NONE, |sum, rule| sum.and(rule.switches));
        let (domain, wanted_secure) = (recipient.domain(), by_rules.requires_tls());
        let next_hop = NextHop::of(settings, domain, wanted_secure);
        let by_route = route_for(settings, domain, wanted_secure)
            .map_or(Self::NONE, |route| Self::of_switches(route.switches));
        if !by_route.requires_tls() {
            return (next_hop, by_rules);
        }
        let obligation = settings
            .rules
            .iter()
            .filter(|rule| rule.binds_secure_route(sender))
            .fold(by_rules.with(by_route), |sum, rule| sum.and(rule.switches));
        (next_hop, obligation)
    }

    /// What these switches ask by themselves.
    #[must_use]
    pub(crate) fn of_switches(switches: Switches) -> Self {
        Self::NONE.and(switches)
    }

    /// The same, and what three switches ask.
    ///
    /// Choice: a certificate switch asks for TLS also where `require_tls` is off, since a session in plaintext shows
    /// no certificate that could be judged.
    fn and(self, switches: Switches) -> Self {
        let certificate = switches.require_ca_signed || switches.validate_hostname;
        self.with(Self {
            tls: switches.require_tls || certificate,
            chain: switches.require_ca_signed,
            name: switches.validate_hostname,
        })
    }

    /// Both together.
    fn with(self, other: Self) -> Self {
        Self {
            tls: self.tls || other.tls,
            chain: self.chain || other.chain,
            name: self.name || other.name,
        }
    }

    /// Whether the session must be inside TLS.
    #[must_use]
    pub(crate) fn requires_tls(self) -> bool {
        self.tls
    }

    /// Whether the certificate must lead to a trusted authority.
    #[must_use]
    pub(crate) fn requires_chain(self) -> bool {
        self.chain
    }

    /// Whether the certificate must name the host.
    #[must_use]
    pub(crate) fn requires_name(self) -> bool {
        self.name
    }

    /// Whether the host has to prove anything of who it is.
    #[must_use]
    pub(crate) fn authenticates(self) -> bool {
        self.chain || self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{DomainName, MailDomain};
    use crate::settings::{AddressList, Applies, Route, RouteUse, Rule, Switches};

    fn of(settings: &Settings, sender: Option<&Mailbox>, recipient: &str) -> Obligation {
        let recipient = Mailbox::parse(recipient).unwrap();
        Obligation::and_next_hop(settings, sender, &recipient).1
    }

    fn rule(entry: &str, tls: bool, ca: bool, name: bool, unit: Option<&str>) -> Rule {
        let mut rule = Rule::new("secure", AddressList::parse([entry]).unwrap());
        rule.switches = Switches {
            require_tls: tls,
            require_ca_signed: ca,
            validate_hostname: name,
        };
        rule.unit = unit.map(|unit| DomainName::parse(unit).unwrap());
        rule
    }

    #[test]
    fn an_obligation_is_the_sum_of_the_rules_that_bind() {
        let rules = vec![
            rule("example.test", true, false, false, None),
            rule("user@example.test", true, true, false, None),
            rule("named.test", false, false, true, None),
            rule("unit.test", true, true, true, Some("sales.home.test")),
            rule("off.test", false, false, false, None),
        ];
        let mut settings =
            Settings::new(DomainName::parse("subject.home.test").unwrap(), Vec::new());
        settings.rules = rules;
        // (sender, recipient, tls, chain, name)
        let cases = [
            ("a@home.test", "other@example.test", true, false, false),
            ("a@home.test", "user@example.test", true, true, false),
            ("a@home.test", "user@sub.example.test", false, false, false),
            ("a@home.test", "user@named.test", true, false, true),
            ("a@home.test", "user@unit.test", false, false, false),
            ("a@sales.home.test", "user@unit.test", true, true, true),
            ("a@home.test", "user@off.test", false, false, false),
        ];
        for (sender, recipient, tls, chain, name) in cases {
            let sender = Mailbox::parse(sender).unwrap();
            let got = of(&settings, Some(&sender), recipient);
            assert_eq!(got, Obligation { tls, chain, name }, "{recipient}");
        }
        assert_eq!(of(&settings, None, "user@unit.test"), Obligation::NONE);
    }

    #[test]
    fn a_route_adds_what_it_asks_and_what_rules_ask_of_secure_routes() {
        let host = |name: &str| MailDomain::parse(name).unwrap();
        let route = |domain: &str, to: &str, letters: &str, taken| {
            let mut route = Route::new(host(domain), host(to));
            route.switches = Switches {
                require_tls: letters.contains('t'),
                require_ca_signed: letters.contains('c'),
                validate_hostname: letters.contains('n'),
            };
            route.taken = taken;
            route
        };
        let mut settings =
            Settings::new(DomainName::parse("subject.home.test").unwrap(), Vec::new());
        settings.rules = vec![
            rule("listed.test", true, false, false, None),
            rule("off.test", false, false, false, None),
        ];
        let mut of_routes = Rule::new("routes", AddressList::default());
        of_routes.applies = Applies {
            outbound: false,
            inbound: false,
            secure_route: true,
        };
        of_routes.switches.validate_hostname = false;
        of_routes.unit = Some(DomainName::parse("sales.home.test").unwrap());
        settings.rules.push(of_routes);
        settings.routes = vec![
            route("plain.test", "relay.test", "", RouteUse::Always),
            route("tls.test", "relay.test", "t", RouteUse::Always),
            route("named.test", "relay.test", "n", RouteUse::Always),
            route("listed.test", "safe.test", "", RouteUse::WhenSecure),
            route("off.test", "safe.test", "t", RouteUse::WhenSecure),
            route("only.test", "safe.test", "t", RouteUse::WhenSecure),
        ];
        // (unit of the sender, domain of the recipient, next hop, tls, chain, name)
        let cases = [
            ("", "plain.test", "relay.test", false, false, false),
            ("sales.", "plain.test", "relay.test", false, false, false),
            ("", "tls.test", "relay.test", true, false, false),
            ("sales.", "tls.test", "relay.test", true, true, false),
            ("", "named.test", "relay.test", true, false, true),
            ("sales.", "named.test", "relay.test", true, true, true),
            ("", "listed.test", "safe.test", true, false, false),
            ("sales.", "listed.test", "safe.test", true, false, false),
            // A rule with all switches off wants nothing, so it does not want mail secure.
            ("", "off.test", "off.test", false, false, false),
            // A rule for secure routes moves no mail to one.
            ("sales.", "only.test", "only.test", false, false, false),
        ];
        for (unit, domain, hop, tls, chain, name) in cases {
            let sender = Mailbox::parse(&format!("a@{unit}home.test")).unwrap();
            let recipient = Mailbox::parse(&format!("user@{domain}")).unwrap();
            let (next_hop, got) = Obligation::and_next_hop(&settings, Some(&sender), &recipient);
            assert_eq!(next_hop.to, host(hop), "{unit} {domain}");
            assert_eq!(got, Obligation { tls, chain, name }, "{unit} {domain}");
        }
    }
}
