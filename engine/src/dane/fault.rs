//! How a host fails its TLSA records, and why it is not even tried.

use crate::address::DomainName;
use crate::route::LookupFault;
use crate::tls::ChainFault;

/// Why a host must not be used now, whatever it would show (RFC 7672 §2.1.2, §6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DaneFault {
    /// What is needed to know its TLSA records could not be looked up.
    #[error("the TLSA records at {0} could not be looked up: {1}")]
    Lookup(String, LookupFault),
    /// It has no secure TLSA records, and DANE is mandatory.
    #[error("DANE is mandatory, and {0} has no secure TLSA records")]
    Missing(DomainName),
    /// None of its TLSA records is usable, and DANE is mandatory.
    #[error("DANE is mandatory, and no TLSA record of {0} is usable")]
    Unusable(DomainName),
}

impl DaneFault {
    /// The failure type (RFC 8460 §4.3); none for trouble that only passes by.
    #[must_use]
    pub(crate) fn failure_type(&self) -> Option<&'static str> {
        match self {
            // A validating resolver answers so what it finds bogus, and cannot say more (RFC 4035 §5.5).
            Self::Lookup(
                _,
                LookupFault::Refused(_) | LookupFault::Bogus | LookupFault::Indeterminate,
            ) => Some("dnssec-invalid"),
            Self::Lookup(..) => None,
            Self::Missing(_) => Some("dane-required"),
            Self::Unusable(_) => Some("tlsa-invalid"),
        }
    }

    /// The enhanced status code: a directory that cannot be reached, or security that is not to be had (RFC 3463 §3.5, §3.8).
    #[must_use]
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::Lookup(..) => "4.4.3",
            Self::Missing(_) | Self::Unusable(_) => "4.7.5",
        }
    }
}

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
