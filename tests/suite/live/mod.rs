//! Every expectation must be able to fail: what was seen is changed until it does.
//!
//! `expectations` judges each case that the engine passes again, with each of the `changes` made to its recording.
//! They consist of `edits`, those to a `notice` and to each `report` among them, of `made` events of messages, and of
//! events that `patterns` speak of. `parts` parts an expectation into what it is made of, so that each field is looked at.

mod expectations;
mod parts;

mod changes;
mod edits;
mod made;
mod notice;
mod patterns;
mod report;
