//! Station 3: the fakes. DNS, SMTP and HTTPS servers that are healthy, or misbehave exactly as told.
//!
//! One [`Internet`] serves a run. Each case brings its [`CaseWorld`]: zones below its label, hosts at addresses of its
//! own, faults, all of which go when it is dropped.

pub(crate) mod channel;
mod connections;
mod door;
mod hosts;
mod listening;
mod network;
mod post;
mod world;

pub mod collectors;
pub mod dns;
pub mod faults;
pub mod https;
pub(crate) mod line;
pub mod smtp;
pub mod tls;
pub mod wire;

pub use connections::ConnectionCounter;
pub use door::{Allowed, Door};
pub use hosts::{HostUp, Role};
pub use network::{Internet, Options, StartError};
pub use post::PostError;
pub use world::{CaseWorld, WorldError};

#[cfg(test)]
mod tests;
