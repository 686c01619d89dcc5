//! The test authorities: an ECDSA branch and an RSA one, each a root and an intermediate, and a second root apart.
//!
//! The committed ones stand in `pki/`, private keys included; private ones are made with [`AuthorityFiles::generate`].

mod files;
mod generation;
mod set;
mod vouching;

pub(crate) use files::MEMBERS;
pub use files::{AuthorityError, AuthorityFiles};
pub use set::Authorities;
pub(crate) use set::{Branch, Tier};
