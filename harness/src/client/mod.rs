//! The harness as sender, for cases in which the subject receives (SCENARIOS §8, `client`).
//!
//! A [`Client`] has one connection for each message, or says a whole dialogue that the scenario spells out (`script`).
//! What it says and what the subject answers are events of the subject's host. Nothing is tried a second time: every
//! answer is the subject's own.

mod call;
mod conversation;
mod deeds;
mod dialogue;
mod script;
mod sender;

pub use sender::{Account, Client, ClientSetup};
