//! Durations, sizes and counts.

use std::time::Duration;

use super::super::Count;
use crate::document::Complaint;

/// As long as a story may last, nothing lasts longer.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// `"90 s"`, `"5 min"`, `"1 h"`, `"8 days"`.
///
/// # Errors
/// Says what would be one.
pub fn duration(text: &str) -> Result<Duration, Complaint> {
    let no_unit = || Complaint::new(format!("{text:?} has no unit")).help("s, min, h or days");
    let (number, unit) = text.split_once(' ').ok_or_else(no_unit)?;
    let unit = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => return Err(no_unit()),
    };
    let seconds = digits(number)
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| Complaint::new(format!("{text:?} is no duration")).help("as in \"90 s\""))?;
    let duration = Duration::from_secs(seconds);
    if duration > LONGEST {
        let complaint = Complaint::new(format!("{text:?} is longer than a story can last"));
        return Err(complaint.help("at most 400 days"));
    }
    Ok(duration)
}

/// `"65 KiB"`, `"1 MiB"`.
pub(crate) fn size(text: &str) -> Result<u64, Complaint> {
    let no_size =
        || Complaint::new(format!("{text:?} is no size")).help("as in \"65 KiB\": B, KiB or MiB");
    let (number, unit) = text.split_once(' ').ok_or_else(no_size)?;
    let unit = match unit {
        "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return Err(no_size()),
    };
    digits(number)
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(no_size)
}

/// `">=1"`, `"1..3"`, or digits alone.
pub(crate) fn count(text: &str) -> Result<Count, Complaint> {
    let no_count =
        || Complaint::new(format!("{text:?} is no count")).help("2, \">=1\" or \"1..3\"");
    if let Some(least) = text.strip_prefix(">=") {
        let least = digits(least).ok_or_else(no_count)?;
        return Ok(Count { least, most: None });
    }
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    match (digits(least), digits(most)) {
        (Some(least), Some(most)) if least <= most => Ok(Count {
            least,
            most: Some(most),
        }),
        _ => Err(no_count()),
    }
}

/// `"0..6"`, the bound of `attempts`.
pub(crate) fn bound(text: &str) -> Result<Count, Complaint> {
    if !text.contains("..") {
        return Err(only_bounds());
    }
    count(text).map_err(|_| only_bounds())
}

/// What is said of every other form of `attempts`.
pub(crate) fn only_bounds() -> Complaint {
    Complaint::new("`attempts` only bounds")
        .help("\"one attempt\" is `rounds = 1`; a bound is written `\"0..6\"`")
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        // (text, seconds)
        let cases = [
            ("90 s", Some(90)),
            ("5 min", Some(300)),
            ("1 h", Some(3600)),
            ("1 day", Some(86_400)),
            ("8 days", Some(691_200)),
            ("400 days", Some(34_560_000)),
            ("401 days", None),
            ("8", None),
            ("8 weeks", None),
            ("-1 s", None),
            ("+1 s", None),
            ("99999999999999999999 s", None),
            ("9999999999999999999 days", None),
        ];
        for (text, want) in cases {
            assert_eq!(duration(text).ok().map(|d| d.as_secs()), want, "{text}");
        }
    }

    #[test]
    fn a_count_is_a_number_a_least_or_a_range() {
        let of = |least, most| Some(Count { least, most });
        // (text, count)
        let cases = [
            ("2", of(2, Some(2))),
            (">=1", of(1, None)),
            ("1..3", of(1, Some(3))),
            ("3..1", None),
            ("..", None),
            ("many", None),
        ];
        for (text, want) in cases {
            assert_eq!(count(text).ok(), want, "{text}");
        }
        assert!(bound("0..6").is_ok());
        assert!(bound("1").is_err());
    }
}
