//! Tests of the whole, from outside.

#![expect(
    clippy::unwrap_used,
    reason = "what a test needs and does not get fails it"
)]

mod bad_input;
#[cfg(target_os = "linux")]
mod bad_relays;
mod both_ways;
mod broken;
mod check_domain;
mod command;
mod config;
mod coverage;
mod engine;
mod foreign;
mod foreign_program;
mod inert;
mod known_failures;
mod live;
#[cfg(target_os = "linux")]
mod misconfigured;
#[cfg(target_os = "linux")]
mod namespace;
mod order;
mod play;
mod probe;
mod probe_policies;
mod profiles;
mod relay;
mod reports;
mod rows;
mod running_relay;
mod settings;
mod signals;
mod truth;
mod validation;
mod warm_up;
mod wrong_subjects;
