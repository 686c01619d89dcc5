//! What the subject is told: rules, routes and settings (SCENARIOS §7).

use std::collections::BTreeMap;
use std::time::Duration;

use mtaspec_certs::CertificateSpec;
use serde::{Deserialize, Serialize};

use super::TlsVersion;
use super::name::is_same_address;

/// The secure transport (TLS) compliance setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The address list; empty only for a rule that applies to secure routes alone.
    pub list: Vec<ListEntry>,
    /// Covers mail that leaves for a listed recipient.
    pub outbound: bool,
    /// Covers mail that comes from a listed sender.
    pub inbound: bool,
    /// Covers outbound mail for which a route requires TLS, whoever the recipient.
    pub secure_route: bool,
    /// The three switches.
    pub switches: Switches,
    /// Only mail of that unit's addresses.
    pub unit: Option<String>,
}

/// The three switches of a rule or route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// No delivery without TLS.
    pub require_tls: bool,
    /// The chain must lead to a trusted authority.
    pub require_ca_signed: bool,
    /// The certificate must name the host.
    pub validate_hostname: bool,
}

/// An address or a domain of an address list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// `user@example.test` or `example.test`.
    pub entry: String,
    /// Asks for sender authentication.
    pub authenticated: bool,
}

/// Where mail for a domain goes instead of its MX hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Name or `[NAME]`.
    pub host: String,
    /// Deliver to the MX hosts of `host` instead of `host` itself.
    pub mx_lookup: bool,
    /// The port.
    pub port: u16,
    /// The route's own switches.
    pub switches: Switches,
    /// Only for mail that a rule wants secure.
    pub when_secure: bool,
}

/// The rest of what the subject is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The floor, both directions.
    pub minimum_tls: TlsVersion,
    /// By domain: `mandatory`, `audit-only`, `off`.
    pub dane: BTreeMap<String, String>,
    /// Authorities in the trust store: `root`, `other-root`.
    pub trust: Vec<String>,
    /// Expansion at the subject.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// How long a message is tried.
    pub queue_lifetime: Duration,
    /// The subject as receiver demands TLS of everybody.
    pub demand_tls: bool,
    /// What the subject shows when asked.
    pub client_certificate: Option<CertificateSpec>,
    /// The subject is told that its resolver validates.
    pub resolver_validates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            minimum_tls: TlsVersion::Tls12,
            dane: BTreeMap::new(),
            trust: vec!["root".into()],
            aliases: BTreeMap::new(),
            queue_lifetime: Duration::from_secs(5 * 86_400),
            demand_tls: false,
            client_certificate: None,
            resolver_validates: true,
        }
    }
}

impl Settings {
    /// Whom an address stands for in the end; nobody where it is no alias. A circle ends where it began.
    #[must_use]
    pub fn stands_for(&self, address: &str) -> Vec<String> {
        let mut passed = Vec::new();
        let mut found = Vec::new();
        if self.members_of(address).is_some() {
            self.follow(address, &mut passed, &mut found);
        }
        found
    }

    fn members_of(&self, address: &str) -> Option<&[String]> {
        let mut aliases = self.aliases.iter();
        let alias = aliases.find(|(alias, _)| is_same_address(alias, address));
        alias.map(|(_, members)| members.as_slice())
    }

    fn follow<'a>(&'a self, address: &'a str, passed: &mut Vec<&'a str>, found: &mut Vec<String>) {
        match self.members_of(address) {
            Some(_) if passed.contains(&address) => {}
            Some(members) => {
                passed.push(address);
                for member in members {
                    self.follow(member, passed, found);
                }
            }
            None if found.iter().any(|known| is_same_address(known, address)) => {}
            None => found.push(address.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_for_what_it_leads_to_in_the_end() {
        let aliases = [
            ("one@home.test", "user@example.test"),
            ("far@home.test", "One@HOME.test"),
            (
                "list@home.test",
                "one@home.test a@x.test A@x.test list@home.test",
            ),
            ("left@home.test", "right@home.test b@x.test"),
            ("right@home.test", "left@home.test"),
        ];
        let told = |(alias, members): (&str, &str)| {
            let members = members.split(' ').map(str::to_owned).collect();
            (alias.to_owned(), members)
        };
        let settings = Settings {
            aliases: aliases.into_iter().map(told).collect(),
            ..Settings::default()
        };
        // (address, whom it stands for)
        let cases = [
            ("user@home.test", ""),
            ("one@home.test", "user@example.test"),
            ("far@home.test", "user@example.test"),
            ("list@home.test", "user@example.test a@x.test"),
            ("left@home.test", "b@x.test"),
        ];
        for (address, want) in cases {
            assert_eq!(settings.stands_for(address).join(" "), want, "{address}");
        }
    }
}
