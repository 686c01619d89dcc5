//! What the command has to offer to tests and benches: the built-in engine as a subject, inside this process and as one
//! of its own.

pub mod builtin;
pub mod own_relay;
