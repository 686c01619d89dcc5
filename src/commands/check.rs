//! `mtaspec check`: reads scenario files and tells every problem with its place.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_judge::scenario::Suite;

use crate::output::say_line;
use crate::selection::{SuiteFolder, refuse};
use crate::trouble::Trouble;

/// Read scenario files and tell every problem
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files and folders [default: the suite]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let catalogue = self.suite.catalogue()?;
        let roots = if self.paths.is_empty() {
            vec![self.suite.path()?]
        } else {
            self.paths
        };
        let (suite, problems) = Suite::load(&roots, Some(&catalogue));
        refuse(&problems)?;
        if suite.cases.is_empty() {
            return Err(Trouble::usage("there is no scenario in these files"));
        }
        let (files, cases) = (suite.files.len(), suite.cases.len());
        say_line(&format!("{cases} cases in {files} files, nothing wrong"));
        Ok(ExitCode::SUCCESS)
    }
}
