//! SMTP as the engine speaks it (RFC 5321): replies and EHLO answers read, commands written, and the little of a receiver
//! that taking mail over needs.

mod client;
mod command;
mod content;
mod ehlo;
mod lines;
mod receiver;
mod reply;
mod transaction;

pub use client::{Client, SessionFault, Stage};
pub use command::{Command, CommandError};
pub use content::stuffed;
pub use ehlo::Keywords;
pub use lines::{LineFault, Lines};
pub use receiver::{Receiver, Taken};
pub use reply::{Category, Reply};
pub use transaction::{Parameters, Refusal, transact};
