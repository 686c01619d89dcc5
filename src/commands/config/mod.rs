//! `mtaspec config`: what to put into a relay that already runs.

mod command;
mod tables;

pub(crate) use command::Config;
