//! The fakes' TLS, asked by real clients over loopback.

#![cfg(feature = "legacy-tls")]

mod client;
mod hello;
mod rustls_fakes;
mod stage;
