//! The reference enforcement engine: a mail sender that carries out transport-security rules.
//!
//! One delivery goes from left to right, one value handed on at each step:
//! next-hop domain → MX hosts (`route`) → obligation (`obligation`) → attempt per host → disposition (`delivery`) → notice
//! (`dsn`). Before that a message is taken by `smtp` and looked at by `admission`. The engine imports nothing of the suite
//! that tests it, and reads time, network and tasks only through `outside`.

pub mod address;
mod admission;
mod dane;
mod delivery;
mod dkim;
mod door;
mod dsn;
mod engine;
mod header;
mod https;
mod obligation;
pub mod outside;
pub mod probe;
pub mod published;
pub mod readers;
mod route;
pub mod settings;
mod smtp;
mod spf;
pub mod sts;
mod tasks;
mod tls;
mod tlsrpt;
mod trace;
mod traffic;

pub use delivery::{Bounds, QueuedMessage, StoredQueue};
pub use engine::{Engine, Options, Running, Service, StartError};
pub use tls::StackError;
pub use tlsrpt::{ReadPolicy, ReadReport};
pub use traffic::{Direction, Spoken, Traffic};
