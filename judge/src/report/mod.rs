//! Station 7: verdicts are told, to people and to programs.

mod summary;
mod terminal;

pub use summary::{Summary, exit_code};
pub use terminal::{Colour, line};
