//! Why a signature proves nothing (RFC 6376 §3.9, §6.1).

use crate::address::DomainName;
use crate::route::LookupFault;

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    /// The field cannot be read.
    #[error("the signature cannot be read: {0}")]
    Signature(&'static str),
    /// Nobody may sign so any more (RFC 8301 §3.1).
    #[error("the algorithm {0:?} is not accepted")]
    Algorithm(String),
    /// It was made in the future.
    #[error("the signature is dated in the future")]
    Future,
    /// Its time is over.
    #[error("the signature has expired")]
    Expired,
    /// A From field is not signed (RFC 6376 §5.4).
    #[error("the signature does not cover each From field")]
    FromNotSigned,
    /// The body goes on behind what was signed.
    #[error("the signature covers only the first {0} octets of the body")]
    LengthLimited(usize),
    /// The body is not the one that was signed.
    #[error("the body was changed after it was signed")]
    BodyChanged,
    /// The signature does not fit header and key.
    #[error("the signature does not fit the header")]
    Mismatch,
    /// The key cannot be looked up; it may be possible later.
    #[error("the key of {domain} cannot be looked up")]
    Lookup {
        /// Whose key.
        domain: DomainName,
        /// What the resolver says.
        #[source]
        source: LookupFault,
    },
    /// There is no key under the name.
    #[error("there is no key record")]
    NoKey,
    /// The key record cannot be read.
    #[error("the key record cannot be read: {0}")]
    Key(&'static str),
    /// The key was withdrawn.
    #[error("the key was revoked")]
    Revoked,
    /// The key is for something else.
    #[error("the key is not meant for this: {0}")]
    OtherUse(&'static str),
    /// The key is too short to prove anything (RFC 8301 §3.2).
    #[error("the RSA key is shorter than 1024 bits")]
    ShortKey,
    /// The signer is still trying it out (RFC 6376 §3.6.1).
    #[error("the signer is only testing DKIM")]
    Testing,
}

impl Fault {
    /// Whether it may clear up by itself.
    #[must_use]
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Lookup { .. })
    }
}
