//! Which MX hosts an STS policy names (RFC 8461 §4.1).
//!
//! A pattern is a host name, or `*.` and a host name; the star stands for exactly one label. Nothing here looks anything
//! up: names come in, an answer goes out.

use std::fmt;

use crate::address::DomainName;

/// One `mx` line of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxPattern {
    has_star: bool,
    name: DomainName,
}

impl MxPattern {
    /// Reads a pattern; none if it is none.
    ///
    /// Choice: a final dot and letters beyond ASCII are taken for the name they stand for. RFC 8461 §3.2 allows a publisher
    /// neither and tells a sender nothing; a policy that is refused for them protects nobody, and one that never matches
    /// keeps all mail back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (has_star, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let name = DomainName::parse(name).ok()?;
        Some(Self { has_star, name })
    }

    /// Whether it names a host.
    #[must_use]
    pub fn matches(&self, host: &DomainName) -> bool {
        if !self.has_star {
            return *host == self.name;
        }
        let behind_first = host.as_str().split_once('.').map(|(_, rest)| rest);
        behind_first == Some(self.name.as_str())
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.has_star { "*." } else { "" };
        write!(formatter, "{star}{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_stands_for_exactly_one_label() {
        // (pattern, MX host, does the policy name it?)
        let cases = [
            ("mx.example.test", "MX.Example.Test.", true),
            ("MX.EXAMPLE.TEST", "mx.example.test", true),
            ("mx.example.test.", "mx.example.test", true),
            ("mx.example.test", "a.mx.example.test", false),
            ("mx.example.test", "example.test", false),
            ("example.test", "mx.example.test", false),
            ("*.example.test", "mx.example.test", true),
            ("*.Example.TEST.", "MX.example.test", true),
            ("*.example.test", "a.mx.example.test", false),
            ("*.example.test", "example.test", false),
            ("*.example.test", "notexample.test", false),
            ("*.example.test", "mx.notexample.test", false),
            ("*.test", "example.test", true),
            ("*.test", "mx.example.test", false),
            ("mx.bücher.test", "mx.xn--bcher-kva.test", true),
            ("mx.XN--BCHER-KVA.test", "mx.bücher.test", true),
            ("*.bücher.test", "mx.xn--bcher-kva.test", true),
            ("192.0.2.1", "mx.example.test", false),
        ];
        for (pattern, host, want) in cases {
            let host = DomainName::parse(host).unwrap();
            let pattern = MxPattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(&host), want, "{pattern} with {host}");
        }
    }

    #[test]
    fn a_star_stands_nowhere_but_for_the_first_label() {
        for text in [
            "",
            ".",
            "*",
            "*.",
            "**.example.test",
            "*.*.test",
            "mx.*.test",
            "m*.example.test",
            "*mx.example.test",
            "*example.test",
            "mx1.example.test mx2.example.test",
            "mx1.example.test,mx2.example.test",
            "[192.0.2.1]",
            "2001:db8::1",
            ".example.test",
            "mx..test",
        ] {
            assert_eq!(MxPattern::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = MxPattern::parse(&text);
        }

        #[test]
        fn a_printed_pattern_reads_back_the_same(text in "(\\*\\.)?[a-zA-Z0-9-]{1,10}(\\.[a-z0-9ü]{1,8}){0,3}") {
            if let Some(pattern) = MxPattern::parse(&text) {
                prop_assert_eq!(MxPattern::parse(&pattern.to_string()), Some(pattern));
            }
        }

        #[test]
        fn a_pattern_without_a_star_names_itself_alone(one in "[a-c]{1,2}(\\.[a-c]{1,2}){1,2}", other in "[a-c]{1,2}(\\.[a-c]{1,2}){1,2}") {
            let host = DomainName::parse(&other).unwrap();
            prop_assert_eq!(MxPattern::parse(&one).unwrap().matches(&host), one == other);
        }
    }
}
