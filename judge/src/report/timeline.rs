//! The lines of the timeline that decide a finding, among what else happened where they stand.

use std::collections::BTreeSet;

use crate::events::{Event, Recording, What, line};
use crate::verdict::Finding;

/// More lines than this are told by their number alone.
const LINES: usize = 14;

/// The decisive lines, and the landmarks of that step, first of all those of the connections in which they stand.
pub(super) fn lines(finding: &Finding, recording: &Recording) -> Vec<String> {
    let decisive: BTreeSet<usize> = finding
        .decisive
        .iter()
        .copied()
        .filter(|index| *index < recording.events.len())
        .collect();
    let connections: BTreeSet<(&str, u32)> = decisive
        .iter()
        .filter_map(|index| connection_of(&recording.events[*index]))
        .collect();
    // Those of the same connections are told first.
    let mut landmarks: Vec<(bool, usize)> = recording
        .events
        .iter()
        .enumerate()
        .filter(|(index, event)| !decisive.contains(index) && event.step == finding.step)
        .filter(|(_, event)| is_landmark(event))
        .map(|(index, event)| {
            let is_beside = connection_of(event).is_none_or(|own| connections.contains(&own));
            (!is_beside, index)
        })
        .collect();
    landmarks.sort_unstable();
    let total = decisive.len() + landmarks.len();
    let mut shown: BTreeSet<usize> = decisive.into_iter().take(LINES).collect();
    let room = LINES - shown.len();
    shown.extend(landmarks.iter().take(room).map(|(_, index)| *index));
    let mut lines: Vec<String> = shown
        .iter()
        .map(|index| line(&recording.events[*index]))
        .collect();
    if total > shown.len() {
        lines.push(format!("{:>10}  and {} more", "", total - shown.len()));
    }
    lines
}

/// A connection to a fake that is not the subject's home.
fn connection_of(event: &Event) -> Option<(&str, u32)> {
    let host = event.host.as_deref()?;
    (host != "mx.home.test").then_some((host, event.connection?))
}

/// What tells most of what happened.
fn is_landmark(event: &Event) -> bool {
    if event.host.as_deref() == Some("mx.home.test") {
        return false;
    }
    match &event.what {
        What::Connect { .. }
        | What::TlsEstablished { .. }
        | What::TlsFailed { .. }
        | What::TlsAccepted { .. }
        | What::MessageAccepted { .. }
        | What::PolicyFetch { .. }
        | What::SubjectEnded { .. }
        | What::Answered { .. }
        | What::HarnessFailed { .. } => true,
        What::SmtpReply { code, verb, .. } => *code >= 400 || verb == "STARTTLS",
        What::DnsQuery { answer, .. } => !matches!(answer.as_str(), "noerror" | "nodata"),
        What::Injected { code, .. } => *code >= 400,
        _ => false,
    }
}
