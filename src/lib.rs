//! What the command has to offer to tests and benches: the built-in engine as a subject.

pub mod builtin;
