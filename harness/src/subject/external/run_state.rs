//! What the cases of a run and their relay know of each other.
//!
//! The relay's keeper looks at the queue and publishes each look; the cases wait for looks. A case that has nothing more
//! to do says so, and waits until the whole shift is over: what comes late is still seen by its world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::super::contract::Listed;
use crate::recorder::Recorder;

/// One look at the queue: what waits, by the labels of the cases.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// What is listed was in the queue at this time or later.
    pub(super) began: Instant,
    by_label: Arc<BTreeMap<String, Vec<Listed>>>,
}

impl Look {
    /// Sorts what is listed by the labels that stand in its addresses.
    pub(super) fn new(began: Instant, listed: Vec<Listed>, labels: &BTreeSet<String>) -> Self {
        let mut by_label: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for entry in listed {
            let parts =
                [&entry.sender, &entry.recipient].map(|address| address.to_ascii_lowercase());
            let own: BTreeSet<&str> = (parts.iter())
                .flat_map(|address| address.split(['.', '@']))
                .filter(|part| labels.contains(*part))
                .collect();
            for label in own {
                by_label
                    .entry(label.to_owned())
                    .or_default()
                    .push(entry.clone());
            }
        }
        Self {
            began,
            by_label: Arc::new(by_label),
        }
    }

    /// What waits of the case with this label, notices on their way home included.
    pub(super) fn of(&self, label: &str) -> &[Listed] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }
}

/// How the relay is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    /// It runs.
    Runs,
    /// It has ended by itself, with this code; a signal is none.
    Ended(Option<i32>),
}

/// The meeting place.
pub(super) struct RunState {
    looks: watch::Sender<Look>,
    health: watch::Sender<Health>,
    is_over: watch::Sender<bool>,
    cases: Mutex<Cases>,
}

#[derive(Default)]
struct Cases {
    labels: BTreeSet<String>,
    at_work: BTreeSet<String>,
    recorders: Vec<Recorder>,
}

impl RunState {
    /// For the cases with these labels.
    pub(super) fn new(labels: BTreeSet<String>) -> Self {
        let look = Look::new(Instant::now(), Vec::new(), &labels);
        Self {
            looks: watch::Sender::new(look),
            health: watch::Sender::new(Health::Runs),
            is_over: watch::Sender::new(false),
            cases: Mutex::new(Cases {
                at_work: labels.clone(),
                labels,
                recorders: Vec::new(),
            }),
        }
    }

    /// Publishes a look.
    pub(super) fn look(&self, began: Instant, listed: Vec<Listed>) {
        let look = Look::new(began, listed, &self.lock().labels);
        self.looks.send_replace(look);
    }

    /// Looks, from the last one on.
    pub(super) fn looks(&self) -> watch::Receiver<Look> {
        self.looks.subscribe()
    }

    /// Says how the relay is.
    pub(super) fn set_health(&self, health: Health) {
        self.health.send_replace(health);
    }

    /// How the relay is, now and later.
    pub(super) fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// A case has begun, and its events are told here.
    pub(super) fn begin(&self, recorder: &Recorder) {
        self.lock().recorders.push(recorder.clone());
    }

    /// How many events all cases have together.
    pub(super) fn events(&self) -> usize {
        self.lock().recorders.iter().map(Recorder::count).sum()
    }

    /// A case has nothing more to do, or has come to its end in another way.
    pub(super) fn leave(&self, label: &str) {
        self.lock().at_work.remove(label);
    }

    /// Nobody is waited for any longer.
    pub(super) fn leave_all(&self) {
        self.lock().at_work.clear();
    }

    /// Does it serve more than one case?
    pub(super) fn is_shared(&self) -> bool {
        self.lock().labels.len() > 1
    }

    /// Has every case left?
    pub(super) fn is_left(&self) -> bool {
        self.lock().at_work.is_empty()
    }

    /// The shift is over: the worlds may end.
    pub(super) fn end(&self) {
        self.is_over.send_replace(true);
    }

    /// Waits for that.
    pub(super) async fn over(&self) {
        let mut is_over = self.is_over.subscribe();
        // The sender lives as long as this.
        let _ = is_over.wait_for(|is_over| *is_over).await;
    }

    fn lock(&self) -> MutexGuard<'_, Cases> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(sender: &str, recipient: &str) -> Listed {
        Listed {
            sender: sender.into(),
            recipient: recipient.into(),
        }
    }

    #[test]
    fn what_waits_belongs_to_the_case_whose_label_stands_in_an_address() {
        let labels = BTreeSet::from(["aaaa2222".to_owned(), "bbbb3333".to_owned()]);
        let look = Look::new(
            Instant::now(),
            vec![
                listed("u+mt1@home.aaaa2222.test", "user@example.aaaa2222.test"),
                listed("", "u@HOME.BBBB3333.TEST"),
                listed("", "postmaster@localhost"),
                listed("aaaa2222@other.test", "x@y.test"),
            ],
            &labels,
        );
        assert_eq!(look.of("aaaa2222").len(), 2);
        assert_eq!(look.of("bbbb3333"), [listed("", "u@HOME.BBBB3333.TEST")]);
        assert!(look.of("cccc4444").is_empty());
    }

    #[tokio::test]
    async fn a_run_is_left_when_all_its_cases_have_left_in_whatever_way() {
        let labels = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let state = RunState::new(labels);
        state.leave("a");
        state.leave("a");
        assert!(!state.is_left());
        state.leave("b");
        assert!(state.is_left());
        state.end();
        state.over().await;
    }
}
