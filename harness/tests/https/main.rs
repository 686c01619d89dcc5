//! HTTPS fakes from outside: what a client gets, and what the world is told.

#![expect(
    clippy::unwrap_used,
    reason = "this is a test; a surprise should end it"
)]

#[path = "../any_certificate/mod.rs"]
mod any_certificate;

mod stage;

mod case_time;
mod deeds;
mod events;
mod served;
