//! Points in time as texts, `2026-11-22T05:00:00Z` (RFC 3339).

use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time in UTC, to the second.
#[must_use]
pub fn print_instant(at: SystemTime) -> String {
    let whole = OffsetDateTime::from(at).replace_nanosecond(0);
    let printed = whole.ok().and_then(|at| at.format(&Rfc3339).ok());
    printed.unwrap_or_else(|| "at no time that can be written".to_owned())
}

pub(super) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&print_instant(*at))
}

pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(from)?;
    OffsetDateTime::parse(&text, &Rfc3339)
        .map(SystemTime::from)
        .map_err(D::Error::custom)
}
