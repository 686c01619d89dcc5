//! The SMTP fakes, asked by scripted clients over loopback.

#![expect(clippy::unwrap_used, reason = "what cannot be had fails the test")]

#[path = "../any_certificate/mod.rs"]
mod any_certificate;
mod attacker;
mod canaries;
mod client;
mod crowd;
mod deeds;
mod dialogue;
mod events;
mod handshakes;
mod injection;
mod limits;
mod stage;
