//! Whatever the engine says in a notice or in a report, the world has seen: over all cases that it plays, not only where a
//! file asks for it.

use mtaspec_judge::events::What;
use mtaspec_judge::verdict::untruths;

use super::play::by_the_engine;

#[test]
fn the_engine_says_nothing_that_the_world_did_not_see() {
    let (mut told, mut placed, mut lies) = (0, 0, Vec::new());
    for (result, evidence) in by_the_engine() {
        for recording in evidence.twins.iter().chain([&evidence.recording]) {
            let is_telling = |what: &What| match what {
                What::ReportPosted { .. } | What::ReportMailed { .. } => true,
                What::MessageAccepted { content, .. } => content.contains("delivery-status"),
                _ => false,
            };
            let events = recording.events.iter();
            told += events.filter(|event| is_telling(&event.what)).count();
            let events = recording.events.iter();
            placed += events.filter(|event| says_from_where(&event.what)).count();
            let of_recording = untruths(recording).into_iter();
            lies.extend(of_recording.map(|lie| format!("{}: {}", result.id, lie.text)));
        }
    }
    assert!(told > 100, "only {told} notices and reports were told");
    assert!(
        placed > 20,
        "only {placed} reports say where sessions came from"
    );
    assert!(
        lies.is_empty(),
        "{} of {told}:\n{}",
        lies.len(),
        lies.join("\n")
    );
}

/// Whether something is a report with the address that failed sessions came from (RFC 8460 §4.4).
fn says_from_where(what: &What) -> bool {
    match what {
        What::ReportPosted { body, .. } | What::ReportMailed { body, .. } => {
            body.contains("sending-mta-ip")
        }
        _ => false,
    }
}
