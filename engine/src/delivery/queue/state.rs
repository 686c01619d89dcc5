//! The queue itself: what it holds, and what others may do with it.
//!
//! With nothing due it waits for the clock, and with nothing in it for a message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use futures_util::future::select;
use tokio::sync::Notify;
use tracing::Instrument as _;

use crate::delivery::attempt::Workshop;
use crate::tasks::Tasks;

use super::bounds::Bounds;
use super::held::Held;
use super::keeping::entry_name;
use super::listing::{self, QueuedMessage};

/// Messages that wait or are under way. Clones are the same queue.
#[derive(Clone)]
pub(crate) struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    bounds: Bounds,
    changed: Notify,
    rested: Notify,
    workshop: Mutex<Arc<Workshop>>,
}

/// What the queue holds.
#[derive(Default)]
pub(super) struct State {
    pub(super) messages: BTreeMap<u64, Held>,
    pub(super) last_id: u64,
    /// Octets of all contents.
    pub(super) octets: u64,
    /// Tasks under way for messages, and how many of them make rounds.
    pub(super) tasks: usize,
    pub(super) rounds: usize,
    /// Nothing new begins.
    pub(super) is_closing: bool,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub(crate) fn new(workshop: Workshop, bounds: Bounds) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::default(),
                bounds,
                changed: Notify::new(),
                rested: Notify::new(),
                workshop: Mutex::new(Arc::new(workshop)),
            }),
        }
    }

    /// What is in it, oldest first.
    #[must_use]
    pub(crate) fn list(&self) -> Vec<QueuedMessage> {
        let state = self.state();
        let of_one = |(id, held): (&u64, &Held)| {
            let all = held.waiting();
            let told = all.map(|waiting| listing::told(&entry_name(*id), held.message(), waiting));
            told.collect::<Vec<_>>()
        };
        state.messages.iter().flat_map(of_one).collect()
    }

    /// Makes all that waits due now.
    ///
    /// On return the store says so too: who looks at it from outside must not find that everything waits.
    pub(crate) async fn retry_now(&self) {
        let now = self.workshop().outside.clock.now();
        let hastened: Vec<u64> = (self.state().messages.iter_mut())
            .filter_map(|(id, held)| held.hasten(now).then_some(*id))
            .collect();
        for id in hastened {
            // What cannot be written is logged, and due all the same.
            let _ = self.write(id).await;
        }
        self.look_again();
    }

    /// Replaces what attempts work with, from the next round on.
    pub(crate) fn refit(&self, workshop: Workshop) {
        *locked(&self.inner.workshop) = Arc::new(workshop);
        self.look_again();
    }

    /// What attempts work with now.
    #[must_use]
    pub(crate) fn workshop(&self) -> Arc<Workshop> {
        Arc::clone(&locked(&self.inner.workshop))
    }

    /// Does what falls due, for ever.
    pub(crate) async fn run(self, tasks: Tasks) {
        loop {
            let workshop = self.workshop();
            for (id, job) in self.take_due(&workshop) {
                let (queue, workshop) = (self.clone(), Arc::clone(&workshop));
                let span = tracing::info_span!("message", id = %entry_name(id));
                tasks.spawn(async move { queue.work(&workshop, id, job).await }.instrument(span));
            }
            let changed = std::pin::pin!(self.inner.changed.notified());
            match self.earliest() {
                None => changed.await,
                Some(due) => {
                    select(changed, workshop.outside.clock.sleep_until(due)).await;
                }
            }
        }
    }

    /// Begins nothing more, and waits until what is under way has ended.
    pub(crate) async fn close(&self) {
        self.state().is_closing = true;
        loop {
            let mut rested = std::pin::pin!(self.inner.rested.notified());
            rested.as_mut().enable();
            if self.state().tasks == 0 {
                return;
            }
            rested.await;
        }
    }

    /// None also where something has to end before anything can begin.
    fn earliest(&self) -> Option<SystemTime> {
        let state = self.state();
        if state.is_closing || state.rounds >= self.inner.bounds.rounds {
            return None;
        }
        state.messages.values().filter_map(Held::earliest).min()
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.inner.bounds
    }

    /// Something is to be done that was not to be done before.
    pub(super) fn look_again(&self) {
        self.inner.changed.notify_one();
    }

    /// A task has ended.
    pub(super) fn rest(&self) {
        self.look_again();
        self.inner.rested.notify_waiters();
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.inner.state)
    }
}

impl State {
    /// Puts a message in.
    pub(super) fn put(&mut self, id: u64, held: Held) {
        self.last_id = self.last_id.max(id);
        self.octets += held.octets();
        self.messages.insert(id, held);
    }

    /// Takes a message out.
    pub(super) fn forget(&mut self, id: u64) {
        if let Some(held) = self.messages.remove(&id) {
            self.octets -= held.octets();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
