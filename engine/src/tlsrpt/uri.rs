//! Where a report goes: one URI of `rua` (RFC 8460 §3, RFC 3986, RFC 6068).

use std::fmt;

use crate::address::{MailDomain, Mailbox};
use crate::tls::PeerName;

/// The longest URI that is read.
const LIMIT: usize = 1_000;
/// The port of HTTPS (RFC 9110 §4.2.2).
const HTTPS: u16 = 443;

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportUri {
    text: String,
    kind: UriKind,
}

/// How it gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UriKind {
    /// By mail to this mailbox.
    Mail(Mailbox),
    /// By POST to this server.
    Https {
        /// The server.
        host: PeerName,
        /// Its port.
        port: u16,
        /// Path and query.
        target: String,
    },
}

impl ReportUri {
    /// Reads a URI; none: it is none, or of another scheme.
    ///
    /// Choice: `!` is not read, since RFC 8460 §3 wants it encoded; what stands behind it in some records, a limit of size as
    /// DMARC knows it, must not become part of an address.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"!,;\"<>\\^`{|}".contains(&byte);
        if text.len() > LIMIT || !text.bytes().all(is_plain) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "mailto" => mail(rest)?,
            "https" => https(rest)?,
            _ => return None,
        };
        Some(Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// How a report gets there.
    #[must_use]
    pub(crate) fn kind(&self) -> &UriKind {
        &self.kind
    }
}

impl fmt::Display for ReportUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A mailbox; the fields that may follow it mean nothing here.
fn mail(rest: &str) -> Option<UriKind> {
    let address = rest.split(['?', '#']).next().unwrap_or_default();
    let address = String::from_utf8(percent_decoded(address)?).ok()?;
    if address.chars().any(char::is_control) {
        return None;
    }
    Mailbox::parse(&address).ok().map(UriKind::Mail)
}

fn https(rest: &str) -> Option<UriKind> {
    let rest = rest.strip_prefix("//")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let port = match port {
        "" => HTTPS,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    let target = match target.strip_prefix('?') {
        Some(query) => format!("/?{query}"),
        None if target.is_empty() => "/".to_owned(),
        None => target.to_owned(),
    };
    Some(UriKind::Https {
        host: host_of(host)?,
        port,
        target,
    })
}

fn host_of(text: &str) -> Option<PeerName> {
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: std::net::Ipv6Addr = inner.parse().ok()?;
        return Some(PeerName::Address(address.into()));
    }
    if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
        return Some(PeerName::Address(address.into()));
    }
    let decoded = String::from_utf8(percent_decoded(text)?).ok()?;
    match MailDomain::parse(&decoded) {
        Ok(MailDomain::Name(name)) => Some(PeerName::Host(name)),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        decoded.push(digit()? << 4 | digit()?);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Option<String> {
        ReportUri::parse(text).map(|uri| match uri.kind {
            UriKind::Mail(mailbox) => format!("mail to {}", mailbox.as_str()),
            UriKind::Https { host, port, target } => format!("{host} {port} {target}"),
        })
    }

    #[test]
    fn a_uri_says_how_a_report_gets_where() {
        // (URI, what it says)
        let cases = [
            ("mailto:a@example.test", Some("mail to a@example.test")),
            ("MAILTO:a@example.test", Some("mail to a@example.test")),
            (
                "mailto:a@example.test?subject=x",
                Some("mail to a@example.test"),
            ),
            (
                "mailto:a%21b@example.test",
                Some("mail to a!b@example.test"),
            ),
            (
                "mailto:%22a%2Cb%22@example.test",
                Some("mail to \"a,b\"@example.test"),
            ),
            ("mailto:a%0D%0Ab@example.test", None),
            ("mailto:a%4@example.test", None),
            ("mailto:a@example.test!10m", None),
            ("mailto:", None),
            ("mailto:a", None),
            ("https://r.test/v1?a=b#c", Some("r.test 443 /v1?a=b")),
            ("https://R.Test", Some("r.test 443 /")),
            ("https://r.test:8443?a", Some("r.test 8443 /?a")),
            ("https://r.test:/x", Some("r.test 443 /x")),
            ("https://192.0.2.1/", Some("[192.0.2.1] 443 /")),
            (
                "https://[2001:db8::1]:444/",
                Some("[IPv6:2001:db8::1] 444 /"),
            ),
            ("https://user@r.test/", None),
            ("https://r.test:x/", None),
            ("https://r.test:99999/", None),
            ("https:///x", None),
            ("https:r.test", None),
            ("http://r.test/", None),
            ("r.test", None),
            ("https://r.test/a b", None),
        ];
        for (text, want) in cases {
            assert_eq!(told(text).as_deref(), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_printed_the_same(text in "(mailto:|https://|)[ -~é]{0,30}") {
            if let Some(uri) = ReportUri::parse(&text) {
                prop_assert_eq!(uri.to_string(), text);
            }
        }
    }
}
