//! The engine as a whole, in a world of scripted peers that live in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod dane;
mod delivery;
mod dns;
mod handshake;
mod hosts;
mod injection;
mod kept_for_others;
mod log;
mod notices;
mod peer;
mod policies;
mod policy_story;
mod queue;
mod receiver;
mod reports;
mod require_tls;
mod routes;
mod scene;
mod store;
mod system;
mod tls;
mod web;
mod world;
