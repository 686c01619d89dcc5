//! What the engine is told: who it is, what it demands of whom, and how patient it is.
//!
//! Settings are plain values. A change of settings holds from the next round on.

mod list;
mod rule;
mod schedule;
mod tls;
mod whole;

pub use list::{AddressList, ListEntry};
pub use rule::{Rule, Switches};
pub use schedule::RetrySchedule;
pub use tls::{ClientCertificate, TlsVersion};
pub use whole::Settings;
