//! Address literals: `[NAME]` in a scenario file is the address of that host in digits (RFC 5321 §4.1.3).

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Which literal stands for which name, both ways. Names are labelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    /// By the name in lower case: the name as spelled, and its address.
    by_name: BTreeMap<String, (String, IpAddr)>,
}

impl Literals {
    /// The literals of these hosts, each with its first address.
    #[must_use]
    pub fn of(hosts: impl IntoIterator<Item = (String, IpAddr)>) -> Self {
        Self {
            by_name: hosts
                .into_iter()
                .map(|(name, address)| (name.to_lowercase(), (name, address)))
                .collect(),
        }
    }

    /// The address that `[NAME]` means.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<IpAddr> {
        self.by_name
            .get(&name.to_lowercase())
            .map(|(_, address)| *address)
    }

    /// `text` with every `[NAME]` of these hosts turned into digits.
    pub(super) fn in_digits(&self, text: &str) -> String {
        self.bracketed(text, |inside| self.address(inside).map(digits))
    }

    /// The inverse: digits in brackets turned into names.
    pub(super) fn in_names(&self, text: &str) -> String {
        self.bracketed(text, |inside| {
            self.by_name
                .values()
                .find(|(_, address)| digits(*address).eq_ignore_ascii_case(inside))
                .map(|(name, _)| name.clone())
        })
    }

    fn bracketed(&self, text: &str, replace: impl Fn(&str) -> Option<String>) -> String {
        if self.by_name.is_empty() || !text.contains('[') {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('[') {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            let Some(close) = rest.find([']', '[']) else {
                break;
            };
            if let Some(replacement) = Some(&rest[..close])
                .filter(|_| rest[close..].starts_with(']'))
                .and_then(&replace)
            {
                out.push_str(&replacement);
                rest = &rest[close..];
            }
        }
        out.push_str(rest);
        out
    }
}

/// An address as it stands inside the brackets of a literal.
fn digits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("IPv6:{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Literals;

    #[test]
    fn a_name_in_brackets_becomes_digits_and_back() {
        let literals = Literals::of([
            ("mx.a.test".to_owned(), "198.18.0.9".parse().unwrap()),
            ("mx6.a.test".to_owned(), "2001:db8::9".parse().unwrap()),
        ]);
        let cases = [
            ("user@[mx.a.test]", "user@[198.18.0.9]"),
            ("[mx6.a.test]", "[IPv6:2001:db8::9]"),
            ("[[mx.a.test] [x]", "[[198.18.0.9] [x]"),
            ("[mx.b.test]", "[mx.b.test]"),
            ("mx.a.test", "mx.a.test"),
            ("[", "["),
            ("[mx.a.test", "[mx.a.test"),
        ];
        for (named, numbered) in cases {
            assert_eq!(literals.in_digits(named), numbered);
            assert_eq!(literals.in_names(numbered), named);
        }
    }
}
