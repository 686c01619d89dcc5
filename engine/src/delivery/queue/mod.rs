//! The queue: which message is due when, for whom, and until when (RFC 5321 §4.5.4.1).
//!
//! `state` is the queue itself, `rounds` what is done with what falls due, `keeping` how queue and store agree. `held` is one
//! message in it, `stored` the same as it is written down, `listing` as people see it; `bounds` says how much goes in.
//!
//! Whatever changes is written down before anybody may rely on it: a message before it is answered for, a delivery before
//! the session with the receiver is closed, a notice before what caused it is forgotten. So a program that is killed loses
//! nothing, and delivers twice only what a receiver took within the moment before.

mod bounds;
mod held;
mod keeping;
mod listing;
mod moment;
mod rounds;
mod state;
mod stored;
#[cfg(test)]
mod stored_tests;

pub use bounds::Bounds;
pub(crate) use bounds::NotTaken;
pub use listing::{QueuedMessage, StoredQueue};
pub(crate) use state::Queue;
