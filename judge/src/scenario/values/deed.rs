//! The moments and deeds of faults (SCENARIOS §6).

use std::time::Duration;

use super::super::{Deed, DnsDeed, Moment};
use super::name;
use crate::document::{Complaint, nearest};

/// What an SMTP host can do.
pub(crate) const DEEDS_OF_SMTP: [&str; 10] = [
    "refuse", "close", "reset", "stall", "delay", "drip", "split", "bare-lf", "garbage", "inject",
];

/// What an HTTPS host can do.
pub(crate) const DEEDS_OF_HTTPS: [&str; 9] = [
    "refuse", "close", "reset", "stall", "delay", "drip", "garbage", "endless", "pad",
];

/// What the resolvers can do.
pub(crate) const DEEDS_OF_DNS: [&str; 13] = [
    "servfail",
    "refused",
    "nxdomain",
    "nodata",
    "truncate",
    "bad-signature",
    "missing-signature",
    "expired-signature",
    "no-ad",
    "no-signatures",
    "stall",
    "delay",
    "garbage",
];

/// The moments of a connection, as files spell them.
pub(crate) const MOMENTS: [(&str, Moment); 17] = [
    ("connect", Moment::Connect),
    ("greeting", Moment::Greeting),
    ("ehlo", Moment::Ehlo),
    ("helo", Moment::Helo),
    ("starttls", Moment::Starttls),
    ("handshake", Moment::Handshake),
    ("in-handshake", Moment::InHandshake),
    ("after-handshake", Moment::AfterHandshake),
    ("ehlo-after-tls", Moment::EhloAfterTls),
    ("mail", Moment::Mail),
    ("rcpt", Moment::Rcpt),
    ("data", Moment::Data),
    ("content", Moment::Content),
    ("end-of-data", Moment::EndOfData),
    ("quit", Moment::Quit),
    ("response", Moment::Response),
    ("body", Moment::Body),
];

/// The alerts of RFC 8446 §6 and RFC 5246 §7.2.
const ALERTS: [&str; 27] = [
    "close_notify",
    "unexpected_message",
    "bad_record_mac",
    "record_overflow",
    "handshake_failure",
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "illegal_parameter",
    "unknown_ca",
    "access_denied",
    "decode_error",
    "decrypt_error",
    "protocol_version",
    "insufficient_security",
    "internal_error",
    "inappropriate_fallback",
    "user_canceled",
    "no_renegotiation",
    "missing_extension",
    "unsupported_extension",
    "unrecognized_name",
    "unknown_psk_identity",
    "certificate_required",
    "no_application_protocol",
];

/// When a fault acts: a question where it is on the DNS, else a moment of a connection.
pub(crate) fn moment(on_dns: bool, text: &str) -> Result<Moment, Complaint> {
    if !on_dns {
        return MOMENTS
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, moment)| moment.clone())
            .ok_or_else(|| {
                let meant = nearest(text, MOMENTS.iter().map(|(word, _)| *word));
                Complaint::new(format!("no moment is called {text:?}")).help(meant.map_or_else(
                    || MOMENTS.map(|(word, _)| word).join(", "),
                    |word| format!("did you mean {word:?}?"),
                ))
            });
    }
    let no_question = || {
        Complaint::new(format!("{text:?} is no question"))
            .help("a type and a name, as in \"MX example.test\", or \"tcp\"")
    };
    if text == "tcp" {
        return Ok(Moment::Tcp);
    }
    let (kind, of) = text.split_once(' ').ok_or_else(no_question)?;
    if kind.is_empty()
        || !kind
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    {
        return Err(no_question());
    }
    Ok(Moment::Question {
        kind: kind.into(),
        name: name(of)?,
    })
}

/// What else a fault's table says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs<'a> {
    pub(crate) wait: Option<Duration>,
    pub(crate) text: Option<&'a str>,
    pub(crate) next_segment: bool,
    pub(crate) size: Option<u64>,
}

/// The text of a deed and the moment it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeedText<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: &'a Moment,
}

