//! What a case makes of the looks at the queue while it waits for the relay.

use std::time::{Duration, Instant};

/// So many looks in a row must show nothing of a case. One look reads one folder of a queue after the other, and misses what is
/// moved meanwhile from one that was not yet read to one that was; a relay with much to do moves much.
const EMPTY_LOOKS: usize = 4;

/// How long after the first sign of an attempt the attempt is over.
const ATTEMPT: Duration = Duration::from_secs(1);

/// What is done about what has been tried and still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// So long after it was handed over it is told as kept.
    Told(Duration),
    /// It is taken out of the queue.
    Removed,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The next look.
    Wait,
    /// What waits is told as kept.
    Tell,
    /// What waits is taken out of the queue.
    Remove,
    /// Nothing: the relay has nothing more to do.
    Rest,
}

/// The looks from one moment on.
pub(super) struct Watch {
    since: Instant,
    leftovers: Leftovers,
    /// When the last look that counted began.
    last: Instant,
    /// When what is tried has been tried; none: nobody saw an attempt.
    tried: Option<Instant>,
    /// How many looks in a row showed nothing.
    empty: usize,
}

impl Watch {
    /// Messages were handed over until this moment.
    pub(super) fn new(since: Instant, leftovers: Leftovers) -> Self {
        Self {
            since,
            leftovers,
            last: since,
            tried: None,
            empty: 0,
        }
    }

    /// A look that began then shows that something of the case waits, or that nothing does. `is_tried`: what was handed over
    /// was seen to be on its way, by now.
    pub(super) fn look(
        &mut self,
        began: Instant,
        waits: bool,
        now: Instant,
        is_tried: impl FnOnce() -> bool,
    ) -> Next {
        // What began before the last message went in shows nothing, and the same look shows nothing new.
        if began <= self.last {
            return Next::Wait;
        }
        self.last = began;
        // A relay with much to do comes late to the first attempt, and what it has not tried it does not keep.
        if self.tried.is_none() && is_tried() {
            self.tried = Some(now + ATTEMPT);
        }
        self.empty = if waits { 0 } else { self.empty + 1 };
        if self.empty >= EMPTY_LOOKS {
            return Next::Rest;
        }
        let was_tried = self.tried.is_some_and(|tried| began >= tried);
        match self.leftovers {
            _ if !waits || !was_tried => Next::Wait,
            Leftovers::Told(after) if began.duration_since(self.since) < after => Next::Wait,
            Leftovers::Told(_) => Next::Tell,
            Leftovers::Removed => {
                // It stays if it is being tried again.
                self.tried = Some(now + ATTEMPT);
                Next::Remove
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What follows from looks, each with: when it began, in half seconds; whether something waits; whether it was tried.
    fn follows(leftovers: Leftovers, looks: &[(i32, bool, bool)]) -> Vec<Next> {
        let since = Instant::now() + Duration::from_secs(60);
        let mut watch = Watch::new(since, leftovers);
        let at = |halves: i32| match u32::try_from(halves) {
            Ok(later) => since + Duration::from_millis(500) * later,
            Err(_) => since - Duration::from_millis(500) * halves.unsigned_abs(),
        };
        let looks = looks.iter().map(|(began, waits, is_tried)| {
            let began = at(*began);
            watch.look(began, *waits, began, || *is_tried)
        });
        looks.collect()
    }

    #[test]
    fn four_looks_in_a_row_that_show_nothing_are_rest() {
        use Next::{Rest, Wait};
        let told = Leftovers::Told(Duration::from_secs(2));
        let nothing = |began| (began, false, false);
        let looks: Vec<_> = (1..=4).map(nothing).collect();
        assert_eq!(follows(told, &looks), [Wait, Wait, Wait, Rest]);
        let want = [Wait, Wait, Wait, Rest];
        assert_eq!(follows(Leftovers::Removed, &looks), want);
        // One that began before, and one that was seen already, show nothing.
        let looks = [-1, 0, 1, 1, 2, 3, 4].map(nothing);
        let want = [Wait, Wait, Wait, Wait, Wait, Wait, Rest];
        assert_eq!(follows(told, &looks), want);
        // Something waits in between.
        let mut looks: Vec<_> = (1..=7).map(nothing).collect();
        looks[2].1 = true;
        let want = [Wait, Wait, Wait, Wait, Wait, Wait, Rest];
        assert_eq!(follows(told, &looks), want);
    }

    #[test]
    fn what_waits_is_told_or_removed_when_it_was_tried_and_the_attempt_is_over() {
        use Next::{Remove, Tell, Wait};
        // Seen to be tried at half a second; the attempt is over a second later; kept is what waits after two. What stays although
        // it was to be removed is being tried again.
        let looks = [
            (1, true, true),
            (2, true, true),
            (3, true, true),
            (4, true, true),
            (5, true, true),
        ];
        let told = Leftovers::Told(Duration::from_secs(2));
        assert_eq!(follows(told, &looks), [Wait, Wait, Wait, Tell, Tell]);
        let want = [Wait, Wait, Remove, Wait, Remove];
        assert_eq!(follows(Leftovers::Removed, &looks), want);
        let never_tried = looks.map(|(began, waits, _)| (began, waits, false));
        for leftovers in [told, Leftovers::Removed] {
            assert_eq!(follows(leftovers, &never_tried), [Wait; 5]);
        }
        // What has gone meanwhile is neither kept nor removed.
        let without = |look: usize| {
            let mut gone = looks;
            gone[look].1 = false;
            gone
        };
        assert_eq!(follows(told, &without(3)), [Wait, Wait, Wait, Wait, Tell]);
        let want = [Wait, Wait, Wait, Remove, Wait];
        assert_eq!(follows(Leftovers::Removed, &without(2)), want);
    }
}
