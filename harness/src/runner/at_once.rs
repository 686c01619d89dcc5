//! All cases of a run at once, against one relay that serves all of them.
//!
//! A relay's time is the world's and nobody moves it, so its cases do not wait for each other: each is played on a thread
//! of its own, as in `run.rs`. What may kill the relay is played last, each case alone and with a relay started anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mtaspec_judge::events::Recording;
use mtaspec_judge::scenario::Case;

use super::case::Player;
use super::run::{Stop, play_apart};
use super::schedule::{Evidence, Schedule};
use crate::plan::{Label, PlanError};
use crate::subject::{RelayOfRun, SubjectError};

/// Plays are many and each waits most of the time: a small stack is enough, and keeps their memory small.
const STACK: usize = 2 << 20;

/// Why a run against a relay could not be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayRunError {
    /// The relay.
    #[error("{0}")]
    Relay(#[from] SubjectError),
    /// A thread.
    #[error("no thread for a case: {0}")]
    Thread(#[from] std::io::Error),
}

/// Plays `cases`, and of `known` what they name as twins, each once. `ready` hears of the cases that can be judged, of all that
/// were played together at a time.
///
/// # Errors
/// When the relay cannot be started. A relay that ends while it runs is told by the cases.
pub fn play_at_once(
    player: &Player,
    relay: &RelayOfRun,
    cases: &[Arc<Case>],
    known: &[Arc<Case>],
    stop: &Stop,
    mut ready: impl FnMut(Vec<Evidence>),
) -> Result<(), RelayRunError> {
    let mut schedule = Schedule::new(cases, known);
    for wave in waves(relay, schedule.plays()) {
        if stop.is_wanted() {
            break;
        }
        // Behind the controls it would go on, and these want one that was started anew.
        if wave
            .iter()
            .any(|case| relay.profile().is_dangerous(&case.id))
        {
            relay.dismiss();
        }
        let recordings = play_wave(player, relay, &wave, Then::Ends, stop)?;
        ready(judgeable(&mut schedule, recordings));
    }
    relay.dismiss();
    Ok(())
}

/// Plays what has to be seen before anything else. Nobody waits for what comes late, and the relay goes on to what is played next.
///
/// # Errors
/// When the relay cannot be started.
pub fn play_first(
    player: &Player,
    relay: &RelayOfRun,
    cases: &[Arc<Case>],
    stop: &Stop,
) -> Result<Vec<Evidence>, RelayRunError> {
    let mut schedule = Schedule::new(cases, cases);
    let recordings = play_wave(player, relay, &schedule.plays(), Then::GoesOn, stop)?;
    Ok(judgeable(&mut schedule, recordings))
}

/// What can be judged now that these were played.
fn judgeable(schedule: &mut Schedule, recordings: Vec<Recording>) -> Vec<Evidence> {
    let played = recordings.into_iter();
    played.flat_map(|one| schedule.played(one)).collect()
}

/// Plans all that is to be played, and tells the relay of all of it.
///
/// # Errors
/// When a case cannot be planned.
pub fn tell_relay(
    player: &mut Player,
    relay: &RelayOfRun,
    cases: &[Arc<Case>],
    known: &[Arc<Case>],
) -> Result<(), PlanError> {
    for case in Schedule::new(cases, known).plays() {
        let planned = player.plan(&case)?;
        relay.add(&planned);
        player.planned.insert(case.id.clone(), planned);
    }
    Ok(())
}

/// All that is harmless together, then each of the others alone.
fn waves(relay: &RelayOfRun, plays: Vec<Arc<Case>>) -> Vec<Vec<Arc<Case>>> {
    let (dangerous, harmless): (Vec<_>, Vec<_>) =
        (plays.into_iter()).partition(|case| relay.profile().is_dangerous(&case.id));
    let alone = dangerous.into_iter().map(|case| vec![case]);
    std::iter::once(harmless)
        .filter(|wave| !wave.is_empty())
        .chain(alone)
        .collect()
}

/// What becomes of the relay behind a wave.
#[derive(Clone, Copy)]
enum Then {
    /// It goes on at once.
    GoesOn,
    /// What comes late is waited for, and it is stopped.
    Ends,
}

fn play_wave(
    player: &Player,
    relay: &RelayOfRun,
    wave: &[Arc<Case>],
    then: Then,
    stop: &Stop,
) -> Result<Vec<Recording>, RelayRunError> {
    let token = player.plan.token.as_deref();
    let label = |case: &Arc<Case>| Label::of(&case.id, token);
    let labels = wave.iter().map(|case| label(case).as_str().to_owned());
    let quiet = match then {
        Then::GoesOn => Duration::ZERO,
        Then::Ends => relay.profile().times.quiet,
    };
    let shift = relay.begin(labels.collect(), quiet)?;
    let recordings = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for case in wave {
            let play = || {
                if let Some(recording) = play_apart(player, case, stop) {
                    let mut all = recordings.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(recording);
                }
                // One that never came so far as to meet the relay must not be waited for.
                shift.leave(label(case).as_str());
            };
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, play)?;
        }
        Ok::<(), std::io::Error>(())
    })?;
    match then {
        Then::GoesOn => shift.stay(),
        Then::Ends => shift.end(),
    }
    Ok(recordings
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}
