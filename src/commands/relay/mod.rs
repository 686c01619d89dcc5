//! `mtaspec relay`: the engine as a mail server of its own, with its queue in a folder; and a look at that queue.

mod queue;
mod work;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::trouble::Trouble;

/// Take mail and bring it where it belongs, or look at what waits
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Relay {
    #[command(subcommand)]
    look: Option<Look>,
    #[command(flatten)]
    work: Option<work::Work>,
}

#[derive(Debug, Subcommand)]
enum Look {
    /// Tell what waits in a store, also while a relay runs on it
    Queue(queue::Queue),
}

impl Relay {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        match (self.look, self.work) {
            (Some(Look::Queue(queue)), _) => queue.run(),
            (None, Some(work)) => work.run(),
            (None, None) => Err(Trouble::usage(
                "give --settings FILE and --store DIR, or `relay queue --store DIR`",
            )),
        }
    }
}
