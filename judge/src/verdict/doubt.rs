//! When what holds proves nothing (SCENARIOS §10): twin, and what was met.
//!
//! That nothing was delivered may only mean that the subject is down. So in a step where a message was not delivered
//! what holds is inconclusive, unless its outcome was accepted, the twin was delivered, and all that differs from
//! the twin was met. A step without messages rests on those of the steps before it.

use std::collections::BTreeSet;

use super::delivery::outcomes_in_words;
use super::evidence::Evidence;
use super::finding::Raw;
use super::outcome::Outcome;
use super::scope::Scope;
use crate::events::{By, What};
use crate::scenario::{
    Difference, FaultPlace, World, differences, differences_of_client, is_same_name,
};

/// What became of the healthy twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwinResult {
    /// This subject delivered it.
    Delivered,
    /// It did not; in a few words what happened instead.
    NotDelivered(String),
    /// The case accepts no refusal.
    NotNeeded,
}

/// Why what holds in a step proves nothing, if so.
pub(crate) struct Doubt {
    pub(crate) reason: String,
    /// What was seen with positive evidence still counts.
    pub(crate) only_silence: bool,
}

/// The doubt of a step, if there is one.
pub(crate) fn doubt(
    evidence: &Evidence<'_>,
    step: usize,
    tables: &[Vec<Raw>],
    twin: &TwinResult,
) -> Option<Doubt> {
    let full = |reason: String| {
        Some(Doubt {
            reason,
            only_silence: false,
        })
    };
    let said_nothing = |step: usize| {
        !evidence
            .events(step..=step)
            .any(|(_, event)| match &event.what {
                What::SmtpReply { .. } | What::TlsEstablished { .. } | What::Answered { .. } => {
                    true
                }
                // An alert is an answer, too.
                What::TlsFailed { by, alert, .. } => *by == By::Receiver && alert.is_some(),
                _ => false,
            })
    };
    if evidence.is_inbound() && said_nothing(step) {
        return full("the subject answered nothing".to_owned());
    }
    let script = Difference::Client("script".to_owned());
    if evidence.is_inbound()
        && evidence.case().client.script.is_some()
        && !is_met(evidence, step, &script)
    {
        return full("the subject did not let the dialogue go to its end".to_owned());
    }
    let said: Vec<&(String, String, bool)> = tables
        .iter()
        .flatten()
        .flat_map(|raw| &raw.accepts)
        .collect();
    let is_judged = |one: &Outcome| said.iter().any(|(message, ..)| *message == one.message);
    let undelivered: Vec<Outcome> = Scope::of_step_or_before(evidence, step)
        .outcomes
        .into_iter()
        .filter(|one| !one.is_delivered())
        .filter(|one| is_judged(one) || !broken_off(evidence, one, step))
        .collect();
    if undelivered.is_empty() {
        return None;
    }
    let what = outcomes_in_words(&undelivered);
    let refused = undelivered.iter().any(|one| {
        said.iter().any(|(message, recipient, accepted)| {
            !accepted && *message == one.message && *recipient == one.recipient
        })
    });
    if refused {
        return full(format!("the outcome was not accepted: {what}"));
    }
    let unknown = undelivered.iter().any(Outcome::is_unknown);
    if unknown {
        return full("the world cannot tell what became of the message".to_owned());
    }
    match twin {
        TwinResult::NotDelivered(instead) => {
            return full(format!("the healthy twin was not delivered: {instead}"));
        }
        TwinResult::NotNeeded if !said.is_empty() => {
            return full(format!(
                "nothing was delivered ({what}), and there is no twin"
            ));
        }
        TwinResult::NotNeeded => {
            return Some(Doubt {
                reason: format!("nothing was delivered ({what}), and there is no twin"),
                only_silence: true,
            });
        }
        TwinResult::Delivered => {}
    }
    let missing = not_met(evidence, step);
    if missing.is_empty() {
        return None;
    }
    full(format!("not met: {}", missing.join(", ")))
}

/// Whether this was shown to the subject up to a step.
fn is_met(evidence: &Evidence<'_>, step: usize, difference: &Difference) -> bool {
    let wanted = difference.to_string();
    let mut events = evidence.events(0..=step);
    events.any(|(_, event)| matches!(&event.what, What::Met { what } if *what == wanted))
}

/// Inbound: the harness itself spoilt this message, as the case has it. What became of it, where nobody asks, says nothing
/// about the subject, which answered before.
fn broken_off(evidence: &Evidence<'_>, one: &Outcome, step: usize) -> bool {
    let own_faults: BTreeSet<String> = evidence
        .world(step)
        .faults
        .iter()
        .filter(|fault| fault.on == FaultPlace::Client)
        .map(|fault| Difference::Fault(fault.written.clone()).to_string())
        .collect();
    let mut events = evidence.events(step..=step);
    events.any(|(_, event)| {
        event.message.as_deref() == Some(one.message.as_str())
            && matches!(&event.what, What::Met { what } if own_faults.contains(what))
    })
}

/// What differs from the twin in this step and was never shown to the subject; of one difference at several hosts
/// one is enough.
fn not_met(evidence: &Evidence<'_>, step: usize) -> Vec<String> {
    let met: BTreeSet<&str> = evidence
        .events(0..=step)
        .filter_map(|(_, event)| match &event.what {
            What::Met { what } => Some(what.as_str()),
            _ => None,
        })
        .collect();
    let mut groups = differences(&without_connections_that_never_came(evidence, step));
    if evidence.is_inbound() {
        groups.extend(differences_of_client(&evidence.case().client));
    }
    groups
        .iter()
        .filter(|group| {
            !group
                .iter()
                .any(|one| met.contains(one.to_string().as_str()))
        })
        .map(|group| {
            let names: Vec<String> = group.iter().map(Difference::to_string).collect();
            names.join(" or ")
        })
        .collect()
}

/// The world of a step, its hosts with the `connection` entries that were made so far: what stands in a later one
/// could not play a part.
fn without_connections_that_never_came(evidence: &Evidence<'_>, step: usize) -> World {
    let mut world = evidence.world(step).clone();
    for (name, host) in &mut world.hosts {
        let came = evidence
            .events(1..=step)
            .filter(|(_, event)| {
                event
                    .host
                    .as_deref()
                    .is_some_and(|at| is_same_name(at, name))
            })
            .filter_map(|(_, event)| event.connection)
            .max()
            .unwrap_or(0);
        host.connections.truncate(came.max(1) as usize);
    }
    world
}
