//! The trace field that a receiver puts on top of a message (RFC 5321 §4.4).
//!
//! It says how the message came: the protocol (RFC 3848, RFC 6531 §4.3), and inside TLS the version, the suite and its
//! strength, in the form of the product pages; a submission server names the suite once more as it is registered
//! (RFC 8314 §4.3).

use std::net::IpAddr;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::{DomainName, MailDomain};
use crate::settings::TlsVersion;
use crate::tls::TlsFacts;

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passage<'s> {
    /// What the sender calls itself.
    pub(crate) name: &'s str,
    /// Where it is.
    pub(crate) address: IpAddr,
    /// Who took the message.
    pub(crate) by: &'s DomainName,
    /// It said EHLO, and not HELO.
    pub(crate) is_extended: bool,
    /// The transaction had SMTPUTF8.
    pub(crate) smtputf8: bool,
    /// The sender had logged in.
    pub(crate) is_authenticated: bool,
    /// What TLS it came in.
    pub(crate) tls: Option<&'s TlsFacts>,
    /// It was handed over for submission.
    pub(crate) is_submission: bool,
    /// When it came.
    pub(crate) at: SystemTime,
}

impl Passage<'_> {
    /// The field, with the end of its last line.
    #[must_use]
    pub(crate) fn field(&self) -> String {
        let name = printable(self.name);
        let literal = MailDomain::Literal(self.address);
        let protection = self
            .tls
            .map_or_else(String::new, |tls| format!("\r\n\t{}", protection(tls)));
        let clause = match self.tls {
            Some(tls) if self.is_submission => format!(" tls {}", tls.suite.registered),
            _ => String::new(),
        };
        let date = OffsetDateTime::from(self.at)
            .format(&Rfc2822)
            .unwrap_or_default();
        let (by, protocol) = (self.by, self.protocol());
        format!(
            "Received: from {name} ({literal}){protection}\r\n\tby {by} with {protocol}{clause};\r\n\t{date}\r\n"
        )
    }

    /// The protocol as it is registered (RFC 3848 §1, RFC 6531 §4.3).
    ///
    /// Choice: there is no word for HELO inside TLS; what matters to a reader is the TLS, so it is told as ESMTPS.
    fn protocol(&self) -> String {
        let is_plain = self.tls.is_none() && !self.is_authenticated;
        let stem = match (self.smtputf8, self.is_extended) {
            (true, _) => "UTF8SMTP",
            (false, false) if is_plain => "SMTP",
            (false, _) => "ESMTP",
        };
        let secured = if self.tls.is_some() { "S" } else { "" };
        let authenticated = if self.is_authenticated { "A" } else { "" };
        format!("{stem}{secured}{authenticated}")
    }
}

/// `(version=TLS1_2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128/128)`.
#[must_use]
fn protection(tls: &TlsFacts) -> String {
    let (version, suite) = (version_word(tls.version), tls.suite);
    format!(
        "(version={version} cipher={} bits={}/{})",
        suite.openssl, suite.bits, suite.nominal
    )
}

/// A version, as trace fields spell it.
#[must_use]
fn version_word(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::Tls10 => "TLS1_0",
        TlsVersion::Tls11 => "TLS1_1",
        TlsVersion::Tls12 => "TLS1_2",
        TlsVersion::Tls13 => "TLS1_3",
    }
}

/// What a sender calls itself, without anything that could begin a comment, end a clause or hide the address behind it.
fn printable(name: &str) -> String {
    let is_of_names =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    name.chars()
        .map(|c| if is_of_names(c) { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::tls::Suite;

    fn tls(version: TlsVersion, code: u16) -> TlsFacts {
        TlsFacts {
            version,
            suite: Suite::of(code),
            name: None,
            client: Vec::new(),
        }
    }

    fn told(change: impl FnOnce(&mut Passage<'_>), tls: Option<&TlsFacts>) -> String {
        let by = DomainName::parse("mx.home.test").unwrap();
        let mut passage = Passage {
            name: "relay.example.test",
            address: "192.0.2.7".parse().unwrap(),
            by: &by,
            is_extended: true,
            smtputf8: false,
            is_authenticated: false,
            tls,
            is_submission: false,
            at: UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        };
        change(&mut passage);
        passage.field().replace("\r\n", "\n")
    }

    #[test]
    fn the_field_says_how_the_message_came() {
        insta::assert_snapshot!(told(|_| (), Some(&tls(TlsVersion::Tls12, 0xC02F))), @r"
        Received: from relay.example.test ([192.0.2.7])
        	(version=TLS1_2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128/128)
        	by mx.home.test with ESMTPS;
        	Mon, 21 Sep 2026 14:13:20 +0000
        ");
        let submitted = |passage: &mut Passage<'_>| {
            passage.is_submission = true;
            passage.is_authenticated = true;
        };
        insta::assert_snapshot!(told(submitted, Some(&tls(TlsVersion::Tls10, 0xC012))), @r"
        Received: from relay.example.test ([192.0.2.7])
        	(version=TLS1_0 cipher=ECDHE-RSA-DES-CBC3-SHA bits=112/168)
        	by mx.home.test with ESMTPSA tls TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA;
        	Mon, 21 Sep 2026 14:13:20 +0000
        ");
        let forged = |passage: &mut Passage<'_>| passage.name = "x(y;by=z)";
        insta::assert_snapshot!(told(forged, None), @r"
        Received: from x?y?by?z? ([192.0.2.7])
        	by mx.home.test with ESMTP;
        	Mon, 21 Sep 2026 14:13:20 +0000
        ");
    }

    #[test]
    fn the_protocol_is_one_of_those_registered() {
        // (EHLO, SMTPUTF8, TLS, login, word)
        let cases = [
            (false, false, false, false, "SMTP"),
            (true, false, false, false, "ESMTP"),
            (true, false, true, false, "ESMTPS"),
            (false, false, true, false, "ESMTPS"),
            (true, false, false, true, "ESMTPA"),
            (true, false, true, true, "ESMTPSA"),
            (true, true, false, false, "UTF8SMTP"),
            (true, true, true, false, "UTF8SMTPS"),
            (true, true, false, true, "UTF8SMTPA"),
            (true, true, true, true, "UTF8SMTPSA"),
        ];
        let inside = tls(TlsVersion::Tls13, 0x1301);
        for (extended, utf8, in_tls, login, want) in cases {
            let change = |passage: &mut Passage<'_>| {
                passage.is_extended = extended;
                passage.smtputf8 = utf8;
                passage.is_authenticated = login;
            };
            let field = told(change, in_tls.then_some(&inside));
            assert!(field.contains(&format!(" with {want};")), "{field}");
        }
    }
}
