//! Feeds every reader of the suite and of the engine what nobody should send.
//!
//! A [`Target`] is one reader: a function of bytes, which panics where a reader breaks its word. Its [`Corpus`] is a folder of
//! inputs that were worth keeping; a [`Mutator`] makes others of them, always the same for the same seed; [`feed()`] gives
//! them to the target one by one. Nothing here needs more than a stable compiler, and nothing measures time: what lasts too long,
//! or takes too much memory, is ended by whoever runs it. A coverage-guided fuzzer can call the same function:
//! `fuzz_target!(|data: &[u8]| (target("sts-policy").expect("it is there").read)(data))`.

mod corpus;
mod draw;
mod feed;
mod mutator;
mod target;

pub use corpus::{Corpus, CorpusError};
pub use feed::{Fed, Found, Order, feed};
pub use mutator::Mutator;
pub use target::{Target, target, targets};
