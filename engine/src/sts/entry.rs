//! What is known of the policy of one domain: a table of plain functions over what was published, what was fetched and when.
//!
//! | the record says | in the cache | what is done |
//! |---|---|---|
//! | an id | a policy of that id that holds | nothing |
//! | an id | another one, or none that holds | the policy is fetched, unless that has just failed for this id |
//! | nothing, or cannot be had | anything | nothing |
//!
//! Whatever fails, a policy holds until its `max_age` is over (RFC 8461 §3.3, §5.1).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::address::DomainName;

use super::cached::{Cached, PAUSE};
use super::listing::HeldPolicy;
use super::policy::Policy;
use super::record::PolicyId;
use super::source::FetchFault;

/// How long a policy is fetched anew although no mail asks for it.
///
/// Choice: half a year. RFC 8461 §3.3 wants policies refreshed before they expire and names no end; a domain to which nobody has
/// written for so long is asked again when somebody does, and the policy holds until it expires all the same.
const UNUSED_LIMIT: Duration = Duration::from_secs(180 * 86_400);

/// A fetch that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The id that it was made for.
    pub(crate) id: PolicyId,
    /// When.
    pub(crate) at: SystemTime,
    /// Why.
    pub(crate) fault: FetchFault,
    /// How many failed since the last that did not.
    pub(crate) count: u32,
}

/// What is known of one domain.
#[derive(Debug, Default)]
pub(super) struct Entry {
    cached: Option<Arc<Cached>>,
    failure: Option<Arc<Failure>>,
    used: Option<SystemTime>,
}

impl Entry {
    /// One with a policy that was fetched before.
    pub(super) fn of(cached: Cached, now: SystemTime) -> Self {
        Self {
            cached: Some(Arc::new(cached)),
            failure: None,
            used: Some(now),
        }
    }

    /// The policy that holds now.
    pub(super) fn in_force(&self, now: SystemTime) -> Option<&Arc<Cached>> {
        self.cached
            .as_ref()
            .filter(|cached| cached.is_in_force(now))
    }

    /// The policy that holds now, as people see it.
    pub(super) fn told(&self, domain: &DomainName, now: SystemTime) -> Option<HeldPolicy> {
        let cached = self.in_force(now)?;
        // A domain that says it has no policy any more may take everything away (RFC 8461 §8.3).
        let failure = self.failure.as_ref().filter(|_| cached.binds());
        Some(HeldPolicy {
            domain: domain.clone(),
            id: cached.id.clone(),
            mode: cached.policy.mode(),
            fetched: cached.fetched,
            expires: cached.expiry(),
            failed_refreshes: failure.map_or(0, |failure| failure.count),
            trouble: failure.map(|failure| failure.fault.to_string()),
        })
    }

    /// The last fetch, if it failed.
    pub(super) fn failure(&self) -> Option<&Arc<Failure>> {
        self.failure.as_ref()
    }

    /// Mail has asked for the policy. Says whether it is refreshed again that was left to expire.
    pub(super) fn note_use(&mut self, now: SystemTime) -> bool {
        let was_left = self.refresh_due(now).is_none();
        self.used = Some(now);
        was_left && self.refresh_due(now).is_some()
    }

    /// Whether the policy is to be fetched, now that the record has this id. Ids are compared for equality alone.
    pub(super) fn wants_fetch(&self, id: &PolicyId, now: SystemTime) -> bool {
        let is_known = self.in_force(now).is_some_and(|cached| cached.id == *id);
        let has_just_failed = self
            .failure
            .as_ref()
            .is_some_and(|failure| failure.id == *id && now < failure.at + PAUSE);
        !is_known && !has_just_failed
    }

    /// A policy was fetched: it takes the place of any other.
    pub(super) fn note_success(
        &mut self,
        id: PolicyId,
        policy: Policy,
        now: SystemTime,
    ) -> Arc<Cached> {
        let cached = Arc::new(Cached {
            id,
            policy,
            fetched: now,
        });
        self.cached = Some(Arc::clone(&cached));
        self.failure = None;
        cached
    }

    /// A fetch failed: what is there stays.
    pub(super) fn note_failure(
        &mut self,
        id: PolicyId,
        fault: FetchFault,
        now: SystemTime,
    ) -> Arc<Failure> {
        let before = self.failure.as_ref().map_or(0, |failure| failure.count);
        let failure = Arc::new(Failure {
            id,
            at: now,
            fault,
            count: before.saturating_add(1),
        });
        self.failure = Some(Arc::clone(&failure));
        failure
    }

