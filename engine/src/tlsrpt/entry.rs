//! The sessions with one domain on one day, and how far their report has come.

use std::time::{Duration, SystemTime};

use crate::address::DomainName;
use crate::settings::RetrySchedule;

use super::day::Day;
use super::stored;
use super::tally::Tally;

/// How long a report is tried (RFC 8460 §5.5).
const PATIENCE: Duration = Duration::from_secs(86_400);
/// The first and the last second after the end of the day at which a report may go out, as RFC 8460 §4.1 has it.
const DELAY: (u64, u64) = (1, 4 * 3_600);

/// A day with a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// By which domain the mail was routed.
    pub(crate) domain: DomainName,
    /// The day.
    pub(crate) day: Day,
    /// Its sessions.
    pub(crate) tally: Tally,
    /// When the report is to go out, or to be tried again.
    pub(crate) due: SystemTime,
    /// What makes the id of the report its own.
    pub(crate) draw: u64,
    /// The report on its way; none: the day goes on, or nobody has asked yet who wants it.
    pub(crate) sending: Option<Sending>,
}

/// A report on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sending {
    /// When it was tried for the first time.
    pub(crate) since: SystemTime,
    /// How often it was tried in vain.
    pub(crate) rounds: u32,
    /// The URIs that have not taken it yet; none: the record could not be looked up.
    pub(crate) left: Option<Vec<String>>,
}

impl Entry {
    /// A day on which nothing has happened yet. Its report goes out at a time after the end that is drawn, so that not all
    /// reports of the world go out at once.
    #[must_use]
    pub(crate) fn new(domain: DomainName, day: Day, draw: u64) -> Self {
        let (first, last) = DELAY;
        let delay = first + draw % (last - first + 1);
        Self {
            domain,
            day,
            tally: Tally::default(),
            due: day.end() + Duration::from_secs(delay),
            draw,
            sending: None,
        }
    }

    /// The id of its report: no other day, and no other domain, has it.
    #[must_use]
    pub(crate) fn report_id(&self, submitter: &DomainName) -> String {
        let name = stored::name(&self.domain, self.day);
        format!("{name}.{:016x}@{submitter}", self.draw)
    }

    /// The same after an attempt that left these URIs, or did not learn of any; none: it is over.
    #[must_use]
    pub(crate) fn tried(
        mut self,
        left: Option<Vec<String>>,
        now: SystemTime,
        retry: &RetrySchedule,
    ) -> Option<Self> {
        let before = self.sending.take();
        let since = before.as_ref().map_or(now, |sending| sending.since);
        let rounds = before.map_or(0, |sending| sending.rounds).saturating_add(1);
        if left.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let end = since + PATIENCE;
        if now >= end {
            tracing::warn!(domain = %self.domain, day = %self.day, ?left, "a report was not taken within a day, and is given up");
            return None;
        }
        self.due = end.min(now + retry.wait_after(rounds));
        self.sending = Some(Sending {
            since,
            rounds,
            left,
        });
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(draw: u64) -> Entry {
        let domain = DomainName::parse("example.test").unwrap();
        Entry::new(domain, Day::numbered(20_000).unwrap(), draw)
    }

    #[test]
    fn a_report_goes_out_within_four_hours_after_its_day_and_not_all_at_once() {
        let delays: std::collections::BTreeSet<Duration> = (0..100)
            .map(|draw| {
                let entry = entry(draw * 1_000_003);
                entry.due.duration_since(entry.day.end()).unwrap()
            })
            .collect();
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        assert!(delays.first() >= Some(&Duration::from_secs(1)));
        assert!(delays.last() <= Some(&hours(4)) && delays.last() > Some(&hours(3)));
        assert!(delays.len() > 90, "{}", delays.len());
    }

    #[test]
    fn a_report_that_is_not_taken_is_tried_for_a_day_with_growing_pauses() {
        let retry = RetrySchedule::default();
        let mut waits = Vec::new();
        let mut entry = entry(7);
        let begun = entry.due;
        let left = || Some(vec!["https://r.test/".to_owned()]);
        loop {
            let now = entry.due;
            let Some(next) = entry.tried(left(), now, &retry) else {
                assert_eq!(now, begun + PATIENCE);
                break;
            };
            waits.push(next.due.duration_since(now).unwrap().as_secs() / 60);
            entry = next;
        }
        assert_eq!(waits, [30, 60, 120, 240, 240, 240, 240, 240, 30]);
    }

    #[test]
    fn a_report_that_all_have_taken_is_over() {
        let entry = entry(7);
        let now = entry.due;
        assert_eq!(
            entry.tried(Some(Vec::new()), now, &RetrySchedule::default()),
            None
        );
    }
}
