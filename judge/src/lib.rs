//! The pure half of mtaspec: a scenario file becomes a case, a recording becomes a verdict, a verdict is told.
//!
//! Nothing here opens a socket or reads the clock.

pub mod document;
pub mod events;
pub mod report;
pub mod scenario;
pub mod verdict;
