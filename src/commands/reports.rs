//! Reports of runs are read from files.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use mtaspec_judge::report::{FiledReport, LONGEST_REPORT, RunReport};

use crate::trouble::Trouble;

/// Reads what `run --report json=FILE` has written.
pub(super) fn read(path: &Path) -> Result<FiledReport, Trouble> {
    let file = path.display().to_string();
    let mut text = Vec::new();
    File::open(path)
        .and_then(|opened| opened.take(LONGEST_REPORT as u64 + 1).read_to_end(&mut text))
        .map_err(|error| {
            Trouble::usage(format!(
                "{file} cannot be read: {error}; give a file that `mtaspec run --report json=FILE` has written"
            ))
        })?;
    match RunReport::parse(&text) {
        Ok(report) => Ok(FiledReport { file, report }),
        Err(error) => Err(Trouble::usage(format!("{file}:{error}"))),
    }
}
