//! `cargo xtask mistakes`: each mistake of `tests/mistakes` is made in a copy of the engine, and the suite has to
//! see it for what it is.
//!
//! A mistake is seen when a case fails whose finding cites a requirement that the mistake breaks. It is seen *for what it
//! is* when no other case fails but those that the list names, with a reason. `list` reads the mistakes, `selection`
//! chooses among them, `scratch` is the copy, `report` what the suite says of it, `stored` what stays of that for a list
//! that is judged again, and `judgement` compares.

mod command;
mod judgement;
mod list;
mod report;
mod scratch;
mod selection;
mod stored;

pub(crate) use command::{Arguments, run};