    /// When the policy is to be fetched anew although no mail asks for it; none: it is left to expire.
    ///
    /// Choice: after a fetch that failed the next comes four times as soon, and not within five minutes.
    pub(super) fn refresh_due(&self, now: SystemTime) -> Option<SystemTime> {
        let cached = self.in_force(now)?;
        let after = cached.refreshed_after();
        let due = match &self.failure {
            None => cached.fetched + after,
            Some(failure) => failure.at + (after / 4).max(PAUSE),
        };
        let is_used = self.used.is_some_and(|used| due <= used + UNUSED_LIMIT);
        (is_used && cached.is_in_force(due)).then_some(due)
    }

    /// Whether nothing is known any more that matters.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        let is_resting = self
            .failure
            .as_ref()
            .is_some_and(|failure| now < failure.at + PAUSE);
        self.in_force(now).is_none() && !is_resting
    }

    /// Octets of policy that are kept.
    pub(super) fn octets(&self) -> usize {
        self.cached
            .as_ref()
            .map_or(0, |cached| cached.policy.text().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(86_400);

    fn beginning() -> SystemTime {
        SystemTime::UNIX_EPOCH + 20_000 * DAY
    }

    fn id(text: &str) -> PolicyId {
        PolicyId::parse(text).unwrap()
    }

    fn policy(max_age: u64) -> Policy {
        let text = format!("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: {max_age}\n");
        Policy::parse(text.as_bytes()).unwrap()
    }

    /// An entry with a policy of the id `1` that lasts a week.
    fn entry() -> Entry {
        let mut entry = Entry::default();
        entry.note_use(beginning());
        entry.note_success(id("1"), policy(604_800), beginning());
        entry
    }

    #[test]
    fn only_another_id_or_an_expired_policy_is_fetched() {
        // (id in the record, days since the fetch, is it fetched?)
        let cases = [
            ("1", 0, false),
            ("1", 7, false),
            ("1", 8, true),
            ("2", 0, true),
            ("0", 0, true),
        ];
        for (text, days, want) in cases {
            let now = beginning() + days * DAY;
            assert_eq!(entry().wants_fetch(&id(text), now), want, "{text} {days}");
        }
        assert!(Entry::default().wants_fetch(&id("1"), beginning()));
    }

    #[test]
    fn a_failed_fetch_rests_five_minutes_for_its_id_and_takes_nothing_away() {
        let mut entry = entry();
        let failed_at = beginning() + DAY;
        entry.note_failure(id("2"), FetchFault::Status(404), failed_at);
        // (id in the record, time since the failure, is it fetched?)
        let cases = [
            ("2", Duration::ZERO, false),
            ("2", 5 * MINUTE - Duration::from_secs(1), false),
            ("2", 5 * MINUTE, true),
            ("3", Duration::ZERO, true),
            ("1", Duration::ZERO, false),
        ];
        for (text, after, want) in cases {
            let now = failed_at + after;
            assert_eq!(
                entry.wants_fetch(&id(text), now),
                want,
                "{text} after {after:?}"
            );
        }
        for days in 1..=7 {
            let holding = entry.in_force(beginning() + days * DAY).unwrap();
            assert_eq!((holding.id.as_str(), holding.fetched), ("1", beginning()));
        }
        assert_eq!(entry.in_force(beginning() + 8 * DAY), None);
    }

    #[test]
    fn a_policy_is_refreshed_for_as_long_as_mail_goes_there() {
        let mut entry = entry();
        let due = |entry: &Entry, days| entry.refresh_due(beginning() + days * DAY);
        assert_eq!(due(&entry, 0), Some(beginning() + DAY));
        assert_eq!(due(&entry, 7), Some(beginning() + DAY));
        assert_eq!(due(&entry, 8), None);
        entry.note_failure(id("1"), FetchFault::Status(500), beginning() + DAY);
        assert_eq!(due(&entry, 1), Some(beginning() + DAY + DAY / 4));
        let later = beginning() + UNUSED_LIMIT;
        entry.note_success(id("1"), policy(604_800), later);
        assert_eq!(due(&entry, 180), None);
        assert!(entry.note_use(later));
        assert!(!entry.note_use(later));
        assert_eq!(due(&entry, 180), Some(later + DAY));
        // One that expires before is fetched when mail asks for it.
        entry.note_success(id("1"), policy(299), later);
        assert_eq!(due(&entry, 180), None);
    }
}
