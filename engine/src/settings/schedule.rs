//! How long a message waits between two rounds (RFC 5321 §4.5.4.1).

use std::time::Duration;

/// A wait that grows with each round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    first: Duration,
    longest: Duration,
}

impl RetrySchedule {
    /// The first wait, doubled after each round until it is `longest`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest: longest.max(first),
        }
    }

    /// The first wait.
    #[must_use]
    pub fn first(&self) -> Duration {
        self.first
    }

    /// The longest wait.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The wait after so many rounds (from 1).
    #[must_use]
    pub fn wait_after(&self, rounds: u32) -> Duration {
        let doublings = rounds.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

/// Choice: thirty minutes, doubled up to four hours. RFC 5321 §4.5.4.1 wants at least thirty minutes at first and leaves
/// the rest open; four hours keep a message of five days within about thirty rounds.
impl Default for RetrySchedule {
    fn default() -> Self {
        Self::new(Duration::from_secs(30 * 60), Duration::from_secs(4 * 3_600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_at_thirty_minutes_and_grow_to_four_hours() {
        let schedule = RetrySchedule::default();
        let minutes: Vec<u64> = [1, 2, 3, 4, 5, 60, u32::MAX]
            .map(|rounds| schedule.wait_after(rounds).as_secs() / 60)
            .into();
        assert_eq!(minutes, [30, 60, 120, 240, 240, 240, 240]);
    }
}
