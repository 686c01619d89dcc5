//! `mtaspec judge`: recordings are judged again, by their own expectations or by those of today.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use mtaspec_harness::runner::{Evidence, with_causes};
use mtaspec_judge::events::Recording;
use mtaspec_judge::report;
use mtaspec_judge::scenario::{Case, Catalogue, Step, Suite};
use mtaspec_judge::verdict::{JudgeOptions, RowProfile, Verdict};

use super::run::ProfileWord;
use crate::output::{say, say_line};
use crate::progress::colour;
use crate::selection::{SuiteFolder, refuse};
use crate::trouble::Trouble;

/// Judge recordings again
#[derive(Debug, Args)]
pub(crate) struct JudgeAgain {
    /// Files that `run --record` has written, or folders of them; a refusal needs the recording of its twin too
    #[arg(value_name = "RECORDING", required = true)]
    recordings: Vec<PathBuf>,
    /// Judge by what the scenario files there say now
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Count the rows of one set alone
    #[arg(long, value_enum)]
    profile: Option<ProfileWord>,
    /// A missed should fails
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl JudgeAgain {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let catalogue = self.suite.catalogue()?;
        let mut recordings = Vec::new();
        for path in files(&self.recordings)? {
            recordings.push(read(&path)?);
        }
        if let Some(folder) = &self.against {
            bring_up_to_date(&mut recordings, folder, &catalogue)?;
        }
        let options = JudgeOptions {
            profile: self.profile.map(RowProfile::from),
            strict: self.strict,
            known_failures: Vec::new(),
        };
        let mut results = Vec::new();
        for evidence in Evidence::among(recordings) {
            let result = evidence.judge(&options);
            say_line(&report::line(&result, colour()));
            if !matches!(result.verdict, Verdict::Pass | Verdict::Skip) {
                say(&report::detail(
                    &result,
                    &evidence.recording,
                    &catalogue,
                    colour(),
                ));
            }
            results.push(result);
        }
        if results.is_empty() {
            return Err(Trouble::usage(
                "there is no recording of a case, only of twins",
            ));
        }
        say_line(&format!("\n{}", report::summary(&results, colour())));
        Ok(ExitCode::from(report::exit_code(&results, true)))
    }
}

/// The files, and those in the folders, in the order of names.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut inside: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension().is_some_and(|word| word == "jsonl"))
            .collect();
        inside.sort();
        files.extend(inside);
    }
    let mut known = HashSet::new();
    files.retain(|file| {
        let real = file.canonicalize().unwrap_or_else(|_| file.clone());
        known.insert(real)
    });
    if files.is_empty() {
        return Err(Trouble::usage(
            "there is no recording in these folders; `run --record DIR` writes them",
        ));
    }
    Ok(files)
}

pub(super) fn read(path: &Path) -> Result<Recording, Trouble> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Recording::read_from(BufReader::new(file)).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &(dyn std::error::Error + 'static)) -> Trouble {
    Trouble::usage(format!(
        "{} cannot be read: {}",
        path.display(),
        with_causes(error)
    ))
}

/// Takes over the expectations of today's files. A case that sets up something else today cannot be judged by what
/// happened then.
fn bring_up_to_date(
    recordings: &mut [Recording],
    folder: &Path,
    catalogue: &Catalogue,
) -> Result<(), Trouble> {
    let (suite, problems) = Suite::load(&[folder.to_owned()], Some(catalogue));
    refuse(&problems)?;
    for recording in recordings {
        let id = &recording.case.id;
        if id.starts_with("twin/") {
            continue;
        }
        let today = suite.cases.iter().find(|case| case.id == *id);
        let today = today.ok_or_else(|| {
            Trouble::usage(format!(
                "{} has no case {id}; judge it without --against",
                folder.display()
            ))
        })?;
        if set_up(today) != set_up(&recording.case) {
            return Err(Trouble::usage(format!(
                "{id} sets up something else today; record it again"
            )));
        }
        recording.case = today.clone();
    }
    Ok(())
}

/// A case without what it expects.
fn set_up(case: &Case) -> Vec<Step> {
    let bare = |step: &Step| Step {
        expect: Vec::new(),
        ..step.clone()
    };
    case.steps.iter().map(bare).collect()
}
