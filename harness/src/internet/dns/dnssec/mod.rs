//! DNSSEC of the fake zones (RFC 4033 to 4035, RFC 5155): keys, signatures when first asked for, proofs of absence.
//!
//! What is signed and what is bogus on purpose is told by `publish`; which sets an answer has, by `answer`.

mod denial;
mod keys;
mod outline;
mod signing;
mod state;
mod trust_anchor;

pub(super) use denial::{Denial, Proven};
pub(super) use keys::Key;
pub(super) use outline::Outline;
pub(super) use signing::{Flaw, Signing, Validity};
pub(super) use state::State;
pub use trust_anchor::TrustAnchor;
