//! Moments as text that people read too (RFC 3339 §5.6).

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last moment that can be written; later ones are written as this one.
const END_OF_TIME: Duration = Duration::from_secs(253_402_300_799);

/// A moment as text.
#[must_use]
pub(super) fn written(at: SystemTime) -> String {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    OffsetDateTime::from(SystemTime::UNIX_EPOCH + since.min(END_OF_TIME))
        .format(&Rfc3339)
        .expect("a year of four digits can be written")
}

/// The moment that a text says; none: it says none, or one before 1970.
#[must_use]
pub(super) fn read(text: &str) -> Option<SystemTime> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    (moment >= OffsetDateTime::UNIX_EPOCH).then(|| moment.into())
}
