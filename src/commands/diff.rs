//! `mtaspec diff`: the newer report against the older.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_judge::report::Comparison;

use super::reports::read;
use crate::output::say;
use crate::progress::colour;
use crate::trouble::Trouble;

/// Hold a report against an older one; the exit code is 1 if anything is worse
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// What `run --report json=FILE` wrote then
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// What it wrote now
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let comparison = Comparison::of(&read(&self.old)?, &read(&self.new)?);
        if self.json {
            say(&comparison.to_json());
        } else {
            say(&comparison.told(colour()));
        }
        Ok(ExitCode::from(comparison.exit_code()))
    }
}
