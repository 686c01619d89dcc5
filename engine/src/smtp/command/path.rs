//! What stands between the angle brackets of MAIL and RCPT, and the words behind it (RFC 5321 §4.1.2).

use crate::address::{MailDomain, Mailbox};

use super::verb::CommandError;

/// What stands between the angle brackets of RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// A mailbox.
    Mailbox(Mailbox),
    /// `<Postmaster>`, the one recipient without a domain (RFC 5321 §4.1.1.3).
    Postmaster,
}

/// Words behind a path: a name in upper case, and a value if there is one.
pub(super) type Words<'l> = Vec<(String, Option<&'l str>)>;

/// The text between the angle brackets behind `FROM:` or `TO:`, and the parameters behind it.
pub(super) fn path<'l>(rest: &'l str, keyword: &str) -> Result<(&'l str, Words<'l>), CommandError> {
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

/// A mailbox, without the hosts that an old sender may name before it: a route through them is read and passed over
/// (RFC 5321 §4.1.1.3, §C).
pub(super) fn mailbox(path: &str) -> Result<Mailbox, CommandError> {
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
