//! A day in UTC, of which a report speaks (RFC 8460 §4.1, §4.4).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How long a day is.
const LENGTH: Duration = Duration::from_secs(86_400);
/// The last day that has a year of four digits.
const LAST: u64 = 2_932_896;

/// A day, by its number since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(u64);

impl Day {
    /// The day to which a moment belongs.
    #[must_use]
    pub(crate) fn of(moment: SystemTime) -> Self {
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self((since.as_secs() / LENGTH.as_secs()).min(LAST))
    }

    /// The day with this number since 1970; none: it has no year of four digits.
    #[must_use]
    pub(crate) fn numbered(number: u64) -> Option<Self> {
        (number <= LAST).then_some(Self(number))
    }

    /// Its number since 1970.
    #[must_use]
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// Its first second.
    #[must_use]
    pub(crate) fn begin(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0 * LENGTH.as_secs())
    }

    /// The moment at which it is over.
    #[must_use]
    pub(crate) fn end(self) -> SystemTime {
        self.begin() + LENGTH
    }

    /// Its last second, with which reports end it.
    #[must_use]
    pub(crate) fn last_second(self) -> SystemTime {
        self.end() - Duration::from_secs(1)
    }
}

/// `2026-11-22`.
impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = OffsetDateTime::from(self.begin()).date();
        write!(
            formatter,
            "{:04}-{:02}-{:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    }
}

/// A moment as reports have it (RFC 3339 §5.6).
#[must_use]
pub(super) fn written(moment: SystemTime) -> String {
    OffsetDateTime::from(moment)
        .format(&Rfc3339)
        .expect("a day has a year of four digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_from_midnight_to_the_second_before_the_next() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        // (second, day, its first second, its last one)
        let cases = [
            (
                0,
                "1970-01-01",
                "1970-01-01T00:00:00Z",
                "1970-01-01T23:59:59Z",
            ),
            (
                86_399,
                "1970-01-01",
                "1970-01-01T00:00:00Z",
                "1970-01-01T23:59:59Z",
            ),
            (
                86_400,
                "1970-01-02",
                "1970-01-02T00:00:00Z",
                "1970-01-02T23:59:59Z",
            ),
            (
                1_709_164_800,
                "2024-02-29",
                "2024-02-29T00:00:00Z",
                "2024-02-29T23:59:59Z",
            ),
            (
                u64::from(u32::MAX) * 1_000,
                "9999-12-31",
                "9999-12-31T00:00:00Z",
                "9999-12-31T23:59:59Z",
            ),
        ];
        for (second, name, first, last) in cases {
            let day = Day::of(at(second));
            assert_eq!(day.to_string(), name);
            assert_eq!(written(day.begin()), first);
            assert_eq!(written(day.last_second()), last);
            assert_eq!(Day::numbered(day.number()), Some(day));
        }
        assert_eq!(Day::numbered(LAST + 1), None);
    }
}
