//! Under which policy a session was judged, as reports tell it (RFC 8460 §4.4, §4.5).

use crate::address::DomainName;

use super::failure::fitted;

/// The most lines of a policy that a report repeats.
const LINE_LIMIT: usize = 100;

/// The kind of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PolicyType {
    /// TLSA records of an MX host.
    Tlsa,
    /// An STS policy of a domain.
    Sts,
    /// Neither.
    NoPolicyFound,
}

impl PolicyType {
    /// Every one.
    pub(crate) const ALL: [Self; 3] = [Self::Tlsa, Self::Sts, Self::NoPolicyFound];

    /// As reports spell it.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tlsa => "tlsa",
            Self::Sts => "sts",
            Self::NoPolicyFound => "no-policy-found",
        }
    }

    /// Reads what `word` writes.
    #[must_use]
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// A policy as it was published, faults and all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Policy {
    kind: PolicyType,
    domain: DomainName,
    lines: Vec<String>,
    mx: Vec<String>,
}

impl Policy {
    /// No policy of this domain was found.
    #[must_use]
    pub(crate) fn none(domain: DomainName) -> Self {
        Self::new(PolicyType::NoPolicyFound, domain, [], [])
    }

    /// The STS policy of a domain: its lines, and the patterns that were read from them. Without lines it could not be had.
    #[must_use]
    pub(crate) fn sts<'t>(
        domain: DomainName,
        lines: impl IntoIterator<Item = &'t str>,
        mx: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::new(PolicyType::Sts, domain, lines.into_iter().map(fitted), mx)
    }

    /// TLSA records of a TLSA base domain, each as its four fields with a blank between them.
    #[must_use]
    pub(crate) fn tlsa(base: DomainName, records: impl IntoIterator<Item = String>) -> Self {
        Self::new(PolicyType::Tlsa, base, records, [])
    }

    /// A policy as it was kept.
    #[must_use]
    pub(super) fn new(
        kind: PolicyType,
        domain: DomainName,
        lines: impl IntoIterator<Item = String>,
        mx: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            kind,
            domain,
            lines: lines.into_iter().take(LINE_LIMIT).collect(),
            mx: mx.into_iter().take(LINE_LIMIT).collect(),
        }
    }

    /// Its kind.
    #[must_use]
    pub(crate) fn kind(&self) -> PolicyType {
        self.kind
    }

    /// Whose it is.
    #[must_use]
    pub(crate) fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// What it says, line by line.
    #[must_use]
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Which hosts it names.
    #[must_use]
    pub(crate) fn mx(&self) -> &[String] {
        &self.mx
    }
}
