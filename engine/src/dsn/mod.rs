//! Notices to the sender of a message (RFC 3464, RFC 6522, RFC 3461 §6, RFC 6533).
//!
//! A `Report` says what became of a recipient. `readable` is the part of a notice for people, with `advice` on what to do,
//! `fields` the part for programs, `returned` what is given back of the message; `notice` puts them together. `fitted`
//! makes a notice smaller or plainer for a host that would not take it as it is, by way of `multipart` and `quoted`, and
//! `redacted` leaves nothing of the message in one that has to go without REQUIRETLS.

mod advice;
mod fields;
mod fitted;
mod multipart;
mod notice;
mod quoted;
mod readable;
mod redacted;
mod report;
mod returned;
#[cfg(test)]
mod testing;
mod xtext;

pub(crate) use fitted::fitted;
pub(crate) use notice::notice;
pub(crate) use redacted::redacted;
pub(crate) use report::{Action, Event, Report};
pub(crate) use xtext::in_seven_bits;
