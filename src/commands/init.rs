//! `mtaspec init`: not for people. It is how this program becomes the first process of a namespace that it has made.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use mtaspec_harness::namespace::guard;

use crate::trouble::Trouble;

/// Guard a namespace: start a command in it, and end everything in it with the command
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Init {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let (command, arguments) = self
            .command
            .split_first()
            .expect("one word at least is asked for");
        guard(command, arguments)
            .map(ExitCode::from)
            .map_err(|error| Trouble::with_cause(&error))
    }
}
