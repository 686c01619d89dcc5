//! Profiles: what the suite has to know of a relay to run it, told by a folder without a line of Rust.
//!
//! A folder has `profile.toml`, the templates that it names, and `known-failures.toml` if the relay fails anything; `harness/subjects/README.md` teaches how to write one.
//! [`Profile::load`] reads it (`read`, `parts` and `placed`, over typed getters in `section`; `trial` tries each template) and tells every problem at once; what it read is
//! plain data (`profile`). All that depends on a run stands in templates over [`Data`]: the relay's files (`files`) and
//! its commands (`command`). What the relay lists of its queue is read by `queue`. A new folder begins as a `skeleton`.

mod command;
mod configuration;
mod data;
mod files;
mod keys;
mod parts;
mod placed;
#[expect(
    clippy::module_inception,
    reason = "the thing that the folder is named after"
)]
mod profile;
mod queue;
mod read;
mod sample;
mod section;
mod skeleton;
mod template;
#[cfg(test)]
mod tests;
mod trial;

pub use command::{CommandError, Verb, missing_programs};
pub use configuration::{Configuration, ConfigurationError};
pub use data::{Alias, Data, Domain, NextHop, Sender};
pub use files::{Content, Owner, RenderedFile, WriteError, write};
pub use profile::{
    Apart, FileSource, Inject, InjectBy, Namespace, Needs, PlacedFile, Profile, Prompt, PromptBy,
    Queue, Resolver, Start, Times, Version,
};
pub use queue::{QueueError, QueuePatterns};
pub use skeleton::{SkeletonError, make_skeleton};
pub use template::{RenderError, Template};
