//! What a relay shows of itself: its controls are played, and what it claims and does not keep takes its cases out of the run.
//!
//! That mail goes out and comes back is shown before anything else, since no case means anything without it. The controls of
//! single capabilities wait for messages to be given up, so they are played with the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mtaspec_harness::runner::{
    Evidence, Misconfigured, Player, Stop, control_failed, controls, play_first, tell_relay,
    with_causes,
};
use mtaspec_harness::subject::{RelayOfRun, Subject as _};
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::CaseResult;

use crate::output::complain;
use crate::trouble::Trouble;

/// The controls of a run, and what came of them.
pub(super) struct Proof {
    name: String,
    /// Those of single capabilities.
    waiting: Vec<Arc<Case>>,
    /// By capability, the control that failed.
    unproved: BTreeMap<String, String>,
}

impl Proof {
    /// Tells the relay of all cases, and of the controls of what they need, and plays those of what every relay must do.
    ///
    /// # Errors
    /// When it cannot be told, does not start, or lets no mail out or in.
    pub(super) fn begin(
        player: &mut Player,
        relay: &RelayOfRun,
        cases: &[Arc<Case>],
        known: &[Arc<Case>],
        stop: &Stop,
    ) -> Result<Self, Trouble> {
        let claimed = relay.capabilities();
        let asked: BTreeSet<&String> = (cases.iter()).flat_map(|case| &case.capabilities).collect();
        let mut own = controls();
        own.retain(|control| {
            let mut needed = control.capabilities.iter();
            needed.all(|word| claimed.contains(word) && asked.contains(word))
        });
        for (cases, known) in [(&own[..], &own[..]), (cases, known)] {
            tell_relay(player, relay, cases, known)
                .map_err(|failure| Trouble::run(with_causes(&failure)))?;
        }
        let (first, waiting): (Vec<_>, Vec<_>) =
            (own.into_iter()).partition(|control| control.capabilities.is_empty());
        let mut proof = Self {
            name: relay.name().to_owned(),
            waiting,
            unproved: BTreeMap::new(),
        };
        let played = play_first(player, relay, &first, stop)
            .map_err(|error| Trouble::run(format!("{}: {error}", proof.name)))?;
        let failed = played.iter().filter_map(control_failed).collect();
        if proof.note(failed) {
            // Then all is heard that it says.
            relay.dismiss();
            return Err(Trouble::run(format!(
                "{} does not let mail out and notices back in, so nothing can be said of it; what it said last:{}",
                proof.name,
                relay.last_said()
            )));
        }
        Ok(proof)
    }

    /// These cases behind the controls that wait to be played.
    pub(super) fn before(&self, cases: &[Arc<Case>]) -> Vec<Arc<Case>> {
        self.waiting.iter().chain(cases).cloned().collect()
    }

    /// Takes the controls out of what was played, and notes those that failed.
    pub(super) fn sift(&mut self, played: Vec<Evidence>) -> Vec<Evidence> {
        let is_control =
            |one: &Evidence| (self.waiting.iter()).any(|own| own.id == one.recording.case.id);
        let (own, cases): (Vec<_>, Vec<_>) = played.into_iter().partition(is_control);
        self.note(own.iter().filter_map(control_failed).collect());
        cases
    }

    /// Why nothing is said of a case: the relay does not do what it claims and the case needs.
    pub(super) fn lacks(&self, case: &Case) -> Option<String> {
        let mut needed = case.capabilities.iter();
        needed.find_map(|word| {
            let control = self.unproved.get(word)?;
            Some(format!(
                "misconfigured: `{word}` is claimed and {control} fails"
            ))
        })
    }

    /// Tells of controls that failed. Says whether any is of what every relay must do.
    fn note(&mut self, mut failed: Vec<Misconfigured>) -> bool {
        failed.sort_by(|one, other| one.case.cmp(&other.case));
        for one in &failed {
            complain(&format!(
                "mtaspec: {} is misconfigured: {}: {}",
                self.name, one.case, one.saw
            ));
            for capability in &one.capabilities {
                let control = self.unproved.entry(capability.clone());
                control.or_insert_with(|| one.case.clone());
            }
        }
        failed.iter().any(|one| one.capabilities.is_empty())
    }
}

/// The cases of which the profile does not say that they show nothing of the relay, and those others, skipped.
pub(super) fn judgeable(
    relay: &RelayOfRun,
    cases: &[Arc<Case>],
) -> (Vec<Arc<Case>>, Vec<CaseResult>) {
    let (mut judgeable, mut skipped) = (Vec::new(), Vec::new());
    for case in cases {
        match relay.profile().skips(&case.id) {
            None => judgeable.push(Arc::clone(case)),
            Some(why) => skipped.push(CaseResult::skipped(case, why)),
        }
    }
    (judgeable, skipped)
}
