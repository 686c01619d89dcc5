//! The half of mtaspec that acts: it brings up the fake Internet, drives a subject through a case and records what
//! was seen.

mod base64;
pub mod client;
pub mod clock;
pub mod internet;
pub mod namespace;
pub mod plan;
pub mod recorder;
pub mod runner;
pub mod subject;
