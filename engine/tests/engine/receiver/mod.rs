//! The engine as a receiver, met by clients with rustls and with OpenSSL.

mod certificates;
mod client;
mod login;
mod relaying;
mod replies;
mod require_tls;
mod securing;
#[cfg(feature = "legacy-tls")]
mod suites;
mod traffic;
