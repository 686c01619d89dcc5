//! "Test TLS connection": what a sender would meet on the way to a domain, without a message.
//!
//! `walk` goes from the domain to its hosts and visits each (`visit`); `sight` holds what an address showed, `certificate` what
//! stands on a certificate, `demand` what the settings ask, `dane` what TLSA records do, `sts` what a policy does, and `result`
//! says what rules would make of it all. The decisions are those of `delivery`, so the answer is what mail would get.

mod certificate;
mod dane;
mod demand;
mod result;
mod sight;
mod sts;
mod visit;
mod walk;

pub use certificate::CertificateText;
pub use dane::DaneProbe;
pub use demand::{Asker, Cover, Demand, demands};
pub use result::{HostProbe, Padlock, Probe};
pub use sight::{AddressProbe, Carriage, Shown, TlsSession, Trouble};
pub use sts::{HostPolicy, PolicyInForce, PolicyProbe, StsFault, StsProbe, StsStep};

pub use crate::delivery::Hop;
pub(crate) use walk::probe;
pub use walk::{About, AboutError};
