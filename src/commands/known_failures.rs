//! The list of failures that are known of a subject: read before a run, held against it, and drafted from it.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use mtaspec_judge::report;
use mtaspec_judge::verdict::{CaseResult, KnownFailure, read_known_failures, unmet};

use super::report_file::unwritable;
use crate::output::say;
use crate::selection::Selection;
use crate::trouble::Trouble;

/// More than any list has, in octets.
const MOST: u64 = 4 * 1024 * 1024;

/// Where the list is, and where a new one goes.
#[derive(Debug, Args)]
pub(super) struct KnownFailures {
    /// A list of failures that are known, as `--write-known-failures` drafts it; one that does not happen fails the run
    #[arg(long, value_name = "FILE")]
    known_failures: Option<PathBuf>,
    /// Draft the list from what failed in this run; the reasons are yours to fill in
    #[arg(long, value_name = "FILE")]
    write_known_failures: Option<PathBuf>,
}

impl KnownFailures {
    /// The file of the draft, if there is to be one.
    pub(super) fn written(&self) -> Option<&Path> {
        self.write_known_failures.as_deref()
    }

    /// The list. A draft that cannot be written shows here, before the run.
    pub(super) fn read(&self) -> Result<Vec<KnownFailure>, Trouble> {
        if let Some(path) = &self.write_known_failures {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| unwritable("list", path, &error))?;
        }
        let Some(path) = &self.known_failures else {
            return Ok(Vec::new());
        };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(MOST).read_to_string(&mut text))
            .map_err(|error| {
                Trouble::usage(format!(
                    "{} cannot be read: {error}; give the list that --write-known-failures has drafted",
                    path.display()
                ))
            })?;
        read_known_failures(&path.display().to_string(), &text)
            .map_err(|problems| Trouble::known_failures(&problems))
    }

    /// Tells what on the list did not happen; whether all did.
    pub(super) fn tell(
        &self,
        known: &[KnownFailure],
        results: &[CaseResult],
        selection: &Selection,
        is_whole: bool,
    ) -> bool {
        let ids: Vec<&str> = ids(selection);
        let unmet = unmet(known, results, is_whole.then_some(&ids));
        say(&report::unmet(&unmet));
        unmet.is_empty()
    }

    /// Writes the draft.
    pub(super) fn write(
        &self,
        known: &[KnownFailure],
        results: &[CaseResult],
        selection: &Selection,
    ) -> Result<(), Trouble> {
        let Some(path) = &self.write_known_failures else {
            return Ok(());
        };
        let draft = report::draft(results, known, &ids(selection), &selection.catalogue);
        std::fs::write(path, draft).map_err(|error| unwritable("list", path, &error))
    }
}

fn ids(selection: &Selection) -> Vec<&str> {
    (selection.known.iter())
        .map(|case| case.id.as_str())
        .collect()
}
