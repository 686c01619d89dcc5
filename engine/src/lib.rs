//! The reference enforcement engine: a mail sender that carries out transport-security rules.
//!
//! One delivery goes from left to right, one value handed on at each step:
//! next-hop domain → MX hosts (`route`) → obligation (`obligation`) → attempt per host → disposition (`delivery`) → notice
//! (`dsn`). It imports nothing of the suite that tests it, and reads time, network and tasks only through `outside`.

pub mod address;
#[expect(dead_code, reason = "the receiver calls it as soon as it speaks TLS")]
mod admission;
mod delivery;
mod dsn;
mod engine;
mod obligation;
pub mod outside;
mod route;
pub mod settings;
mod smtp;
mod tasks;
mod tls;
mod trace;

pub use delivery::{Bounds, QueuedMessage, StoredQueue};
pub use engine::{Engine, Options, Running, Service, StartError};
pub use tls::StackError;
