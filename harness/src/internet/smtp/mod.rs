//! SMTP fakes: hosts that take mail, healthy or as their table says, and attackers in the path to them.
//!
//! `fake` listens. `connection` carries out what the table in `session` asks for, with the words of `replies` and the
//! list of `keywords`; `receiving` takes messages in, `securing` goes inside TLS, `deeds` does what faults say.
//! `conversation` has the bytes and tells the events; `overhearing` finds the canaries in them.

mod fake;

mod attacker;
mod connection;
mod conversation;
mod deeds;
mod receiving;
mod securing;

mod canary;
mod command;
mod content;
mod keywords;
mod lines;
mod met;
mod overhearing;
mod replies;
mod session;
mod transaction;

pub use fake::{FakeSetup, SmtpFake};
