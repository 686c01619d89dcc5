//! An SPF record (RFC 7208 §4.6.1, §5, §6, §12).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::macro_string::MacroString;
use super::network::{Prefixes, network};

/// The most octets of a record.
const RECORD_LIMIT: usize = 16 * 1_024;

/// A record that was read whole; one fault anywhere in it and there is none (RFC 7208 §4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// What is tried, in order.
    pub(super) directives: Vec<Directive>,
    /// Whose record decides when nothing matches.
    pub(super) redirect: Option<MacroString>,
}

/// A mechanism, and what its match means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// What a match means.
    pub(super) qualifier: Qualifier,
    /// What has to match.
    pub(super) mechanism: Mechanism,
}

/// What a match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier {
    /// `+`, or nothing.
    Pass,
    /// `-`.
    Fail,
    /// `~`.
    SoftFail,
    /// `?`.
    Neutral,
}

/// What an address is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// Everybody.
    All,
    /// Whomever that domain's record lets pass.
    Include(MacroString),
    /// The addresses of a domain.
    A(Option<MacroString>, Prefixes),
    /// The addresses of its MX hosts.
    Mx(Option<MacroString>, Prefixes),
    /// Whoever has a name below the domain.
    Ptr(Option<MacroString>),
    /// A network.
    Network(IpAddr, u8),
    /// Everybody, if there is such a name.
    Exists(MacroString),
}

impl Record {
    /// Whether a text claims to be a record of this version (RFC 7208 §4.5).
    #[must_use]
    pub(super) fn is_one(text: &[u8]) -> bool {
        let (tag, rest) = text.split_at_checked(6).unwrap_or((text, b""));
        tag.eq_ignore_ascii_case(b"v=spf1") && (rest.is_empty() || rest.starts_with(b" "))
    }

    /// Reads a record; none when it breaks the grammar.
    #[must_use]
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if !Self::is_one(text) || text.len() > RECORD_LIMIT {
            return None;
        }
        let terms = str::from_utf8(&text[6..]).ok()?;
        let mut record = Self {
            directives: Vec::new(),
            redirect: None,
        };
        let mut is_explained = false;
        for term in terms.split(' ').filter(|term| !term.is_empty()) {
            let end = term.find([':', '/', '=']);
            match end.map(|end| (&term[..end], &term[end..])) {
                Some((name, value)) if value.starts_with('=') => {
                    let value = &value[1..];
                    match name.to_ascii_lowercase().as_str() {
                        "redirect" => {
                            let domain = MacroString::parse_domain(value)?;
                            if record.redirect.replace(domain).is_some() {
                                return None;
                            }
                        }
                        "exp" => {
                            MacroString::parse_domain(value)?;
                            if std::mem::replace(&mut is_explained, true) {
                                return None;
                            }
                        }
                        _ if is_modifier_name(name) => {
                            MacroString::parse(value)?;
                        }
                        _ => return None,
                    }
                }
                _ => record.directives.push(Directive::parse(term)?),
            }
        }
        Some(record)
    }
}

fn is_modifier_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one))
}

impl Directive {
    fn parse(term: &str) -> Option<Self> {
        let (qualifier, rest) = match term.split_at_checked(1)? {
            ("+", rest) => (Qualifier::Pass, rest),
            ("-", rest) => (Qualifier::Fail, rest),
            ("~", rest) => (Qualifier::SoftFail, rest),
            ("?", rest) => (Qualifier::Neutral, rest),
            _ => (Qualifier::Pass, term),
        };
        Some(Self {
            qualifier,
            mechanism: Mechanism::parse(rest)?,
        })
    }
}

impl Mechanism {
    fn parse(text: &str) -> Option<Self> {
        let end = text.find([':', '/']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let domain = |text: &str| MacroString::parse_domain(text.strip_prefix(':')?);
        let optional = |text: &str| {
            if text.is_empty() {
                Some(None)
            } else {
                domain(text).map(Some)
            }
        };
        Some(match name.to_ascii_lowercase().as_str() {
            "all" if rest.is_empty() => Self::All,
            "include" => Self::Include(domain(rest)?),
            "exists" => Self::Exists(domain(rest)?),
            "ptr" => Self::Ptr(optional(rest)?),
            "a" => {
                let (rest, prefixes) = Prefixes::split_off(rest)?;
                Self::A(optional(rest)?, prefixes)
            }
            "mx" => {
                let (rest, prefixes) = Prefixes::split_off(rest)?;
                Self::Mx(optional(rest)?, prefixes)
            }
            "ip4" => {
                let (address, bits) = network(rest, 32)?;
                Self::Network(address.parse::<Ipv4Addr>().ok()?.into(), bits)
            }
            "ip6" => {
                let (address, bits) = network(rest, 128)?;
                Self::Network(address.parse::<Ipv6Addr>().ok()?.into(), bits)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_begins_with_its_version_alone() {
        let cases: [(&[u8], bool); 6] = [
            (b"v=spf1", true),
            (b"V=SPF1 -all", true),
            (b"v=spf10 -all", false),
            (b"v=spf1-all", false),
            (b"v=DKIM1", false),
            (b"", false),
        ];
        for (text, want) in cases {
            assert_eq!(Record::is_one(text), want, "{text:?}");
        }
    }

    #[test]
    fn one_fault_anywhere_spoils_the_record() {
        let sound = [
            "",
            " ",
            "-all",
            "a",
            "A/24",
            "a//64",
            "mx/24//64",
            "a:x.test/0",
            "a:%{d2}/32",
            "ptr",
            "ptr:x.test",
            "ip4:192.0.2.0/24",
            "ip6:2001:db8::/32",
            "ip6:::1",
            "exists:%{i}.x.test",
            "include:_spf.x.test",
            "?all ~all +all",
            "redirect=x.test",
            "exp=e.x.test",
            "unknown=%{d} and.more-x_=",
            "a:%{l/}.x.test/24",
            "redirect=x.test exp=x.test",
        ];
        for terms in sound {
            assert!(
                Record::parse(format!("v=spf1 {terms}").as_bytes()).is_some(),
                "{terms}"
            );
        }
        let wrong = [
            "all:x.test",
            "all/8",
            "include",
            "include:",
            "include:x",
            "exists",
            "a:",
            "a/33",
            "a/08",
            "a/",
            "a//129",
            "mx/24/64",
            "ip4",
            "ip4:192.0.2",
            "ip4:192.0.2.1/33",
            "ip4:::1",
            "ip6:192.0.2.1",
            "ip6:::1/+8",
            "nothing",
            "-",
            "--all",
            "redirect=",
            "redirect=x.test redirect=y.test",
            "exp=x.test exp=y.test",
            "=x",
            "1=x",
            "x=%z",
            "a\tmx",
            "ptr/24",
        ];
        for terms in wrong {
            assert_eq!(
                Record::parse(format!("v=spf1 {terms}").as_bytes()),
                None,
                "{terms}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_record_is_read_without_panic(terms in "([-+~?]?(a|mx|ip4|ip6|all|ptr|exists)?[:/=]?[a-z0-9.:/%{} ]{0,8}|\\PC){0,6}") {
            let _ = Record::parse(format!("v=spf1 {terms}").as_bytes());
            let _ = Record::parse(terms.as_bytes());
        }
    }
}
