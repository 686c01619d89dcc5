//! Whether a message is taken, decided at the end of its data: the From field that a rule looks at is known no earlier
//! (RFC 5321 §7.9).
//!
//! Facts of the session, envelope and content come in; out goes nothing, or a `Rejection` with the reply. `from_field`
//! reads whom a message claims to come from, `author` finds out whether it is true, `demand` adds up what the rules ask, and
//! `judge` holds the one against the other. Nothing here is told to a recipient.

mod address_list;
mod author;
mod demand;
mod from_field;
mod judge;
mod look_alikes;
mod null_mx;
mod rejection;
mod session;
mod transport;

pub(crate) use judge::judge;
pub(crate) use session::{Envelope, SessionFacts};
