//! `mtaspec pki new DIR`: authorities whose private keys nobody else has.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mtaspec_certs::{AuthorityFiles, catalogue};
use mtaspec_harness::runner::with_causes;

use crate::output::say_line;
use crate::trouble::Trouble;

/// Make test authorities of your own
#[derive(Debug, Args)]
pub(crate) struct Pki {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make new authorities in a folder that is new or empty
    New {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

impl Pki {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let Action::New { folder } = self.action;
        let profile = catalogue::authorities();
        AuthorityFiles::generate(profile)
            .and_then(|files| files.write_new(&folder))
            .map_err(|error| Trouble::usage(with_causes(&error)))?;
        say_line(&format!("new authorities are in {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
