//! `mtaspec subject`: profiles of relays of one's own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mtaspec_harness::subject::profile::{SkeletonError, make_skeleton};

use crate::output::say_line;
use crate::relays::own_folder;
use crate::trouble::Trouble;

/// Write the profile of a relay
#[derive(Debug, Args)]
pub(crate) struct Subject {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a folder with a commented profile to begin with
    New(New),
}

#[derive(Debug, Args)]
struct New {
    /// What the relay is called: a-z, 0-9 and hyphens
    name: String,
    /// The folder to make it in [default: harness/subjects where there is one, else here]
    #[arg(long = "in", value_name = "DIR")]
    parent: Option<PathBuf>,
}

impl Subject {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let What::New(New { name, parent }) = self.what;
        let parent = parent.unwrap_or_else(|| own_folder().to_owned());
        let folder = make_skeleton(&parent, &name).map_err(|error| match error {
            SkeletonError::Path { .. } => Trouble::run(error),
            _ => Trouble::usage(error),
        })?;
        let folder = folder.display();
        say_line(&format!(
            "{folder}/profile.toml is there; harness/subjects/README.md explains it, `mtaspec check --subject {folder}` reads it"
        ));
        Ok(ExitCode::SUCCESS)
    }
}
