//! How a host fails its TLSA records.

use crate::tls::ChainFault;

/// Why a chain does not authenticate a host (RFC 7672 §3.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsaFault {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    Absent,
    /// No record speaks of what was shown.
    #[error("no TLSA record matches the certificate")]
    NoMatch,
    /// A record names a trust anchor, and the chain does not lead to it.
    #[error("the chain does not lead to the trust anchor of the TLSA records: {0}")]
    Chain(ChainFault),
    /// The chain leads to a trust anchor of the records, and the certificate is another host's.
    #[error("the certificate names none of {0}")]
    Name(String),
}

impl TlsaFault {
    /// The failure type (RFC 8460 §4.3).
    ///
    /// Choice: records that do not match are `tlsa-invalid`, "none of the records in the RRset were found to be valid". The same
    /// words can be read of damaged records alone; `validation-failure` would then be left, which says less.
    #[must_use]
    pub(crate) fn failure_type(&self) -> &'static str {
        match self {
            Self::Absent => "validation-failure",
            Self::NoMatch => "tlsa-invalid",
            Self::Chain(ChainFault::Expired) => "certificate-expired",
            Self::Chain(_) => "certificate-not-trusted",
            Self::Name(_) => "certificate-host-mismatch",
        }
    }
}
