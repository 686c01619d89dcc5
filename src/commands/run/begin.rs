//! When the cases of a run begin.

use std::time::{Duration, SystemTime};

use mtaspec_harness::subject::Subject;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::trouble::Trouble;

/// The suite's authorities are valid for longer, before and after.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Reads a time that is not too far away.
pub(super) fn time_of_cases(text: &str) -> Result<SystemTime, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339);
    let time = time.map_err(|_| "no time; as 2026-11-22T12:00:00Z".to_owned())?;
    let now = OffsetDateTime::now_utc();
    match (time - now).unsigned_abs() > YEAR {
        true => Err("more than a year from now".to_owned()),
        false => Ok(time.into()),
    }
}

/// The time at which the cases begin.
///
/// # Errors
/// When another than now is asked for and the subject keeps the time of this machine.
pub(super) fn begin(at: Option<SystemTime>, subject: &dyn Subject) -> Result<SystemTime, Trouble> {
    match at {
        None => Ok(SystemTime::now()),
        Some(at) if !subject.keeps_real_time() => Ok(at),
        Some(_) => Err(Trouble::usage(format!(
            "--at is for the built-in engine: {} keeps the time of this machine",
            subject.name()
        ))),
    }
}
