//! What the engine is told: who it is, what it demands of whom, and how patient it is.
//!
//! Settings are plain values. A change of settings holds from the next round on.

mod alias;
mod audit;
mod dnssec;
pub mod file;
mod instant;
mod list;
mod receiving;
mod reporting;
mod route;
mod rule;
mod saved;
#[cfg(test)]
mod saved_tests;
mod schedule;
mod search;
mod tls;
mod whole;
mod words;

pub use crate::dkim::KeyError;
pub use alias::{Alias, Aliases};
pub use audit::{AuditLine, AuditRecord, Change, audit_lines, certificate, changes};
pub use dnssec::{DaneUse, DnsAnchorError, DnsAnchors, Dnssec};
pub use instant::print_instant;
pub use list::{AddressList, ListEntry, Listed};
pub use receiving::{Account, Receiving};
pub use reporting::{Contact, DkimKey, Reporting};
pub use route::{Route, RouteUse};
pub use rule::{Applies, Rule, Switches};
pub use saved::{
    Applied, LONGEST_DELAY, Order, Saved, SavedError, Stamp, Standing, Taken, apply, history,
    number_in_force, take,
};
pub use schedule::RetrySchedule;
pub use search::{Found, Inbound, Mail, search};
pub use tls::{OwnCertificate, TlsVersion};
pub use whole::Settings;
