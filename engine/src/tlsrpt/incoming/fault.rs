//! Why a report that came in is ignored.

use crate::address::DomainName;

use super::part::{PACKED_LIMIT, UNPACKED_LIMIT};

/// Why a report is ignored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncomingFault {
    /// The message says that it is a report, and holds none.
    #[error("no part of it is application/tlsrpt+gzip or application/tlsrpt+json")]
    NoPart,
    /// The transfer encoding is unknown.
    #[error("the transfer encoding {0:?} is unknown")]
    Coding(String),
    /// The part is not what its transfer encoding says.
    #[error("the report is not in {0}")]
    NotInCoding(&'static str),
    /// The part is too long.
    #[error("the report is longer than {PACKED_LIMIT} octets")]
    TooLong,
    /// What was packed is too long.
    #[error("the unpacked report is longer than {UNPACKED_LIMIT} octets")]
    UnpackedTooLong,
    /// It cannot be unpacked.
    #[error("the report cannot be unpacked: {0}")]
    NotPacked(String),
    /// It is not JSON in the schema (RFC 8460 §4.4).
    #[error("the report is not JSON of the agreed form: {0}")]
    Json(#[from] serde_json::Error),
    /// Nobody can be asked about it, and nobody is known to have made it.
    #[error("the contact-info {0:?} is no mail address")]
    Contact(String),
    /// A policy belongs to nobody.
    #[error("the policy-domain {0:?} is no domain name")]
    Domain(String),
    /// A time cannot be read.
    #[error("the {0} {1:?} is no time of RFC 3339, such as \"2026-01-01T00:00:00Z\"")]
    Time(&'static str, String),
    /// It speaks of no time at all.
    #[error("the time of the report ends before it begins")]
    Times,
    /// It is none of our business.
    #[error("the report speaks of no domain of this server")]
    Foreign,
    /// Nothing shows that it comes from who claims to have made it.
    #[error("no signature of {submitter} holds: {told}")]
    Unsigned {
        /// Who claims to have made it.
        submitter: DomainName,
        /// What is wrong with the signature.
        told: String,
    },
}
