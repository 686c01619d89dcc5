//! Station 5: what was seen. Events, recordings and the dialogue as text.

mod dialogue;
mod event;
mod recording;

pub use dialogue::{description, line};
pub use event::{By, Event, Part, What};
pub use recording::{
    RECORDING_VERSION, Recording, RecordingError, SubjectName, case_hash, redacted,
};
