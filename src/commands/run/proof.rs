//! What a relay shows before its cases are played: it is told of all of them, and its controls are played.

use std::collections::BTreeMap;
use std::sync::Arc;

use mtaspec_harness::runner::{Player, Stop, controls, play_controls, tell_relay, with_causes};
use mtaspec_harness::subject::{RelayOfRun, Subject as _};
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::CaseResult;

use crate::output::complain;
use crate::trouble::Trouble;

/// Cases that are left to play, and those that show nothing of the relay or need what it has not shown to have.
pub(super) type Proved = (Vec<Arc<Case>>, Vec<CaseResult>);

/// Tells the relay of all cases and plays its controls.
///
/// # Errors
/// When it cannot be told, does not start, or lets no mail out or in.
pub(super) fn proved(
    player: &mut Player,
    relay: &RelayOfRun,
    cases: Vec<Arc<Case>>,
    known: &[Arc<Case>],
    stop: &Stop,
) -> Result<Proved, Trouble> {
    let (cases, mut skipped) = judgeable(relay, cases);
    let claimed = relay.capabilities();
    let mut own = controls();
    own.retain(|control| control.capabilities.is_subset(&claimed));
    for (cases, known) in [(&own[..], &own[..]), (&cases[..], known)] {
        tell_relay(player, relay, cases, known)
            .map_err(|failure| Trouble::run(with_causes(&failure)))?;
    }
    let name = relay.name();
    let failed = play_controls(player, relay, &own, stop)
        .map_err(|error| Trouble::run(format!("{name}: {error}")))?;
    let mut unproved: BTreeMap<&str, &str> = BTreeMap::new();
    for one in &failed {
        complain(&format!(
            "mtaspec: {name} is misconfigured: {}: {}",
            one.case, one.saw
        ));
        if one.capabilities.is_empty() {
            return Err(Trouble::run(format!(
                "{name} does not let mail out and notices back in, so nothing can be said of it; what it said last:{}",
                relay.last_said()
            )));
        }
        for capability in &one.capabilities {
            unproved.entry(capability).or_insert(&one.case);
        }
    }
    let lacks = |case: &Case| {
        let mut needed = case.capabilities.iter();
        needed.find_map(|word| Some((word.clone(), *unproved.get(word.as_str())?)))
    };
    let mut proved = Vec::new();
    for case in cases {
        match lacks(&case) {
            None => proved.push(case),
            Some((word, control)) => {
                let why = format!("misconfigured: `{word}` is claimed and {control} fails");
                skipped.push(CaseResult::skipped(&case, &why));
            }
        }
    }
    Ok((proved, skipped))
}

/// Without the cases of which the profile says that they show nothing of the relay.
fn judgeable(relay: &RelayOfRun, cases: Vec<Arc<Case>>) -> Proved {
    let mut proved = Proved::default();
    for case in cases {
        match relay.profile().skips(&case.id) {
            None => proved.0.push(case),
            Some(why) => proved.1.push(CaseResult::skipped(&case, why)),
        }
    }
    proved
}
