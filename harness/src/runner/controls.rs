//! What a relay has to show before anything else is said of it: mail goes out and comes back, and each kind of policy is
//! kept where it is kept and enforced where it is broken. Who fails here is not told right, or not what its profile says.

use std::sync::Arc;

use mtaspec_judge::scenario::{Case, Catalogue, read_text};
use mtaspec_judge::verdict::{CaseResult, FindingVerdict, JudgeOptions, Verdict};

use super::schedule::Evidence;

/// The scenarios of the controls.
const CONTROLS: &str = include_str!("../../subjects/controls.toml");
/// Their file, as problems name it.
const FILE: &str = "harness/subjects/controls.toml";

/// A control that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misconfigured {
    /// The control.
    pub case: String,
    /// What its subject claims to be able to do; empty: whatever else is claimed, this must be.
    pub capabilities: Vec<String>,
    /// What was seen.
    pub saw: String,
}

/// The controls of all capabilities.
///
/// # Panics
/// When the file of the controls is wrong, which a test would show.
#[must_use]
pub fn controls() -> Vec<Arc<Case>> {
    let nothing = Catalogue::default();
    let (cases, problems) = read_text(FILE, "controls", CONTROLS, &nothing, true);
    assert!(problems.is_empty(), "{problems}");
    cases.into_iter().map(Arc::new).collect()
}

/// Says of a control that was played whether it failed.
#[must_use]
pub fn control_failed(control: &Evidence) -> Option<Misconfigured> {
    let result = control.judge(&JudgeOptions::default());
    let needed = &control.recording.case.capabilities;
    (result.verdict != Verdict::Pass).then(|| Misconfigured {
        case: result.id.clone(),
        capabilities: needed.iter().cloned().collect(),
        saw: saw(&result),
    })
}

/// What was got in place of what was wanted.
fn saw(result: &CaseResult) -> String {
    let findings = result.findings.iter();
    let missed = findings.filter(|finding| finding.verdict != FindingVerdict::Pass);
    let told: Vec<String> = missed
        .map(|finding| format!("{} is {}", finding.expectation, finding.got))
        .collect();
    match (&result.reason, told.is_empty()) {
        (Some(reason), true) => reason.clone(),
        (_, true) => result.verdict.as_str().to_owned(),
        _ => told.join(", "),
    }
}
