//! Whether the subject outlived the case: nobody writes it down, and it is expected of every subject.

use super::finding::{Finding, FindingVerdict};
use crate::events::{Event, Recording, What};
use crate::scenario::{Level, Wanted};

/// The word of the finding, which a list of known failures may name.
pub(super) const ALIVE: &str = "alive";

/// What is said of a subject that died although the case does not speak of it; of one that lives nothing is said.
///
/// Who died of a case that it was alone with fails it. Of many cases at once it is not known which it was, and what a
/// dead subject did before proves nothing.
pub(super) fn survival(recording: &Recording) -> Option<Finding> {
    if is_spoken_of(recording) {
        return None;
    }
    let died = |(index, event): (usize, &Event)| match event.what {
        What::SubjectEnded { code, shared } => Some((index, event.step, code, shared)),
        _ => None,
    };
    let (index, step, code, shared) = recording.events.iter().enumerate().find_map(died)?;
    let shared_by = "the subject ended while this case and others ran: it may be another's doing";
    Some(Finding {
        expectation: ALIVE.to_owned(),
        wanted: "true".to_owned(),
        got: match code {
            Some(code) => format!("false: it ended with code {code}"),
            None => "false: it was ended by a signal".to_owned(),
        },
        requirements: Vec::new(),
        level: Level::Must,
        verdict: match shared {
            true => FindingVerdict::Inconclusive,
            false => FindingVerdict::Fail,
        },
        reason: shared.then(|| shared_by.to_owned()),
        kind: None,
        link: None,
        place: recording.case.place.clone(),
        step: step.max(1),
        decisive: vec![index],
        unsaid: true,
    })
}

fn is_spoken_of(recording: &Recording) -> bool {
    let steps = recording.case.steps.iter();
    let mut keys = steps
        .flat_map(|step| &step.expect)
        .flat_map(|table| &table.keys);
    keys.any(|key| match &key.wanted {
        Wanted::Saw(patterns) | Wanted::Order(patterns) => {
            (patterns.iter()).any(|pattern| pattern.event == "subject-ended")
        }
        _ => false,
    })
}
