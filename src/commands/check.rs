//! `mtaspec check`: reads scenario files, or the profile of a relay, and tells every problem with its place.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_harness::subject::profile::Profile;
use mtaspec_judge::scenario::Suite;

use crate::output::say_line;
use crate::relays::profile_folder;
use crate::selection::{SuiteFolder, no_scenario, refuse};
use crate::trouble::Trouble;

/// Read scenario files, or the profile of a relay, and tell every problem
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files and folders [default: the suite]
    paths: Vec<PathBuf>,
    /// A profile instead: its folder, or the name of one that the suite has
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    subject: Option<String>,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        if let Some(subject) = &self.subject {
            return self.check_profile(subject);
        }
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

    /// With the suite beside it, cases that a profile speaks of have to be there.
    fn check_profile(&self, subject: &str) -> Result<ExitCode, Trouble> {
        let folder = profile_folder(subject)?;
        let suite = match self.suite.path() {
            // Without a suite the profile alone is read; one that was asked for has to be there.
            Err(_) if !self.suite.is_said() => None,
            _ => Some(self.suite.select(&[])?.cases),
        };
        let ids: Option<Vec<&str>> =
            (suite.as_ref()).map(|cases| cases.iter().map(|case| case.id.as_str()).collect());
        let profile = Profile::load_beside(&folder, ids.as_deref())
            .map_err(|problems| Trouble::profile(&problems))?;
        let can = match profile.capabilities.len() {
            1 => "1 capability".to_owned(),
            many => format!("{many} capabilities"),
        };
        let templates = profile.files.iter().filter(|file| file.is_template());
        let templates = counted(templates.count(), "template");
        let name = &profile.name;
        say_line(&format!("{name}: {can}, {templates}, nothing wrong"));
        Ok(ExitCode::SUCCESS)
    }
}

fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}
