//! `mtaspec settings`: reads settings files, tells what holds, and saves settings with a record of each change.

mod apply;
mod history;
mod search;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mtaspec_engine::settings::file::SettingsFile;

use crate::engine_settings::warn;
use crate::output::say_line;
use crate::trouble::Trouble;

/// Check, show, search and apply settings of the engine
#[derive(Debug, Args)]
pub(crate) struct Settings {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read a settings file and the files it names, and tell every problem
    Check {
        /// The file
        file: PathBuf,
    },
    /// Tell what holds, in words
    Show(show::Show),
    /// Tell which lists, rules and routes speak of a word, and what holds for mail to and from an address
    Search(search::Search),
    /// Save settings, with an audit record for each change
    Apply(apply::Apply),
    /// Tell what was changed, when and by whom
    History(history::History),
}

impl Settings {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        match self.what {
            What::Check { file } => check(&file),
            What::Show(show) => show.run(),
            What::Search(search) => search.run(),
            What::Apply(apply) => apply.run(),
            What::History(history) => history.run(),
        }
    }
}

fn check(path: &Path) -> Result<ExitCode, Trouble> {
    let read = SettingsFile::load(path).map_err(|problems| Trouble::settings(&problems))?;
    warn(&read.warnings);
    let counts = [
        (read.file.lists().len(), "list"),
        (read.file.settings().rules.len(), "rule"),
        (read.file.settings().routes.len(), "route"),
    ];
    let counts: Vec<String> = counts.map(|(number, what)| counted(number, what)).into();
    say_line(&match read.warnings.iter().count() {
        0 => format!("{}, nothing wrong", counts.join(", ")),
        number => format!("{}, {}", counts.join(", "), counted(number, "warning")),
    });
    Ok(ExitCode::SUCCESS)
}

fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}
