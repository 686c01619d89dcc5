//! `mtaspec check`: reads scenario files and tells every problem with its place.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_judge::scenario::Suite;

use crate::output::say_line;
use crate::selection::{SuiteFolder, no_scenario, refuse};
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
            return Err(no_scenario(&roots));
        }
        let cases = counted(suite.cases.len(), "case");
        let files = counted(suite.files.len(), "file");
        say_line(&format!("{cases} in {files}, nothing wrong"));
        Ok(ExitCode::SUCCESS)
    }
}

fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}
