//! Commands, by their first word (RFC 5321 §4.1.1).

use std::fmt;

use super::parameters::{MailParameters, RcptParameters, mail, rcpt};

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

/// Credentials, in base64. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
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
