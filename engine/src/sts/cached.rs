//! A policy that was fetched, and how long it holds (RFC 8461 §3.2, §3.3).

use std::time::{Duration, SystemTime};

use super::policy::{Mode, Policy};
use super::record::PolicyId;

/// How often a policy is fetched anew at most, and how long a failed fetch is not tried again (RFC 8461 §3.3).
pub(super) const PAUSE: Duration = Duration::from_secs(5 * 60);
/// How often it is fetched anew at least, as RFC 8461 §3.3 suggests.
const DAY: Duration = Duration::from_secs(86_400);

/// A policy with the id it was published under and the moment it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cached {
    /// The id in the STS record.
    pub(crate) id: PolicyId,
    /// The policy.
    pub(crate) policy: Policy,
    /// When it was fetched.
    pub(crate) fetched: SystemTime,
}

impl Cached {
    /// The last moment at which it holds: `max_age` after it was fetched, whatever became of later fetches.
    #[must_use]
    pub(crate) fn expiry(&self) -> SystemTime {
        self.fetched + self.policy.max_age()
    }

    /// Whether it holds. One that came in the future does: a clock that was set back ends no policy.
    #[must_use]
    pub(crate) fn is_in_force(&self, now: SystemTime) -> bool {
        now <= self.expiry()
    }

    /// Whether it asks anything of anybody: one of mode `none` is a domain's word that it has no policy (RFC 8461 §5).
    #[must_use]
    pub(crate) fn binds(&self) -> bool {
        self.policy.mode() != Mode::None
    }

    /// How long after a fetch the next one is due, although nothing tells of a newer policy.
    ///
    /// Choice: half of the lifetime, at most a day and at least five minutes. RFC 8461 §10.2 wants it before the policy
    /// expires and so often that an attacker must stand in the way all the time; one that lasts less than five minutes is
    /// fetched when mail asks for it.
    #[must_use]
    pub(super) fn refreshed_after(&self) -> Duration {
        (self.policy.max_age() / 2).clamp(PAUSE, DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached(max_age: u64) -> Cached {
        let text = format!("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: {max_age}\n");
        Cached {
            id: PolicyId::parse("1").unwrap(),
            policy: Policy::parse(text.as_bytes()).unwrap(),
            fetched: SystemTime::UNIX_EPOCH + 100 * DAY,
        }
    }

    #[test]
    fn a_policy_holds_for_its_max_age_and_no_moment_longer() {
        // (max_age, age in seconds, does it hold?)
        let cases = [
            (0, 0, true),
            (0, 1, false),
            (86_400, 86_399, true),
            (86_400, 86_400, true),
            (86_400, 86_401, false),
            (31_557_600, 31_557_600, true),
            (31_557_600, 31_557_601, false),
            (9_999_999_999, 31_557_601, false),
        ];
        for (max_age, age, want) in cases {
            let cached = cached(max_age);
            let now = cached.fetched + Duration::from_secs(age);
            assert_eq!(cached.is_in_force(now), want, "{max_age} after {age}");
        }
        let cached = cached(60);
        assert!(cached.is_in_force(cached.fetched - DAY));
    }

    #[test]
    fn a_policy_is_fetched_anew_before_it_expires() {
        // (max_age, seconds to the next fetch)
        let cases = [
            (0, 300),
            (300, 300),
            (900, 450),
            (86_400, 43_200),
            (604_800, 86_400),
            (31_557_600, 86_400),
        ];
        for (max_age, want) in cases {
            let after = cached(max_age).refreshed_after();
            assert_eq!(after, Duration::from_secs(want), "{max_age}");
        }
    }
}
