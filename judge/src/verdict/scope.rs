//! Whom a table of expectations speaks of, and what became of them.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::messages::{Sent, names};
use super::outcome::{Outcome, outcome};
use super::wildcard::same_address;
use crate::scenario::Expect;

/// A step, and the messages and recipients that a table (or the whole step) speaks of.
pub(crate) struct Scope<'e, 'a> {
    pub(crate) evidence: &'e Evidence<'a>,
    /// From 1.
    pub(crate) step: usize,
    /// The messages.
    pub(crate) sent: Vec<&'e Sent<'a>>,
    /// Of each message for each recipient, at the end of the step.
    pub(crate) outcomes: Vec<Outcome>,
    /// Whether one message is named, so that events of others are none of its business.
    pub(crate) names_message: bool,
}

impl<'e, 'a> Scope<'e, 'a> {
    /// All messages of a step: those that go in, or else those that wait.
    pub(crate) fn of_step(evidence: &'e Evidence<'a>, step: usize) -> Self {
        let sent = evidence.sent_until(step);
        let own: Vec<&Sent<'a>> = sent.iter().filter(|one| one.step == step).collect();
        let chosen = if own.is_empty() {
            sent.iter()
                .filter(|one| {
                    one.message
                        .to
                        .iter()
                        .any(|to| !outcome(evidence, one, to, step - 1).is_final())
                })
                .collect()
        } else {
            own
        };
        Self::of(evidence, step, chosen, None)
    }

    /// The same; in a step of which none speaks, all that went in before.
    pub(crate) fn of_step_or_before(evidence: &'e Evidence<'a>, step: usize) -> Self {
        let scope = Self::of_step(evidence, step);
        if scope.sent.is_empty() {
            let sent = evidence.sent_until(step).iter().collect();
            return Self::of(evidence, step, sent, None);
        }
        scope
    }

    /// Those that a table names, or else all of the step.
    pub(crate) fn of_table(evidence: &'e Evidence<'a>, step: usize, table: &Expect) -> Self {
        let recipient = table.recipient.as_deref();
        let chosen = match &table.message {
            Some(name) => evidence
                .sent_until(step)
                .iter()
                .filter(|one| one.message.name == *name || names(name, &one.name))
                .collect(),
            None => Self::of_step(evidence, step).sent,
        };
        let mut scope = Self::of(evidence, step, chosen, recipient);
        scope.names_message = table.message.is_some();
        scope
    }

    fn of(
        evidence: &'e Evidence<'a>,
        step: usize,
        sent: Vec<&'e Sent<'a>>,
        recipient: Option<&str>,
    ) -> Self {
        let outcomes = sent
            .iter()
            .flat_map(|one| one.message.to.iter().map(move |to| (one, to)))
            .filter(|(_, to)| recipient.is_none_or(|wanted| same_address(wanted, to)))
            .map(|(one, to)| outcome(evidence, one, to, step))
            .collect();
        Self {
            evidence,
            step,
            sent,
            outcomes,
            names_message: false,
        }
    }

    /// Each outcome with the message it is of.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'e Sent<'a>, &Outcome)> {
        let by_name: BTreeMap<&str, &'e Sent<'a>> = self
            .sent
            .iter()
            .map(|sent| (sent.name.as_str(), *sent))
            .collect();
        self.outcomes
            .iter()
            .filter_map(move |one| Some((*by_name.get(one.message.as_str())?, one)))
    }
}
