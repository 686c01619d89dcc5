//! TLS of the fakes (RFC 5246, RFC 8446): the server's side for SMTP and HTTPS hosts, and in `client` that of the harness
//! where it sends itself.
//!
//! The ClientHello is read here and replayed to the stack that serves the fake, so that what the subject offered is
//! known whichever stack that is, and even if none is.

mod ahead;
mod any_server;
mod below;
mod certificates;
mod client;
mod client_hello;
mod deeds;
mod flight;
mod key_log;
mod names;
#[cfg(feature = "legacy-tls")]
mod openssl_stack;
mod record_reader;
mod rustls_stack;
mod scripted;
mod server;
mod session;
mod setup;
mod stack;
mod stream;
mod suites;

pub use mtaspec_certs::Holder;

pub(crate) use any_server::AnyServer;
pub use certificates::{CertificateStore, certificate_word};
pub use client::{ClientEnd, ClientHandshake, ClientTls};
pub use client_hello::ClientHello;
pub use deeds::HandshakeDeeds;
pub use key_log::KeyLog;
pub use names::{alert_name, alert_names, alert_number, version_name, version_number};
pub use record_reader::{FirstFlight, HelloTrouble, Opening, read_first_flight};
pub use server::{Handshake, HandshakeEnd, ServerTls, Tell, TlsFacts};
pub use setup::{Owner, TlsSetup};
pub use stack::{TlsSetupError, legacy_suites};
pub use stream::TlsStream;
pub use suites::{suite_name, suite_number};
