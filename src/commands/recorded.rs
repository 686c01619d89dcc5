//! Whether recordings show what a report says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use mtaspec_harness::runner::Evidence;
use mtaspec_judge::report::{FiledReport, FindingReport, RunReport, missed_musts};
use mtaspec_judge::verdict::{CaseResult, FindingVerdict, JudgeOptions};

use super::judge::{files, read};
use crate::trouble::Trouble;

/// So many contradictions are told.
const TOLD: usize = 5;

/// The recordings of a run, judged again as its report was, but with nothing forgiven.
pub(super) struct Recorded {
    folder: PathBuf,
    results: HashMap<String, CaseResult>,
}

/// The last name of a path.
pub(super) fn folder_name(folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(
        || ".".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

impl Recorded {
    pub(super) fn read(folder: &Path, report: &RunReport) -> Result<Self, Trouble> {
        let mut recordings = Vec::new();
        for path in files(&[folder.to_owned()])? {
            let recording = read(&path)?;
            let subject = &recording.subject;
            if (&subject.name, &subject.version) != (&report.subject, &report.subject_version) {
                return Err(Trouble::usage(format!(
                    "{} is of {} {}, and the report of {} {}; give the recordings of the same run",
                    path.display(),
                    subject.name,
                    subject.version,
                    report.subject,
                    report.subject_version
                )));
            }
            recordings.push(recording);
        }
        let options = JudgeOptions {
            profile: report.rows,
            strict: report.strict,
            known_failures: Vec::new(),
        };
        let judged = Evidence::among(recordings)
            .into_iter()
            .map(|evidence| evidence.judge(&options));
        Ok(Self {
            folder: folder.to_owned(),
            results: judged.map(|result| (result.id.clone(), result)).collect(),
        })
    }

    /// Each must that the report has as missed is missed in the recording of its case.
    pub(super) fn show(&self, filed: &FiledReport) -> Result<(), Trouble> {
        let not_shown: Vec<String> = missed_musts(&filed.report)
            .filter_map(|(case, finding)| {
                let why = match self.results.get(&case.id) {
                    None => "there is no recording of it".to_owned(),
                    Some(result) if !shows(result, finding) => format!(
                        "its recording does not show {} = {}",
                        finding.expectation, finding.got
                    ),
                    Some(_) => return None,
                };
                Some(format!("{}: {why}", case.id))
            })
            .collect();
        if not_shown.is_empty() {
            return Ok(());
        }
        let told = &not_shown[..not_shown.len().min(TOLD)];
        Err(Trouble::usage(format!(
            "{} has {} failures that the recordings in {} do not show; give those of the same run ({}{})",
            filed.file,
            not_shown.len(),
            self.folder.display(),
            told.join("; "),
            if told.len() < not_shown.len() {
                "; ..."
            } else {
                ""
            }
        )))
    }
}

fn shows(result: &CaseResult, wanted: &FindingReport) -> bool {
    result.findings.iter().any(|finding| {
        finding.verdict == FindingVerdict::Fail
            && finding.step == wanted.step
            && finding.expectation == wanted.expectation
            && finding.wanted == wanted.wanted
            && finding.got == wanted.got
            && finding.requirements == wanted.requirements
    })
}
