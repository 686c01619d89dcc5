//! Domains and mailboxes, in the one form in which they are compared (RFC 5321 §4.1.2, RFC 5890).
//!
//! A domain is held in its ASCII form in lower case without a final dot; a mailbox keeps the text it came in, since
//! notices and the next receiver must see it unchanged, and has its domain parsed beside it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most octets of a domain in its ASCII form (RFC 1035 §2.3.4).
const DOMAIN_LIMIT: usize = 253;
/// The most octets of a mailbox that is taken: a local part of 64, an at sign and a domain in its longest form
/// (RFC 5321 §4.5.3.1), with room for domains in Unicode form, and so few that a header field which holds it stays within
/// a line (RFC 5322 §2.1.1).
const MAILBOX_LIMIT: usize = 900;

/// Why a text is no domain or mailbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not a domain name.
    #[error("{0:?} is not a domain name")]
    Domain(String),
    /// Not an address literal.
    #[error("{0:?} is not an address literal")]
    Literal(String),
    /// No `@`, or nothing on one side of it.
    #[error("{0:?} is not a mailbox")]
    Mailbox(String),
}

/// A domain or host name in ASCII form, lower case, without a final dot.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a name in Unicode or ASCII form, in any letter case, with or without a final dot.
    ///
    /// # Errors
    /// `AddressError::Domain` when it is none.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Domain(text.to_owned());
        if text.len() > MAILBOX_LIMIT {
            return Err(wrong());
        }
        let ascii = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii(text).map_err(|_| wrong())?
        };
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.is_empty() || name.len() > DOMAIN_LIMIT || !name.split('.').all(is_label) {
            return Err(wrong());
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What stands behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailDomain {
    /// A name, routed by MX records.
    Name(DomainName),
    /// An address literal such as `[192.0.2.1]` (RFC 5321 §4.1.3).
    Literal(IpAddr),
}

impl MailDomain {
    /// Reads a domain name or an address literal.
    ///
    /// # Errors
    /// `AddressError` when it is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            return DomainName::parse(text).map(Self::Name);
        };
        let address = match inner.get(..5) {
            Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
                inner[5..].parse::<Ipv6Addr>().map(IpAddr::V6).ok()
            }
            _ => inner.parse::<Ipv4Addr>().map(IpAddr::V4).ok(),
        };
        address
            .map(Self::Literal)
            .ok_or_else(|| AddressError::Literal(text.to_owned()))
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(formatter),
            Self::Literal(IpAddr::V4(address)) => write!(formatter, "[{address}]"),
            Self::Literal(IpAddr::V6(address)) => write!(formatter, "[IPv6:{address}]"),
        }
    }
}

/// A mailbox as it stands in an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    text: String,
    at: usize,
    domain: MailDomain,
}

impl Mailbox {
    /// Reads `local-part@domain`, without angle brackets.
    ///
    /// # Errors
    /// `AddressError` when it is no mailbox.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Mailbox(text.to_owned());
        if text.len() > MAILBOX_LIMIT {
            return Err(wrong());
        }
        let at = text.rfind('@').ok_or_else(wrong)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.is_empty() || !is_local_part(local) {
            return Err(wrong());
        }
        Ok(Self {
            text: text.to_owned(),
            at,
            domain: MailDomain::parse(domain)?,
        })
    }

    /// The mailbox as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the last `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands behind it.
    #[must_use]
    pub fn domain(&self) -> &MailDomain {
        &self.domain
    }

    /// Whether it can be written in ASCII alone, if need be with the domain in ASCII form.
    #[must_use]
    pub fn ascii_form(&self) -> Option<String> {
        if self.text.is_ascii() {
            Some(self.text.clone())
        } else if self.local_part().is_ascii() {
            Some(format!("{}@{}", self.local_part(), self.domain))
        } else {
            None
        }
    }

    /// Whether both lead to the same mailbox.
    ///
    /// Choice: local parts are compared without regard to ASCII case. RFC 5321 §2.4 leaves their meaning to the
    /// receiver; a rule that missed `User@` because it lists `user@` would send in plaintext what was to be protected.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.domain == other.domain && self.local_part().eq_ignore_ascii_case(other.local_part())
    }
}

/// A dot-string, roughly, or a quoted string that ends where the local part ends (RFC 5321 §4.1.2). Anything else could end
/// the path it stands in at the next receiver, and lead to a mailbox that no rule here has seen.
fn is_local_part(local: &str) -> bool {
    if local.chars().any(char::is_control) {
        return false;
    }
    let Some(behind) = local.strip_prefix('"') else {
        return !local.contains([
            ' ', '<', '>', '(', ')', '[', ']', ',', ';', ':', '@', '"', '\\',
        ]);
    };
    let mut chars = behind.chars();
    loop {
        match chars.next() {
            // A backslash takes whatever follows as it is.
            Some('\\') if chars.next().is_some() => {}
            Some('"') => return chars.as_str().is_empty(),
            Some('\\') | None => return false,
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn domains_are_compared_in_ascii_form_and_lower_case() {
        // (text, its one form)
        let cases = [
            ("Example.TEST.", Some("example.test")),
            ("bücher.test", Some("xn--bcher-kva.test")),
            ("XN--BCHER-KVA.test", Some("xn--bcher-kva.test")),
            ("_dmarc.example.test", Some("_dmarc.example.test")),
            ("", None),
            (".", None),
            ("a..b", None),
            ("a b", None),
            ("[192.0.2.1]", None),
        ];
        for (text, want) in cases {
            assert_eq!(
                DomainName::parse(text)
                    .ok()
                    .as_ref()
                    .map(DomainName::as_str),
                want,
                "{text}"
            );
        }
    }

    #[test]
    fn mailboxes_keep_their_text_and_know_their_domain() {
        // (text, domain)
        let cases = [
            ("User@Example.test", Some("example.test")),
            ("\"a b@c\"@example.test", Some("example.test")),
            ("\"a\\\"b\\\\\"@example.test", Some("example.test")),
            ("\"a\"b\"@example.test", None),
            ("\"a\\\"@example.test", None),
            ("\"@example.test", None),
            ("\"a\\\"b\"@other.test> NOTIFY=NEVER \"@example.test", None),
            ("a@b@example.test", None),
            ("jürgen@bücher.test", Some("xn--bcher-kva.test")),
            ("user@[192.0.2.1]", Some("[192.0.2.1]")),
            ("user@[IPv6:2001:db8::1]", Some("[IPv6:2001:db8::1]")),
            ("user", None),
            ("@example.test", None),
            ("a b@example.test", None),
            ("a>b@example.test", None),
            ("user@[nowhere]", None),
        ];
        for (text, want) in cases {
            let mailbox = Mailbox::parse(text).ok();
            assert_eq!(
                mailbox
                    .as_ref()
                    .map(|found| found.domain().to_string())
                    .as_deref(),
                want,
                "{text}"
            );
            assert!(mailbox.is_none_or(|found| found.as_str() == text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}@?\\PC{0,40}") {
            let _ = Mailbox::parse(&text);
        }

        #[test]
        fn a_domain_that_was_read_reads_back_the_same(text in "\\PC{1,30}") {
            if let Ok(domain) = DomainName::parse(&text) {
                prop_assert_eq!(DomainName::parse(domain.as_str()), Ok(domain.clone()));
            }
        }
    }
}
