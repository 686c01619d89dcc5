//! What the engine is told: who it is, what it demands of whom, and how patient it is.
//!
//! Settings are plain values. A change of settings holds from the next round on.

mod alias;
pub mod file;
mod list;
mod receiving;
mod route;
mod rule;
mod schedule;
mod tls;
mod whole;

pub use alias::{Alias, Aliases};
pub use list::{AddressList, ListEntry, Listed};
pub use receiving::{Account, Receiving};
pub use route::{Route, RouteUse};
pub use rule::{Applies, Rule, Switches};
pub use schedule::RetrySchedule;
pub use tls::{OwnCertificate, TlsVersion};
pub use whole::Settings;
