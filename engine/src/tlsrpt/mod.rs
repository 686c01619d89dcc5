//! Reports about TLS with other domains (RFC 8460).
//!
//! `policy` and `failure` are the words that reports have for what a session met; `tally` counts, day by day (`day`). When a
//! day is over `record` finds out who wants a report (`uri`), `body` writes it, and `mail` makes a message of it.

mod body;
mod day;
mod failure;
mod mail;
mod policy;
mod record;
mod tally;
mod uri;

pub(crate) use record::Record;
