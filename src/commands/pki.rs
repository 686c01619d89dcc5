//! `mtaspec pki new DIR`: authorities whose private keys nobody else has.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mtaspec_certs::AuthorityFiles;
use mtaspec_certs::catalogue::AuthorityProfile;
use mtaspec_harness::plan::Pool;
use mtaspec_harness::runner::with_causes;

use crate::naming::Base;
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
        /// A zone of yours that they vouch for in place of `test`
        #[arg(long, value_name = "NAME")]
        base: Option<Base>,
        /// Addresses that they vouch for beside the usual ones; may be given again
        #[arg(long, value_name = "PREFIX")]
        pool: Vec<Pool>,
    },
}

impl Pki {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let Action::New { folder, base, pool } = self.action;
        let base = base.as_ref().map_or("test", Base::as_str);
        let mut profile = AuthorityProfile::private(base);
        let ranges = pool.iter().map(ToString::to_string);
        profile.permitted_ranges.extend(ranges);
        AuthorityFiles::generate(&profile)
            .and_then(|files| files.write_new(&folder))
            .map_err(|error| Trouble::usage(with_causes(&error)))?;
        say_line(&format!("new authorities are in {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
