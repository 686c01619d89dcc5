//! Commands, read from a line (RFC 5321 §4.1.1), as far as the receiver knows them.

use std::fmt;

use crate::address::{MailDomain, Mailbox};
use crate::delivery::{DsnParameters, Notify, Return};

/// The most octets of what a sender calls itself (RFC 5321 §4.5.3.1.2). It goes into a trace field, which it must neither
/// overfill nor bring beyond ASCII.
const NAME_LIMIT: usize = 255;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// EHLO, with what the sender calls itself.
    Ehlo(String),
    /// HELO, likewise.
    Helo(String),
    /// STARTTLS (RFC 3207 §4).
    StartTls,
    /// AUTH (RFC 4954 §4).
    Auth {
        /// The mechanism, as it was written.
        mechanism: String,
        /// The response that came with it.
        initial: Option<Secret>,
    },
    /// MAIL.
    Mail(MailParameters),
    /// RCPT.
    Rcpt(RcptParameters),
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// QUIT.
    Quit,
}

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

/// What stands between the angle brackets of RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// A mailbox.
    Mailbox(Mailbox),
    /// `<Postmaster>`, the one recipient without a domain (RFC 5321 §4.1.1.3).
    Postmaster,
}

/// Credentials, in base64. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Why a line is no command; the text is the reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    /// Not text.
    #[error("500 5.5.2 A command is text in UTF-8")]
    NotText,
    /// No command of this name.
    #[error("502 5.5.1 This command is not known here")]
    Unknown,
    /// Something behind a command that has nothing behind it, or nothing where something must be.
    #[error("501 5.5.4 The arguments are wrong")]
    Arguments,
    /// The address is none.
    #[error("501 5.1.3 The address is wrong")]
    Address,
    /// A parameter that is not offered, or twice the same.
    #[error("555 5.5.4 A parameter is not known or wrong")]
    Parameter,
}

impl Command {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// `CommandError` when it is no command.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let line = std::str::from_utf8(line)
            .map_err(|_| CommandError::NotText)?
            .trim_end_matches(' ');
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let alone = |command: Self| {
            if rest.is_empty() {
                Ok(command)
            } else {
                Err(CommandError::Arguments)
            }
        };
        let name = || {
            let is_name = (1..=NAME_LIMIT).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_graphic());
            is_name
                .then(|| rest.to_owned())
                .ok_or(CommandError::Arguments)
        };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => name().map(Self::Ehlo),
            "HELO" => name().map(Self::Helo),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "STARTTLS" => alone(Self::StartTls),
            "AUTH" => auth(rest),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            _ => Err(CommandError::Unknown),
        }
    }
}

/// Words behind a path: a name in upper case, and a value if there is one.
type Words<'l> = Vec<(String, Option<&'l str>)>;

/// The text between the angle brackets behind `FROM:` or `TO:`, and the parameters behind it.
fn path<'l>(rest: &'l str, keyword: &str) -> Result<(&'l str, Words<'l>), CommandError> {
    let (head, rest) = rest
        .split_at_checked(keyword.len())
        .ok_or(CommandError::Arguments)?;
    if !head.eq_ignore_ascii_case(keyword) {
        return Err(CommandError::Arguments);
    }
    let rest = rest
        .trim_start_matches(' ')
        .strip_prefix('<')
        .ok_or(CommandError::Address)?;
    let (mut quoted, mut escaped) = (false, false);
    let end = rest.char_indices().find(|(_, char)| {
        if !std::mem::take(&mut escaped) {
            quoted ^= *char == '"';
            escaped = quoted && *char == '\\';
        }
        *char == '>' && !quoted
    });
    let (end, _) = end.ok_or(CommandError::Address)?;
    let parameters = rest[end + 1..]
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| match word.split_once('=') {
            Some((name, value)) => (name.to_ascii_uppercase(), Some(value)),
            None => (word.to_ascii_uppercase(), None),
        })
        .collect();
    Ok((&rest[..end], parameters))
}

fn mail(rest: &str) -> Result<Command, CommandError> {
    let (address, parameters) = path(rest, "FROM:")?;
    let sender = match address {
        "" => None,
        some => Some(mailbox(some)?),
    };
    let (mut size, mut smtputf8, mut dsn) = (None, false, DsnParameters::default());
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
    }))
}

fn rcpt(rest: &str) -> Result<Command, CommandError> {
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

/// A mailbox, without the hosts that an old sender may name before it: a route through them is read and passed over
/// (RFC 5321 §4.1.1.3, §C).
fn mailbox(path: &str) -> Result<Mailbox, CommandError> {
    let address = match path.strip_prefix('@') {
        Some(route) => {
            let (hosts, address) = route.split_once(':').ok_or(CommandError::Address)?;
            let is_route = hosts.split(',').enumerate().all(|(place, host)| {
                let host = if place == 0 {
                    Some(host)
                } else {
                    host.strip_prefix('@')
                };
                host.is_some_and(|host| MailDomain::parse(host).is_ok())
            });
            if !is_route {
                return Err(CommandError::Address);
            }
            address
        }
        None => path,
    };
    Mailbox::parse(address).map_err(|_| CommandError::Address)
}

/// A mechanism, and a response if one came with it.
fn auth(rest: &str) -> Result<Command, CommandError> {
    let (mechanism, initial) = match rest.split_once(' ') {
        Some((mechanism, initial)) => (mechanism, Some(initial)),
        None => (rest, None),
    };
    if mechanism.is_empty() || initial.is_some_and(|initial| initial.contains(' ')) {
        return Err(CommandError::Arguments);
    }
    Ok(Command::Auth {
        mechanism: mechanism.to_owned(),
        initial: initial.map(|text| Secret(text.to_owned())),
    })
}

/// An address type, a semicolon and xtext (RFC 3461 §4.2).
fn is_original(value: &str) -> bool {
    value.split_once(';').is_some_and(|(kind, text)| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && is_xtext(text)
    })
}

