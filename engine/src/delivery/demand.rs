//! What one host must show to get a message: what rules and routes ask, what the message asks, and what the recipient's
//! domain has published.
//!
//! Each of them has its demander, who decides what becomes of mail that no host satisfies (see `disposition`).

use crate::address::DomainName;
use crate::dane::Asked;
use crate::obligation::Obligation;
use crate::sts::{Mode, Policy, Standing};
use crate::tls::PeerName;

use super::decision::Violation;

/// Who demands something of a host. The first in order is told where several are not satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Demander {
    /// A compliance rule or a route of the own administrator.
    Rule,
    /// The message itself (RFC 8689 §2).
    RequireTls,
    /// TLSA records (RFC 7672 §2.2).
    Dane,
    /// An MTA-STS policy in enforce mode (RFC 8461 §5).
    Sts,
}

impl Demander {
    /// Whether a demand that no host satisfies returns the message at once, instead of keeping it for another round.
    #[must_use]
    pub(crate) fn bounces(self) -> bool {
        matches!(self, Self::Rule | Self::RequireTls)
    }
}

/// What the MTA-STS policy in force asks of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StsDemand {
    /// Nothing: no policy, or one that is not enforced.
    #[default]
    Nothing,
    /// A host that the policy names, with a certificate that is valid for the host (RFC 8461 §4.1, §4.2).
    Enforce {
        /// Whether the policy names this host.
        names_host: bool,
    },
}

impl StsDemand {
    /// What a policy asks of a host. One in testing mode asks nothing: what it would ask is counted for the report.
    #[must_use]
    pub(crate) fn of(policy: &Policy, host: &DomainName) -> Self {
        match policy.mode() {
            Mode::Enforce => Self::Enforce {
                names_host: policy.names(host),
            },
            Mode::Testing | Mode::None => Self::Nothing,
        }
    }

    /// What a host must show whose next hop stands so with MTA-STS, and whose TLSA records ask this.
    ///
    /// A policy names hosts, so it asks nothing of one without a name; and where TLSA records authenticate the host, nothing at
    /// all (see `decision`).
    #[must_use]
    pub(crate) fn in_view_of(standing: Option<&Standing>, peer: &PeerName, dane: &Asked) -> Self {
        match (peer, standing.and_then(Standing::policy)) {
            (PeerName::Host(host), Some(cached)) if !dane.authenticates() => {
                Self::of(&cached.policy, host)
            }
            _ => Self::Nothing,
        }
    }
}

/// What one host must show to get a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Demand {
    /// What rules and routes ask.
    pub(crate) obligation: Obligation,
    /// Whether the message has REQUIRETLS (RFC 8689 §4.2.1).
    pub(crate) require_tls: bool,
    /// What TLSA records ask.
    pub(crate) dane: Asked,
    /// What a policy asks.
    pub(crate) sts: StsDemand,
}

impl Demand {
    /// What rules and routes ask, and nobody else anything.
    #[must_use]
    pub(crate) fn of(obligation: Obligation) -> Self {
        Self {
            obligation,
            ..Self::default()
        }
    }

    /// Who demands TLS, the first if several do; none: plaintext will do.
    #[must_use]
    pub(crate) fn tls_demander(&self) -> Option<Demander> {
        if self.obligation.requires_tls() {
            Some(Demander::Rule)
        } else if self.require_tls {
            Some(Demander::RequireTls)
        } else if self.dane.requires_tls() {
            Some(Demander::Dane)
        } else {
            (self.sts != StsDemand::Nothing).then_some(Demander::Sts)
        }
    }

    /// Whether the host has to prove anything of who it is, and so that it owns the key of its certificate.
    #[must_use]
    pub(crate) fn authenticates(&self) -> bool {
        self.obligation.authenticates()
            || self.require_tls
            || self.dane.judges()
            || self.sts != StsDemand::Nothing
    }
}

/// A demand that a host did not satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Who demands it.
    pub(crate) by: Demander,
    /// How the host failed.
    pub(crate) violation: Violation,
}

impl Breach {
    /// The enhanced status code of a notice (RFC 3463 §3.8, RFC 8689 §4.2.1).
    ///
    /// What a policy of the recipient's domain asks may be satisfied later, so it has the class of what may clear up.
    #[must_use]
    pub(crate) fn status(&self) -> &'static str {
        match (self.by, &self.violation) {
            (Demander::Rule, Violation::NotOffered | Violation::Refused(_)) => "5.7.4",
            (Demander::Rule, _) => "5.7.5",
            (Demander::RequireTls, Violation::NoRequireTls) => "5.7.30",
            // Choice: for all else that REQUIRETLS asks the code of a TLS session that could not be set up, which is what a
            // host that cannot be authenticated comes to.
            (Demander::RequireTls, _) => "5.7.10",
            (Demander::Dane | Demander::Sts, Violation::NotOffered | Violation::Refused(_)) => {
                "4.7.4"
            }
            (Demander::Dane | Demander::Sts, _) => "4.7.5",
        }
    }
}
