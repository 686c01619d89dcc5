//! The fakes' TLS, asked by real clients over loopback.

#![cfg(feature = "legacy-tls")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../any_certificate/mod.rs"]
mod any_certificate;
mod case_time;
mod client;
mod client_certificates;
mod faults;
mod hello;
mod old_client;
mod old_fakes;
mod quirks;
mod rustls_fakes;
mod scripted;
mod secrets;
mod stage;
