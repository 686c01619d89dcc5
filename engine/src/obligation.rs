//! What a session must show before a message may go out.
//!
//! Settings and an envelope come in, an obligation goes out. It knows no host: whether a host fulfils it is decided in
//! `delivery`.

use crate::address::Mailbox;
use crate::settings::Settings;

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

    /// What the rules that bind mail from `sender` to `recipient` ask together.
    ///
    /// Choice: a certificate switch asks for TLS also where `require_tls` is off, since a session in plaintext shows
    /// no certificate that could be judged.
    #[must_use]
    pub(crate) fn of(settings: &Settings, sender: Option<&Mailbox>, recipient: &Mailbox) -> Self {
        settings
            .rules
            .iter()
            .filter(|rule| rule.binds(sender, recipient))
            .fold(Self::NONE, |sum, rule| {
                let switches = rule.switches;
                let certificate = switches.require_ca_signed || switches.validate_hostname;
                Self {
                    tls: sum.tls || switches.require_tls || certificate,
                    chain: sum.chain || switches.require_ca_signed,
                    name: sum.name || switches.validate_hostname,
                }
            })
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
    use crate::address::DomainName;
    use crate::settings::{AddressList, Rule, Switches};

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
            let got = Obligation::of(
                &settings,
                Some(&sender),
                &Mailbox::parse(recipient).unwrap(),
            );
            assert_eq!(got, Obligation { tls, chain, name }, "{recipient}");
        }
        let null = Obligation::of(&settings, None, &Mailbox::parse("user@unit.test").unwrap());
        assert_eq!(null, Obligation::NONE);
    }
}
