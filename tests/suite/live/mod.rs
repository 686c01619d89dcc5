//! Every expectation must be able to fail: what was seen is changed until it does.
//!
//! `expectations` judges each case that the engine passes again, with each of the `changes` made to its recording.
//! They consist of `edits`, of `made` events of messages, and of events that `patterns` speak of.

mod expectations;

mod changes;
mod edits;
mod made;
mod patterns;
