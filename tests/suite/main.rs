//! Tests of the whole, from outside.

#![expect(
    clippy::unwrap_used,
    reason = "what a test needs and does not get fails it"
)]

mod broken;
mod command;
mod engine;
mod order;
mod play;
mod signals;
