//! Reports about TLS with other domains (RFC 8460).
//!
//! `session` says what a session counts as, in the words that reports have for it (`policy`, `failure`); `tally` counts, and
//! `keeper` has the tallies of every domain and `day`, each in an `entry`, written down by `stored`. When a day is over,
//! `delivery` finds out who wants its report (`record`, `uri`), writes it (`body`), and posts it or makes a message of it (`mail`).
//! Reports of others are taken in by `incoming`.

mod body;
mod day;
mod delivery;
mod entry;
mod failure;
mod incoming;
mod keeper;
mod mail;
mod policy;
mod record;
mod session;
#[cfg(test)]
mod session_scene;
#[cfg(test)]
mod session_tests;
mod stored;
mod tally;
mod uri;

pub(crate) use incoming::{Inbox, read as read_incoming};
pub use incoming::{ReadPolicy, ReadReport};
pub(crate) use keeper::Keeper;
pub(crate) use record::{Record, RecordFault, unread_fields, unread_uris};
pub(crate) use session::{Contact, DaneSeen, Session, counted};
