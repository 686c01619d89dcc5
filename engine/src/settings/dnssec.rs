//! Whose word on DNSSEC counts, and what DANE is to mean for mail to a domain.

use std::str::FromStr;

use hickory_proto::dnssec::TrustAnchors;

/// Where the state of a DNS answer is learnt from (RFC 7672 §2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dnssec {
    /// From the AD bit of a resolver on this machine; of another one it is not believed.
    #[default]
    TrustResolver,
    /// From nowhere: no answer is secure.
    Off,
    /// From the signatures, checked here.
    Validate(DnsAnchors),
}

impl Dnssec {
    /// Its word in settings.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::TrustResolver => "trust-resolver",
            Self::Off => "off",
            Self::Validate(_) => "validate",
        }
    }
}

/// The keys at which own validation begins (RFC 4033 §2): DNSKEY records of the root in the form of zone files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsAnchors(Vec<String>);

/// A text is no key to begin at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no DNSKEY record of the root")]
pub struct DnsAnchorError(String);

impl DnsAnchors {
    /// The keys of the root of the Internet.
    #[must_use]
    pub fn of_the_root() -> Self {
        Self(Vec::new())
    }

    /// Reads records such as `. IN DNSKEY 257 3 13 BASE64`. Without any the keys are those of the root of the Internet.
    ///
    /// # Errors
    /// `DnsAnchorError` for the first that is none.
    pub fn parse<'t>(records: impl IntoIterator<Item = &'t str>) -> Result<Self, DnsAnchorError> {
        let records = records.into_iter().map(|record| {
            let record = record.trim();
            match TrustAnchors::from_str(record) {
                Ok(anchors) if anchors.len() == 1 => Ok(record.to_owned()),
                _ => Err(DnsAnchorError(record.to_owned())),
            }
        });
        records.collect::<Result<_, _>>().map(Self)
    }

    /// The records as they were read; none: the keys of the root of the Internet.
    #[must_use]
    pub fn records(&self) -> &[String] {
        &self.0
    }

    /// The keys.
    pub(crate) fn keys(&self) -> TrustAnchors {
        if self.0.is_empty() {
            return TrustAnchors::default();
        }
        let text = self.0.join("\n");
        TrustAnchors::from_str(&text).expect("each record was read when it was taken")
    }
}

/// What DANE is to mean for mail to a domain; where nothing is said, what the domain has published holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DaneUse {
    /// Mail waits as long as no host authenticates itself by usable TLSA records (RFC 7672 §6).
    Mandatory,
    /// Records are looked up and hosts judged by them, and mail passes all the same (RFC 7672 §9.1).
    AuditOnly,
    /// No records are looked up.
    Off,
}

impl DaneUse {
    /// Every use.
    pub const ALL: [Self; 3] = [Self::Mandatory, Self::AuditOnly, Self::Off];

    /// Its word in settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::AuditOnly => "audit-only",
            Self::Off => "off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = ". IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";

    #[test]
    fn keys_are_those_of_the_root() {
        let keys = |records: &[&str]| DnsAnchors::parse(records.iter().copied());
        assert_eq!(keys(&[KEY]).unwrap().keys().len(), 1);
        assert_eq!(keys(&[]), Ok(DnsAnchors::of_the_root()));
        assert!(!DnsAnchors::of_the_root().keys().is_empty());
        let elsewhere = KEY.replace(". IN", "example.test. IN");
        for wrong in [
            "",
            "key",
            ". IN DS 1 8 2 00",
            ". IN DNSKEY 257 3 15 ?",
            &elsewhere,
        ] {
            assert_eq!(keys(&[KEY, wrong]), Err(DnsAnchorError(wrong.to_owned())));
        }
    }
}
