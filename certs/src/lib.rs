//! Every certificate an mtaspec scenario may name, and the test authorities that sign them.
//!
//! Without the feature `mint` the crate has the words alone: [`Word`], [`CertificateSpec`] and the [`catalogue`].
//! With it, [`Mint`] turns a word and the names of a host into a chain and a key, signed by [`Authorities`].

pub mod catalogue;
mod specification;

#[cfg(feature = "mint")]
mod authorities;
#[cfg(feature = "mint")]
mod der;
#[cfg(feature = "mint")]
mod inspection;
#[cfg(feature = "mint")]
mod mint;
#[cfg(feature = "mint")]
mod pem;

pub use specification::{CertificateSpec, KeyKind, Word};

#[cfg(feature = "mint")]
pub use authorities::{Authorities, AuthorityError, AuthorityFiles};
#[cfg(feature = "mint")]
pub use inspection::{inspect, inspect_fixtures};
#[cfg(feature = "mint")]
pub use mint::{Holder, Mint, MintError, Minted, committed_rsa_key};
#[cfg(feature = "mint")]
pub use pem::pem;
