//! The DNSSEC states of answers (RFC 4035 §4.3). Ours are never indeterminate.

/// The worse stands first, so that the state of an answer is the least of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Should be signed so that a validator can check it, and is not.
    Bogus,
    /// Not signed, and known not to be.
    Insecure,
    /// Signed, up to the root.
    Secure,
}

impl State {
    /// As events have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bogus => "bogus",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }
}
