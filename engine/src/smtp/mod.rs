//! SMTP as the engine speaks it (RFC 5321): replies and EHLO answers read, commands written, and the
//! receiver.

mod client;
mod command;
mod content;
mod ehlo;
mod lines;
mod receiver;
mod reply;
mod transaction;

pub(crate) use client::{Client, SessionFault, Stage};
pub(crate) use command::Command;
pub(crate) use ehlo::Keywords;
pub(crate) use lines::Lines;
pub(crate) use receiver::{Host, Receiver, Taken};
pub(crate) use reply::{Category, Reply};
pub(crate) use transaction::{Acceptance, Refusal, transact};
