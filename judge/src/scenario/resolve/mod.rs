//! A merged tree becomes the model: every table of the language has its reader here.

mod case;
mod domain;
mod existence;
mod expect;
mod fault;
mod host;
mod message;
mod seen;
mod story;
mod telling;
mod unsaid;
mod world;

pub(crate) use case::{Context, needs_legacy_tls, refuses, resolve};
pub(crate) use domain::healthy as healthy_domain;
pub(crate) use existence::{Existing, SUBJECT, complete_alone};
pub(crate) use fault::fault;
use host::certificate;
pub(crate) use message::healthy as healthy_message;
pub(crate) use story::{StepTree, WORLD, story};
