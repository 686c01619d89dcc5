//! Why a session failed, in the words of RFC 8460 §4.3.

use std::fmt;
use std::net::IpAddr;

/// A result type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ResultType {
    /// The host has no STARTTLS, or refused it.
    StarttlsNotSupported,
    /// The certificate is another host's.
    CertificateHostMismatch,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate leads to nobody who is trusted.
    CertificateNotTrusted,
    /// Something else.
    ValidationFailure,
    /// No TLSA record is valid for what the host showed.
    TlsaInvalid,
    /// The DNS answer could not be validated.
    DnssecInvalid,
    /// DANE is mandatory here, and there are no TLSA records.
    DaneRequired,
    /// The STS policy could not be fetched.
    StsPolicyFetchError,
    /// The STS policy is none.
    StsPolicyInvalid,
    /// The policy host could not be authenticated.
    StsWebpkiInvalid,
}

impl ResultType {
    /// Every one, in the order of RFC 8460 §4.3.
    pub(crate) const ALL: [Self; 11] = [
        Self::StarttlsNotSupported,
        Self::CertificateHostMismatch,
        Self::CertificateExpired,
        Self::CertificateNotTrusted,
        Self::ValidationFailure,
        Self::TlsaInvalid,
        Self::DnssecInvalid,
        Self::DaneRequired,
        Self::StsPolicyFetchError,
        Self::StsPolicyInvalid,
        Self::StsWebpkiInvalid,
    ];

    /// As reports spell it.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::StarttlsNotSupported => "starttls-not-supported",
            Self::CertificateHostMismatch => "certificate-host-mismatch",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::ValidationFailure => "validation-failure",
            Self::TlsaInvalid => "tlsa-invalid",
            Self::DnssecInvalid => "dnssec-invalid",
            Self::DaneRequired => "dane-required",
            Self::StsPolicyFetchError => "sts-policy-fetch-error",
            Self::StsPolicyInvalid => "sts-policy-invalid",
            Self::StsWebpkiInvalid => "sts-webpki-invalid",
        }
    }

    /// Reads what `word` writes.
    #[must_use]
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

impl fmt::Display for ResultType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// The most characters of a text that another host chose.
const TEXT_LIMIT: usize = 255;

/// Where and why sessions failed; those that are alike in all of it are counted together (RFC 8460 §4.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Failure {
    /// What kind of failure it was.
    pub(crate) result: ResultType,
    /// From where the session came; none: not known.
    pub(crate) sending_ip: Option<IpAddr>,
    /// The MX host; none: the failure has to do with none.
    pub(crate) mx_hostname: Option<String>,
    /// What it called itself.
    pub(crate) mx_helo: Option<String>,
    /// Its address.
    pub(crate) receiving_ip: Option<IpAddr>,
    /// More about the failure.
    pub(crate) reason: Option<String>,
}

impl Failure {
    /// A failure that is put down to no host.
    #[must_use]
    pub(crate) fn of(result: ResultType) -> Self {
        Self {
            result,
            sending_ip: None,
            mx_hostname: None,
            mx_helo: None,
            receiving_ip: None,
            reason: None,
        }
    }

    /// The same, with texts that fit into a report: bounded, and without control characters.
    #[must_use]
    pub(super) fn fitted(mut self) -> Self {
        for text in [&mut self.mx_hostname, &mut self.mx_helo, &mut self.reason] {
            *text = text.take().map(|text| fitted(&text));
        }
        self
    }
}

/// A text that another host chose, as a report may have it.
#[must_use]
pub(super) fn fitted(text: &str) -> String {
    let printable = text.chars().filter(|character| !character.is_control());
    printable.take(TEXT_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_type_is_read_as_it_is_written() {
        for result in ResultType::ALL {
            assert_eq!(ResultType::parse(result.word()), Some(result));
        }
        assert_eq!(ResultType::parse("Certificate-Expired"), None);
    }

    #[test]
    fn a_text_of_another_host_is_bounded_and_on_one_line() {
        let mut failure = Failure::of(ResultType::ValidationFailure);
        failure.reason = Some(format!("a\r\nb{}", "ü".repeat(300)));
        let reason = failure.fitted().reason.unwrap();
        assert!(reason.starts_with("abü"));
        assert_eq!(reason.chars().count(), TEXT_LIMIT);
    }
}
