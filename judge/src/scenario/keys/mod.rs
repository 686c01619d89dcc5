//! The key table: every key of the language once, for the reader, the hints, the schema and the reference.

mod events;

pub(crate) use events::{FieldKind, event};