impl DeedText<'_> {
    /// The deed, or why the fake of that moment has none such.
    pub(crate) fn parse(self, needs: Needs<'_>) -> Result<Deed, Complaint> {
        let of_dns = matches!(self.at, Moment::Question { .. } | Moment::Tcp);
        let of_https = matches!(self.at, Moment::Response | Moment::Body);
        let (words, owner): (&[&str], _) = match (of_dns, of_https) {
            (true, _) => (&DEEDS_OF_DNS, "dns"),
            (_, true) => (&DEEDS_OF_HTTPS, "an HTTPS host"),
            _ => (&DEEDS_OF_SMTP, "an SMTP host"),
        };
        if words.contains(&self.text) {
            return self.word(needs);
        }
        let found = match (of_dns, of_https) {
            (true, _) => None,
            (_, true) => self.status(),
            _ => self.alert()?.or_else(|| self.reply()),
        };
        found.ok_or_else(|| {
            let help = match nearest(self.text, words.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None if of_dns => "one of servfail, refused, nxdomain, ...".into(),
                None if of_https => {
                    "a status as \"404\", or one of close, stall, endless, ...".into()
                }
                None => {
                    "a reply as \"454 4.7.0 not now\", or one of close, stall, inject, ...".into()
                }
            };
            Complaint::new(format!("`{}` is no deed of {owner}", self.text)).help(help)
        })
    }

    fn word(self, needs: Needs<'_>) -> Result<Deed, Complaint> {
        let lacks = |key: &str, help: &str| {
            Complaint::new(format!("`{}` needs `{key}`", self.text)).help(help)
        };
        let wait = || {
            needs
                .wait
                .ok_or_else(|| lacks("wait", "how long, as in `wait = \"5 s\"`"))
        };
        let place = |is_right: bool, right: &str| match is_right {
            true => Ok(()),
            false => Err(
                Complaint::new(format!("`{}` is for `{right}` alone", self.text))
                    .help(format!("write `at = \"{right}\"`, or `close`")),
            ),
        };
        Ok(match self.text {
            "refuse" => place(*self.at == Moment::Connect, "connect").map(|()| Deed::Refuse)?,
            "close" => Deed::Close,
            "reset" => Deed::Reset,
            "stall" => Deed::Stall,
            "delay" => Deed::Delay(wait()?),
            "drip" => Deed::Drip(wait()?),
            "split" => Deed::Split,
            "bare-lf" => Deed::BareLf,
            "garbage" => Deed::Garbage,
            "inject" => Deed::Inject {
                text: needs
                    .text
                    .ok_or_else(|| lacks("text", "the bytes that stand behind the healthy reply"))?
                    .into(),
                same_segment: !needs.next_segment,
            },
            "endless" => place(*self.at == Moment::Body, "body").map(|()| Deed::Endless)?,
            "pad" => {
                place(*self.at == Moment::Body, "body")?;
                Deed::Pad(
                    needs
                        .size
                        .ok_or_else(|| lacks("size", "up to which, as in `size = \"65 KiB\"`"))?,
                )
            }
            "servfail" => Deed::Dns(DnsDeed::Servfail),
            "refused" => Deed::Dns(DnsDeed::Refused),
            "nxdomain" => Deed::Dns(DnsDeed::Nxdomain),
            "nodata" => Deed::Dns(DnsDeed::Nodata),
            "truncate" => Deed::Dns(DnsDeed::Truncate),
            "bad-signature" => Deed::Dns(DnsDeed::BadSignature),
            "missing-signature" => Deed::Dns(DnsDeed::MissingSignature),
            "expired-signature" => Deed::Dns(DnsDeed::ExpiredSignature),
            "no-ad" => Deed::Dns(DnsDeed::NoAd),
            _ => Deed::Dns(DnsDeed::NoSignatures),
        })
    }

    /// `"NNN"` or `"NNN URI"`.
    fn status(self) -> Option<Deed> {
        let (code, location) = match self.text.split_once(' ') {
            Some((code, location)) => (code, Some(location)),
            None => (self.text, None),
        };
        let is_uri = |text: &str| {
            let rest = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let code = three_digits(code).filter(|code| (100..600).contains(code))?;
        location
            .is_none_or(is_uri)
            .then(|| Deed::Status(code, location.map(Into::into)))
    }

    /// `"NNN ..."`.
    fn reply(self) -> Option<Deed> {
        let (code, rest) = self.text.split_at_checked(3)?;
        three_digits(code)?;
        rest.starts_with([' ', '-'])
            .then(|| Deed::Reply(self.text.into()))
    }

    fn alert(self) -> Result<Option<Deed>, Complaint> {
        let Some(alert) = self.text.strip_prefix("alert ") else {
            return Ok(None);
        };
        if !ALERTS.contains(&alert) {
            let meant = nearest(alert, ALERTS).unwrap_or("handshake_failure");
            return Err(Complaint::new(format!("no TLS alert is called {alert:?}"))
                .help(format!("did you mean {meant:?}?")));
        }
        if *self.at != Moment::Handshake {
            return Err(Complaint::new("an alert is sent at `handshake` alone")
                .help("write `at = \"handshake\"`"));
        }
        Ok(Some(Deed::Alert(alert.into())))
    }
}

fn three_digits(text: &str) -> Option<u16> {
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| text.parse().ok()).flatten()
}