/// Printable ASCII, at most 500 octets (RFC 3461 §4, §4.2).
fn is_xtext(value: &str) -> bool {
    (1..=500).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_as_the_command_it_is() {
        let mailbox = |text| Mailbox::parse(text).unwrap();
        let plain = |sender| {
            Command::Mail(MailParameters {
                sender,
                size: None,
                smtputf8: false,
                dsn: DsnParameters::default(),
            })
        };
        let full = Command::Mail(MailParameters {
            sender: Some(mailbox("a@home.test")),
            size: Some(10),
            smtputf8: true,
            dsn: DsnParameters {
                ret: Some(Return::Header),
                envelope_id: Some("QQ314159".into()),
            },
        });
        let rcpt = Command::Rcpt(RcptParameters {
            to: Path::Mailbox(mailbox("User@example.test")),
            notify: Some(Notify {
                failure: true,
                ..Notify::default()
            }),
            original: Some("rfc822;User@example.test".into()),
        });
        let to = |to| {
            Command::Rcpt(RcptParameters {
                to,
                notify: None,
                original: None,
            })
        };
        let auth = |initial: Option<&str>| Command::Auth {
            mechanism: "plain".into(),
            initial: initial.map(|text| Secret(text.into())),
        };
        // (line, command or error)
        let cases = [
            (
                "ehlo mx.home.test",
                Ok(Command::Ehlo("mx.home.test".into())),
            ),
            ("EHLO", Err(CommandError::Arguments)),
            ("MAIL FROM:<>", Ok(plain(None))),
            (
                "mail from: <a@home.test>",
                Ok(plain(Some(mailbox("a@home.test")))),
            ),
            (
                "MAIL FROM:<\"a>b\"@home.test>",
                Ok(plain(Some(mailbox("\"a>b\"@home.test")))),
            ),
            (
                "MAIL FROM:<a@home.test> SIZE=10 body=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ314159",
                Ok(full),
            ),
            (
                "MAIL FROM:<a@home.test> SIZE=10 SIZE=10",
                Err(CommandError::Parameter),
            ),
            (
                "MAIL FROM:<a@home.test> REQUIRETLS",
                Err(CommandError::Parameter),
            ),
            ("MAIL FROM:a@home.test", Err(CommandError::Address)),
            ("MAIL TO:<a@home.test>", Err(CommandError::Arguments)),
            (
                "RCPT TO:<User@example.test> NOTIFY=FAILURE ORCPT=rfc822;User@example.test",
                Ok(rcpt),
            ),
            ("RCPT TO:<>", Err(CommandError::Address)),
            (
                "RCPT TO:<user@example.test> NOTIFY=SOON",
                Err(CommandError::Parameter),
            ),
            ("RCPT TO:<postMaster>", Ok(to(Path::Postmaster))),
            (
                "RCPT TO:<@a.test,@b.test:user@example.test>",
                Ok(to(Path::Mailbox(mailbox("user@example.test")))),
            ),
            (
                "MAIL FROM:<@a.test:a@home.test> AUTH=<>",
                Ok(plain(Some(mailbox("a@home.test")))),
            ),
            ("RCPT TO:<@a.test>", Err(CommandError::Address)),
            ("RCPT TO:<@:user@example.test>", Err(CommandError::Address)),
            (
                "RCPT TO:<@a.test,b.test:user@example.test>",
                Err(CommandError::Address),
            ),
            ("STARTTLS", Ok(Command::StartTls)),
            ("STARTTLS now", Err(CommandError::Arguments)),
            ("AUTH plain", Ok(auth(None))),
            ("AUTH plain =", Ok(auth(Some("=")))),
            ("AUTH plain a b", Err(CommandError::Arguments)),
            ("AUTH", Err(CommandError::Arguments)),
            ("DATA", Ok(Command::Data)),
            ("DATA now", Err(CommandError::Arguments)),
            ("QUIT ", Ok(Command::Quit)),
            ("BDAT 10 LAST", Err(CommandError::Unknown)),
            ("", Err(CommandError::Unknown)),
        ];
        for (line, want) in cases {
            assert_eq!(Command::parse(line.as_bytes()), want, "{line}");
        }
    }

    #[test]
    fn no_quote_and_no_name_reaches_beyond_its_place() {
        let long = format!("EHLO {}", "x".repeat(256));
        // (line, error)
        let cases = [
            ("EHLO mx.bücher.test", Some(CommandError::Arguments)),
            (long.as_str(), Some(CommandError::Arguments)),
            (&long[..long.len() - 1], None),
            ("MAIL FROM:<\"a\\\">b\"@home.test>", None),
            (
                "RCPT TO:<\"a\\\"b\"@other.test> NOTIFY=NEVER \"@example.test>",
                Some(CommandError::Parameter),
            ),
        ];
        for (line, want) in cases {
            assert_eq!(Command::parse(line.as_bytes()).err(), want, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Command::parse(&bytes);
        }

        #[test]
        fn any_parameters_are_read_without_panic(text in "\\PC{0,60}") {
            let _ = Command::parse(format!("MAIL FROM:<{text}").as_bytes());
            let _ = Command::parse(format!("RCPT TO:<a@b.test> {text}").as_bytes());
        }
    }
}
