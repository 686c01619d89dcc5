//! Whether a message is taken, decided at the end of its data: the From field that a rule looks at is known no earlier
//! (RFC 5321 §7.9).
//!
//! Facts of the session, envelope and content come in; out goes nothing, or a `Rejection` with the reply. `from_field`
//! reads whom a message claims to come from, `demand` adds up what the rules ask of it, and `judge` holds the one against
//! the other. Nothing here is told to a recipient.

mod address_list;
mod demand;
mod from_field;
mod header;
mod judge;
mod look_alikes;
mod rejection;
mod session;

pub(crate) use judge::judge;
pub(crate) use session::{Envelope, SessionFacts};
