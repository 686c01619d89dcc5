//! Texts with macros in them (RFC 7208 §7).

use std::net::IpAddr;

/// The most octets of a domain that a macro makes (RFC 7208 §7.3).
const DOMAIN_LIMIT: usize = 253;

/// A text with macros that is well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MacroString(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Macro(Macro),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Macro {
    letter: char,
    is_escaped: bool,
    kept: Option<usize>,
    is_reversed: bool,
    delimiters: String,
}

/// What the macro letters stand for.
#[derive(Debug, Clone)]
pub(super) struct Meanings<'e> {
    /// The local part of the sender.
    pub(super) local_part: &'e str,
    /// The domain of the sender.
    pub(super) sender_domain: &'e str,
    /// The domain whose record it is.
    pub(super) domain: &'e str,
    /// The address.
    pub(super) address: IpAddr,
    /// The name of the greeting.
    pub(super) greeting: &'e str,
    /// The name that the address was shown to have.
    pub(super) proved_name: &'e str,
}

impl MacroString {
    /// Reads a text that any modifier may have; none when it breaks the grammar.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars();
        while let Some(next) = chars.next() {
            if next != '%' {
                if !('\x21'..='\x7e').contains(&next) {
                    return None;
                }
                literal.push(next);
                continue;
            }
            match chars.next()? {
                '%' => literal.push('%'),
                '_' => literal.push(' '),
                '-' => literal.push_str("%20"),
                '{' => {
                    let rest = chars.as_str();
                    let end = rest.find('}')?;
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Macro(Macro::parse(&rest[..end])?));
                    chars = rest[end + 1..].chars();
                }
                _ => return None,
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Some(Self(pieces))
    }

    /// Reads a text that stands for a domain: at its end stands a macro or a top label (RFC 7208 §7.1).
    #[must_use]
    pub(super) fn parse_domain(text: &str) -> Option<Self> {
        let parsed = Self::parse(text)?;
        // The letters c, r and t speak of explanations alone.
        let is_for_domain = |piece: &Piece| {
            !matches!(
                piece,
                Piece::Macro(Macro {
                    letter: 'c' | 'r' | 't',
                    ..
                })
            )
        };
        if !parsed.0.iter().all(is_for_domain) {
            return None;
        }
        match parsed.0.last()? {
            Piece::Macro(_) => Some(parsed),
            Piece::Literal(literal) => {
                let literal = literal.strip_suffix('.').unwrap_or(literal);
                let (_, top) = literal.rsplit_once('.')?;
                is_top_label(top).then_some(parsed)
            }
        }
    }

    /// Whether it asks for the name of the address, which has to be looked up.
    #[must_use]
    pub(super) fn needs_proved_name(&self) -> bool {
        let asks = |piece: &Piece| matches!(piece, Piece::Macro(Macro { letter: 'p', .. }));
        self.0.iter().any(asks)
    }

    /// The text with its macros replaced, cut from the left at a dot until it can be a domain.
    #[must_use]
    pub(super) fn domain(&self, meanings: &Meanings<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Macro(one) => text.push_str(&one.expand(meanings)),
            }
        }
        let mut domain = text.strip_suffix('.').unwrap_or(&text);
        while domain.len() > DOMAIN_LIMIT {
            match domain.split_once('.') {
                Some((_, rest)) => domain = rest,
                None => return String::new(),
            }
        }
        domain.to_owned()
    }
}

fn is_top_label(label: &str) -> bool {
    let is_alphanumeric = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    label
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || one == '-')
        && label.chars().any(|one| !one.is_ascii_digit())
        && is_alphanumeric(label.chars().next())
        && is_alphanumeric(label.chars().last())
}

