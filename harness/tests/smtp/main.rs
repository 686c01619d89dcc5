//! The SMTP fakes, asked by scripted clients over loopback.

mod client;
mod deeds;
mod dialogue;
mod events;
mod handshakes;
mod stage;
