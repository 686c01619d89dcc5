//! Station 5: what was seen. Events, recordings and the dialogue as text.

mod event;

pub use event::{By, Event, Part, What};
