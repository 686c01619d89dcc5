//! From a message in the queue to what became of it.
//!
//! One value is handed on at each step: a `Message` and its recipients make a round, a round makes attempts, an attempt
//! yields troubles, and the troubles of a recipient make its `Disposition`. `decision` and `disposition` decide and do
//! nothing; `session`, `attempt`, `round` and `queue` do and decide nothing of their own. `telling` says what of it the sender hears.

mod attempt;
mod counting;
#[cfg(test)]
mod dane_tests;
pub(crate) mod decision;
mod demand;
mod disposition;
mod expansion;
mod message;
mod queue;
mod require_tls;
mod round;
mod session;
mod sight;
mod status;
mod telling;
mod tls_tag;
mod trouble;

pub(crate) use attempt::Workshop;
pub(crate) use decision::Violation;
pub(crate) use demand::{Breach, Demand, Demander, StsDemand};
pub(crate) use disposition::Handover;
pub(crate) use message::{DsnParameters, Message, Notify, Recipient, Return};
pub use queue::{Bounds, QueuedMessage, StoredQueue};
pub(crate) use queue::{NotTaken, Queue};
pub(crate) use session::{Call, Ended, Manner};
pub use sight::Hop;
pub(crate) use sight::{Shown, Sight, StartTls};
pub(crate) use tls_tag::TlsTag;
pub(crate) use trouble::{Remembered, Trouble};
