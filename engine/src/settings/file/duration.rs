//! Times as people write them: `"90 s"`, `"5 min"`, `"1 h"`, `"5 days"`.

use std::time::Duration;

use super::problem::Complaint;

const UNITS: [(&str, u64); 4] = [("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// Nothing that is set lasts longer.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// Reads a time as people write it, `"5 min"`; none if it is no time.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    parse(text).ok()
}

/// Reads a time.
pub(super) fn parse(text: &str) -> Result<Duration, Complaint> {
    let wrong = || {
        Complaint::new(format!("{text:?} is no time"))
            .help("a number and s, min, h or days, as in \"4 h\"")
    };
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..at].parse().map_err(|_| wrong())?;
    let unit = match text[at..].trim_start() {
        "day" => "days",
        other => other,
    };
    let (_, seconds) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(wrong)?;
    let duration = number.checked_mul(*seconds).map(Duration::from_secs);
    match duration {
        Some(duration) if duration.is_zero() => {
            Err(Complaint::new(format!("{text:?} is no time at all")).help("at least \"1 s\""))
        }
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(Complaint::new(format!("{text:?} is too long")).help("at most 400 days")),
    }
}

/// A time as people write it, in its largest whole unit; no less than a second.
#[must_use]
pub fn print_duration(duration: Duration) -> String {
    let seconds = duration.as_secs().max(1);
    let whole = UNITS
        .iter()
        .find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    match whole {
        Some((_, 86_400)) if seconds == 86_400 => "1 day".to_owned(),
        Some((name, unit)) => format!("{} {name}", seconds / unit),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        // (text, seconds)
        let cases = [
            ("90 s", Some(90)),
            ("5min", Some(300)),
            ("1 h", Some(3_600)),
            ("1 day", Some(86_400)),
            ("5 days", Some(432_000)),
            ("400 days", Some(34_560_000)),
            ("401 days", None),
            ("0 s", None),
            ("5", None),
            ("h", None),
            ("", None),
            ("99999999999999999999 s", None),
            ("1 year", None),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text).ok().map(|time| time.as_secs()), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_time_reads_back_the_same(seconds in 1..34_560_000_u64) {
            let time = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&print_duration(time)), Ok(time));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}
