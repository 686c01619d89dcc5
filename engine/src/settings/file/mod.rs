//! Settings as a TOML file, in the terms in which an administrator thinks: named address lists that rules share, rules,
//! routes, trust, and what this server shows of itself.
//!
//! Text goes in, [`SettingsFile`] comes out, or every problem at once with its place and what would be right. Nothing is
//! decided here about mail. Disk and environment are read through [`crate::outside::Beside`].

mod alias;
mod dnssec;
mod doubt;
mod duration;
mod list;
mod nesting;
mod pem;
mod problem;
mod receiving;
mod reporting;
mod rule;
mod spelling;
mod table;
#[cfg(test)]
mod tests;
mod whole;
mod written;
#[cfg(test)]
mod written_tests;

pub use duration::{duration, print_duration};
pub use list::NamedList;
pub use problem::{Problem, Problems, Severity};
pub use whole::{Read, SettingsFile};
pub use written::Written;

pub(super) use written::{applies_to, key, switch_words};