impl Macro {
    /// Reads what stands between the braces.
    fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let letter = chars.next()?;
        if !"slodiphvcrt".contains(letter.to_ascii_lowercase()) {
            return None;
        }
        let rest = chars.as_str();
        let digits = rest.len()
            - rest
                .trim_start_matches(|one: char| one.is_ascii_digit())
                .len();
        let (digits, rest) = rest.split_at(digits);
        let kept = match digits {
            "" => None,
            some => Some(some.parse().unwrap_or(usize::MAX)),
        };
        if kept == Some(0) {
            return None;
        }
        let reversed = rest.strip_prefix(['r', 'R']);
        let delimiters = reversed.unwrap_or(rest);
        if !delimiters.chars().all(|one| ".-+,/_=".contains(one)) {
            return None;
        }
        Some(Self {
            letter: letter.to_ascii_lowercase(),
            is_escaped: letter.is_ascii_uppercase(),
            kept,
            is_reversed: reversed.is_some(),
            delimiters: if delimiters.is_empty() {
                ".".into()
            } else {
                delimiters.into()
            },
        })
    }

    fn expand(&self, meanings: &Meanings<'_>) -> String {
        let value = match self.letter {
            's' => format!("{}@{}", meanings.local_part, meanings.sender_domain),
            'l' => meanings.local_part.to_owned(),
            'o' => meanings.sender_domain.to_owned(),
            'd' => meanings.domain.to_owned(),
            'i' => dotted(meanings.address),
            'p' => meanings.proved_name.to_owned(),
            'v' if meanings.address.is_ipv4() => "in-addr".to_owned(),
            'v' => "ip6".to_owned(),
            'h' => meanings.greeting.to_owned(),
            _ => String::new(),
        };
        let mut parts: Vec<&str> = value.split(|one| self.delimiters.contains(one)).collect();
        if self.is_reversed {
            parts.reverse();
        }
        let first = self.kept.map_or(0, |kept| parts.len().saturating_sub(kept));
        let joined = parts[first..].join(".");
        if self.is_escaped {
            escaped(&joined)
        } else {
            joined
        }
    }
}

/// An address in dotted form; of an IPv6 address the hexadecimal digits (RFC 7208 §7.3).
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let digits: Vec<String> = address
                .octets()
                .iter()
                .flat_map(|octet| [octet >> 4, octet & 15])
                .map(|digit| format!("{digit:x}"))
                .collect();
            digits.join(".")
        }
    }
}

/// All but the unreserved characters of a URI as `%XX` (RFC 3986 §2.3).
fn escaped(text: &str) -> String {
    let mut said = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            said.push(char::from(byte));
        } else {
            said.push_str(&format!("%{byte:02X}"));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meanings(address: &str) -> Meanings<'static> {
        Meanings {
            local_part: "strong-bad",
            sender_domain: "email.example.com",
            domain: "email.example.com",
            address: address.parse().unwrap(),
            greeting: "mx.example.com",
            proved_name: "mx.example.com",
        }
    }

    /// The examples of RFC 7208 §7.4.
    #[test]
    fn macros_are_replaced_as_in_the_examples_of_the_standard() {
        let cases = [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                "3.2.0.192.in-addr._spf.example.com",
            ),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            (
                "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
                "bad.strong.lp.3.2.0.192.in-addr._spf.example.com",
            ),
            (
                "%{d2}.trusted-domains.example.net",
                "example.com.trusted-domains.example.net",
            ),
            ("%%%_%-.%{h}.%{p2}", "% %20.mx.example.com.example.com"),
            ("%{S}.x.com", "strong-bad%40email.example.com.x.com"),
        ];
        for (text, want) in cases {
            let parsed = MacroString::parse_domain(text).unwrap();
            assert_eq!(parsed.domain(&meanings("192.0.2.3")), want, "{text}");
        }
        let six = MacroString::parse_domain("%{ir}.%{v}._spf.%{d2}").unwrap();
        assert_eq!(
            six.domain(&meanings("2001:db8::cb01")),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_no_domain() {
        let wrong = [
            "", "%", "%a", "%{", "%{}", "%{x}", "%{d0}", "%{d1x}", "%{c}.com", "com", "a.1",
            "a.-b", "a b.com", "a..", "ü.com",
        ];
        for text in wrong {
            assert_eq!(MacroString::parse_domain(text), None, "{text}");
        }
        assert!(MacroString::parse("%{c}").is_some());
        assert!(MacroString::parse_domain("a.b-1.").is_some());
    }

    #[test]
    fn a_long_domain_is_cut_from_the_left() {
        let text = format!("{}.%{{d}}", ["a".repeat(60).as_str(); 4].join("."));
        let domain = MacroString::parse_domain(&text)
            .unwrap()
            .domain(&meanings("192.0.2.3"));
        assert!(
            domain.len() <= DOMAIN_LIMIT && domain.ends_with(".email.example.com"),
            "{domain}"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(%|\\{|\\}|[slodiphvcrt0-9r.+,/_=-]|\\PC){0,30}") {
            for parsed in [MacroString::parse(&text), MacroString::parse_domain(&text)].into_iter().flatten() {
                prop_assert!(parsed.domain(&meanings("2001:db8::1")).len() <= DOMAIN_LIMIT);
            }
        }
    }
}
