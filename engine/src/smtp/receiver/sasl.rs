//! Credentials, as the mechanisms of AUTH carry them, and their comparison with the accounts.

use std::fmt;
use std::hint::black_box;

use crate::settings::Account;

/// A name and a password.
#[derive(PartialEq, Eq)]
pub(super) struct Credentials {
    /// The name.
    pub(super) user: String,
    password: Vec<u8>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// A name, which is text, and a password.
    pub(super) fn new(user: Vec<u8>, password: Vec<u8>) -> Option<Self> {
        let user = String::from_utf8(user).ok()?;
        Some(Self { user, password })
    }

    /// The message of PLAIN (RFC 4616 §2): whom to act as, who it is, and the password. Nobody acts as somebody else here.
    pub(super) fn of_plain(message: &[u8]) -> Option<Self> {
        let mut parts = message.split(|byte| *byte == 0);
        let (act_as, user, password) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && !user.is_empty();
        let is_oneself = act_as.is_empty() || act_as == user;
        if !is_whole || !is_oneself {
            return None;
        }
        Self::new(user.to_vec(), password.to_vec())
    }

    /// Whether they are those of an account. How long this takes depends on what was given and not on how much of it is
    /// right.
    pub(super) fn fit_one_of(&self, accounts: &[Account]) -> bool {
        accounts.iter().fold(false, |fits, account| {
            let user = is_same(self.user.as_bytes(), account.user.as_bytes());
            let password = is_same(&self.password, account.password.as_bytes());
            fits | (user & password)
        })
    }
}

fn is_same(given: &[u8], known: &[u8]) -> bool {
    let mut difference = given.len() ^ known.len();
    for (at, byte) in given.iter().enumerate() {
        let other = known.get(at % known.len().max(1)).copied().unwrap_or(0);
        difference |= usize::from(byte ^ other);
    }
    black_box(difference) == 0
}

/// Reads base64 (RFC 4648 §4), padded, in one line.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let digits = &text[..text.len() - padding];
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut held) = (0_u32, 0);
    for digit in digits {
        bits = bits << 6 | u32::from(value(*digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left over is no octet, and must be nothing.
    (bits == 0).then_some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_name_and_password_of_one_account_fit() {
        let account = |user: &str, password: &str| Account {
            user: user.into(),
            password: password.into(),
        };
        let accounts = [
            account("anna", "one"),
            account("berta", "two"),
            account("", ""),
        ];
        // (message of PLAIN, is it an account?)
        let cases: [(&[u8], bool); 10] = [
            (b"\0anna\0one", true),
            (b"anna\0anna\0one", true),
            (b"\0berta\0two", true),
            (b"\0anna\0two", false),
            (b"\0anna\0on", false),
            (b"\0anna\0oneone", false),
            (b"\0anna\0", false),
            (b"berta\0anna\0one", false),
            (b"\0anna\0one\0", false),
            (b"anna\0one", false),
        ];
        for (message, want) in cases {
            let fits = Credentials::of_plain(message)
                .is_some_and(|credentials| credentials.fit_one_of(&accounts));
            assert_eq!(fits, want, "{message:?}");
        }
        let secret = Credentials::of_plain(b"\0anna\0one").unwrap();
        assert!(!format!("{secret:?}").contains("one"));
    }

    #[test]
    fn base64_is_read_padded_and_nothing_else() {
        // (text, bytes)
        let cases: [(&[u8], Option<&[u8]>); 9] = [
            (b"", Some(b"")),
            (b"AGFubmEAb25l", Some(b"\0anna\0one")),
            (b"Zg==", Some(b"f")),
            (b"Zm8=", Some(b"fo")),
            (b"Zm9v", Some(b"foo")),
            (b"Zg", None),
            (b"Zh==", None),
            (b"Z===", None),
            (b"Zm9v=m9v", None),
        ];
        for (text, want) in cases {
            assert_eq!(decoded(text).as_deref(), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decoded(&bytes);
            let _ = Credentials::of_plain(&bytes);
        }
    }
}
