//! What stands behind MAIL and RCPT: a path, and parameters (RFC 5321 §4.1.1.11, RFC 3461 §4).

use crate::address::Mailbox;
use crate::delivery::{DsnParameters, Notify, Return};

use super::path::{Path, mailbox, path};
use super::verb::{Command, CommandError};

/// What stands behind MAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailParameters {
    /// The envelope sender; none is the null sender.
    pub(crate) sender: Option<Mailbox>,
    /// SIZE.
    pub(crate) size: Option<u64>,
    /// SMTPUTF8.
    pub(crate) smtputf8: bool,
    /// RET and ENVID.
    pub(crate) dsn: DsnParameters,
    /// REQUIRETLS (RFC 8689 §2).
    pub(crate) requires_tls: bool,
}

/// What stands behind RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RcptParameters {
    /// The recipient.
    pub(crate) to: Path,
    /// NOTIFY.
    pub(crate) notify: Option<Notify>,
    /// ORCPT.
    pub(crate) original: Option<String>,
}

/// Reads what stands behind MAIL.
pub(super) fn mail(rest: &str) -> Result<Command, CommandError> {
    let (address, parameters) = path(rest, "FROM:")?;
    let sender = match address {
        "" => None,
        some => Some(mailbox(some)?),
    };
    let (mut size, mut smtputf8, mut dsn) = (None, false, DsnParameters::default());
    let mut requires_tls = false;
    let mut seen = Vec::new();
    for (name, value) in parameters {
        match (name.as_str(), value) {
            ("SIZE", Some(value)) => {
                size = Some(value.parse().map_err(|_| CommandError::Parameter)?);
            }
            ("BODY", Some(value))
                if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {
            }
            ("SMTPUTF8", None) => smtputf8 = true,
            ("REQUIRETLS", None) => requires_tls = true,
            // Known, and written wrongly.
            ("REQUIRETLS", Some(_)) => return Err(CommandError::Arguments),
            ("RET", Some(value)) if value.eq_ignore_ascii_case("HDRS") => {
                dsn.ret = Some(Return::Header);
            }
            ("RET", Some(value)) if value.eq_ignore_ascii_case("FULL") => {
                dsn.ret = Some(Return::Full);
            }
            // Who handed the message over elsewhere, which is believed of nobody (RFC 4954 §5).
            ("AUTH", Some(value)) if is_xtext(value) => {}
            ("ENVID", Some(value)) if is_xtext(value) => dsn.envelope_id = Some(value.to_owned()),
            _ => return Err(CommandError::Parameter),
        }
        if seen.contains(&name) {
            return Err(CommandError::Parameter);
        }
        seen.push(name);
    }
    Ok(Command::Mail(MailParameters {
        sender,
        size,
        smtputf8,
        dsn,
        requires_tls,
    }))
}

/// Reads what stands behind RCPT.
pub(super) fn rcpt(rest: &str) -> Result<Command, CommandError> {
    let (address, parameters) = path(rest, "TO:")?;
    let to = if address.eq_ignore_ascii_case("postmaster") {
        Path::Postmaster
    } else {
        Path::Mailbox(mailbox(address)?)
    };
    let (mut notify, mut original) = (None, None);
    for (name, value) in parameters {
        match (name.as_str(), value) {
            ("NOTIFY", Some(value)) if notify.is_none() => {
                notify = Some(Notify::parse(value).ok_or(CommandError::Parameter)?);
            }
            ("ORCPT", Some(value)) if original.is_none() && is_original(value) => {
                original = Some(value.to_owned());
            }
            _ => return Err(CommandError::Parameter),
        }
    }
    Ok(Command::Rcpt(RcptParameters {
        to,
        notify,
        original,
    }))
}

/// An address type, a semicolon and xtext (RFC 3461 §4.2).
fn is_original(value: &str) -> bool {
    value.split_once(';').is_some_and(|(kind, text)| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && (is_xtext(text) || kind.eq_ignore_ascii_case("utf-8") && is_utf8_address(text))
    })
}

/// An address beyond ASCII as it is, which whoever lists SMTPUTF8 and DSN takes (RFC 6533 §3).
fn is_utf8_address(value: &str) -> bool {
    (1..=500).contains(&value.len())
        && value
            .chars()
            .all(|char| !char.is_control() && !char.is_whitespace() && char != '=' && char != '+')
}

/// Printable ASCII, at most 500 octets (RFC 3461 §4, §4.2).
fn is_xtext(value: &str) -> bool {
    (1..=500).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'=')
}
