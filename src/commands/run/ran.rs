//! What a run brought: verdicts, what was skipped, and the recordings.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_harness::runner::{Evidence, Stop};
use mtaspec_judge::events::{Recording, SubjectName, file_name};
use mtaspec_judge::report;
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::{CaseResult, JudgeOptions, Verdict};

use crate::progress::Progress;

/// Why cases were skipped, and how many for each reason.
pub(super) fn reasons(skipped: &[CaseResult]) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for result in skipped {
        *reasons
            .entry(result.reason.as_deref().unwrap_or_default())
            .or_default() += 1;
    }
    reasons
}

/// What a run brought.
pub(super) struct Ran {
    pub(super) subject: SubjectName,
    pub(super) judged: Vec<(CaseResult, Arc<Recording>)>,
    pub(super) skipped: Vec<CaseResult>,
    pub(super) began: SystemTime,
    pub(super) lasted: Duration,
    pub(super) interrupted: bool,
    pub(super) unwritten: Vec<String>,
}

impl Ran {
    /// The results in the order of the cases, whichever ended first.
    pub(super) fn in_order_of(&mut self, cases: &[Arc<Case>]) -> Vec<CaseResult> {
        let place: HashMap<&str, usize> = cases
            .iter()
            .enumerate()
            .map(|(index, case)| (case.id.as_str(), index))
            .collect();
        self.judged
            .sort_by_key(|(result, _)| place.get(result.id.as_str()).copied());
        let judged = self.judged.iter().map(|(result, _)| result.clone());
        let mut results: Vec<_> = judged.chain(self.skipped.iter().cloned()).collect();
        results.sort_by_key(|result| place.get(result.id.as_str()).copied());
        results
    }

    /// What could not be done goes before what failed.
    pub(super) fn exit_code(&self, results: &[CaseResult], as_listed: bool) -> ExitCode {
        if self.interrupted || !self.unwritten.is_empty() {
            return ExitCode::from(3);
        }
        let code = report::exit_code(results, true);
        ExitCode::from(if as_listed { code } else { code.max(1) })
    }
}

/// Hears of each case while the run goes on.
pub(super) struct Listener<'r> {
    pub(super) ran: &'r mut Ran,
    pub(super) progress: &'r Progress,
    pub(super) options: &'r JudgeOptions,
    /// Where recordings are kept, if they are.
    pub(super) record: Option<&'r Path>,
    /// Ends the run at the first failure.
    pub(super) at_failure: Option<&'r Stop>,
}

impl Listener<'_> {
    /// A case was played, and is judged.
    pub(super) fn judged(&mut self, evidence: Evidence) {
        let result = evidence.judge(self.options);
        self.progress.done(&result);
        if let Some(stop) = self.at_failure
            && matches!(result.verdict, Verdict::Fail | Verdict::Error)
        {
            stop.now();
        }
        if let Some(folder) = self.record {
            let unwritten = write_recordings(folder, &evidence);
            self.ran.unwritten.extend(unwritten);
        }
        self.ran.judged.push((result, evidence.recording));
    }

    /// A case was played for nothing.
    pub(super) fn skipped(&mut self, evidence: &Evidence, why: &str) {
        let result = CaseResult::skipped(&evidence.recording.case, why);
        self.progress.done(&result);
        self.ran.skipped.push(result);
    }
}

/// Keeps a recording and those of its twins; gives back what could not be written.
fn write_recordings(folder: &Path, evidence: &Evidence) -> Vec<String> {
    let recordings = std::iter::once(&evidence.recording).chain(&evidence.twins);
    let write = |recording: &Arc<Recording>| {
        let path = folder.join(file_name(&recording.case.id));
        let written = File::create(&path).and_then(|file| recording.write_to(BufWriter::new(file)));
        written.err().map(|error| {
            format!(
                "the recording {} cannot be written: {error}",
                path.display()
            )
        })
    };
    recordings.filter_map(write).collect()
}
