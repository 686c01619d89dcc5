//! Station 5: what was seen. Events, recordings and the dialogue as text.

mod event;
mod texts;

mod recording;
mod redaction;

mod dialogue;

#[cfg(test)]
pub(crate) mod testing;

pub use dialogue::{description, line};
pub use event::{By, Event, Part, What};
pub use recording::{RECORDING_VERSION, Recording, RecordingError, SubjectName, file_name};
pub use redaction::redacted;
