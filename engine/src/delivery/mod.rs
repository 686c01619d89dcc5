//! From a message in the queue to what became of it.
//!
//! One value is handed on at each step: a `Message` and its recipients make a round, a round makes attempts, an attempt
//! yields troubles, and the troubles of a recipient make its `Disposition`. `decision` and `disposition` decide and do
//! nothing; `attempt`, `round` and `queue` do and decide nothing of their own. `telling` says what of it the sender hears.

mod attempt;
pub(crate) mod decision;
mod disposition;
mod expansion;
mod message;
mod queue;
mod round;
mod status;
mod telling;
mod trouble;

pub(crate) use attempt::Workshop;
pub(crate) use decision::Violation;
pub(crate) use disposition::Handover;
pub(crate) use message::{DsnParameters, Message, Notify, Recipient, Return};
pub use queue::{Bounds, QueuedMessage, StoredQueue};
pub(crate) use queue::{NotTaken, Queue};
pub(crate) use trouble::{Remembered, Trouble};
