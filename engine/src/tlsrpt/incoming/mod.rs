//! Reports of others that come in by mail (RFC 8460 §3, §5.3, §5.6).
//!
//! `part` finds the report in a message and takes it out, within limits; `file` reads its JSON; `reading` wants it signed by
//! who has made it, and about an own domain; `inbox` keeps the last one that was good enough. What people make of a report is
//! left to them.

mod fault;
mod file;
mod inbox;
mod part;
mod reading;

pub use file::{ReadPolicy, ReadReport};
pub(crate) use inbox::Inbox;
pub(crate) use reading::read;
