//! Certificates made for one host: a word of the catalogue and the host's names go in, a chain and a key come out.
//!
//! [`coin`] is the whole way; `leaf` says what stands in a leaf, `chain` who signs it and what is sent beside it,
//! `key` where keys come from, `restatement` what no library makes any more.

mod chain;
mod coin;
mod key;
mod leaf;
mod restatement;

pub use coin::{Holder, Mint, MintError, Minted};
pub use key::committed_rsa_key;
pub(crate) use key::{fixtures, read_fixture};
