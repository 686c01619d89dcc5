//! Why there is no answer.

use crate::outside::TimeLimit;
use crate::route::LookupFault;
use crate::tls::{ChainFault, NameFault};

/// Why there is no answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum HttpsFault {
    /// The host has no address.
    #[error("the host {0} has no address")]
    NoAddress(String),
    /// The host's addresses could not be looked up.
    #[error("the address of {host} could not be looked up: {fault}")]
    Lookup {
        /// The host.
        host: String,
        /// Why.
        fault: LookupFault,
    },
    /// Nobody answered at any address.
    #[error("the host could not be reached: {0}")]
    Unreachable(String),
    /// The handshake failed.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
    /// The certificate is not trusted.
    #[error("{0}")]
    Chain(ChainFault),
    /// The certificate is another host's.
    #[error("{0}")]
    Name(NameFault),
    /// The target cannot stand in a request.
    #[error("{0:?} cannot be asked for")]
    Target(String),
    /// The body is longer than it may be.
    #[error("the answer is longer than {0} octets")]
    TooLong(usize),
    /// The server broke off, or did not speak HTTP.
    #[error("the exchange broke: {0}")]
    Broken(String),
    /// It took too long.
    #[error(transparent)]
    Late(#[from] TimeLimit),
}
