//! TOML files that people write: a tree with the place of every value, and all problems at once.
//!
//! Text is bounded (`nesting`) and parsed to a `tree`; who reads the tree notes what is wrong (`problem`) and goes on.
//! What may stand in a file its readers know: those of scenarios are in [`crate::scenario`].

mod nesting;
mod parse;
mod problem;
mod spelling;
mod tree;

pub use parse::{LONGEST, parse};
pub use problem::{Complaint, Notes, Place, Problem, Problems, Source, Span};
pub use spelling::nearest;
pub use tree::{Entry, Node, Table, Value};
