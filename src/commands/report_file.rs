//! The report of a run goes to a file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use mtaspec_judge::report::RunReport;

use crate::trouble::Trouble;

/// `json=FILE`.
#[derive(Debug, Clone)]
pub(super) struct ReportFile(PathBuf);

impl ReportFile {
    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some(("json", file)) if !file.is_empty() => Ok(Self(file.into())),
            _ => Err("write json=FILE".to_owned()),
        }
    }
}

/// A report that cannot be written shows before the run, not after it.
pub(super) fn open(files: &[ReportFile]) -> Result<Vec<(PathBuf, File)>, Trouble> {
    let open = |ReportFile(path): &ReportFile| match File::create(path) {
        Ok(file) => Ok((path.clone(), file)),
        Err(error) => Err(unwritable("report", path, &error)),
    };
    files.iter().map(open).collect()
}

/// Writes the report.
pub(super) fn write(path: &Path, mut file: File, report: &RunReport) -> Result<(), Trouble> {
    file.write_all(report.to_json().as_bytes())
        .map_err(|error| {
            Trouble::run(format!(
                "the report {} cannot be written: {error}",
                path.display()
            ))
        })
}

/// What cannot be written is told before anything is played.
pub(super) fn unwritable(what: &str, path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::usage(format!(
        "the {what} {} cannot be written: {error}; give a place that can",
        path.display()
    ))
}
