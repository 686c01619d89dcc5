//! The queue: which message is due when, for whom, and until when (RFC 5321 §4.5.4.1).
//!
//! Due recipients of a message are grouped by next hop and obligation; each group makes its round in a task of its
//! own. With nothing due the queue waits for the clock, and with nothing in it for a message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::select;
use tokio::sync::Notify;

use crate::obligation::Obligation;
use crate::route::NextHop;
use crate::tasks::Tasks;

use super::attempt::Workshop;
use super::disposition::Disposition;
use super::message::{Message, Recipient};
use super::round::round;
use super::telling::{Telling, is_delay_told};
use super::trouble::Trouble;

/// What the queue holds for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// The envelope sender; empty is the null sender.
    pub from: String,
    /// The recipient.
    pub recipient: String,
    /// When it is tried next; not later than now while a round is under way.
    pub next_attempt: SystemTime,
}

/// Messages that wait or are under way. Clones are the same queue.
#[derive(Clone)]
pub(crate) struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: Notify,
    workshop: Mutex<Arc<Workshop>>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    entries: BTreeMap<u64, Entry>,
}

/// One recipient of one message.
#[derive(Clone)]
struct Entry {
    message_id: u64,
    message: Arc<Message>,
    recipient: Recipient,
    rounds: u32,
    due: SystemTime,
    is_under_way: bool,
    /// The last trouble, and when the round ended that met it.
    last: Option<(Trouble, SystemTime)>,
    /// The sender has heard of the delay.
    is_delay_told: bool,
}

/// Recipients of one message that make a round together, with the ids of their entries.
struct Group {
    message: Arc<Message>,
    next_hop: NextHop,
    obligation: Obligation,
    entries: Vec<(u64, Recipient)>,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub(crate) fn new(workshop: Workshop) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::default(),
                changed: Notify::new(),
                workshop: Mutex::new(Arc::new(workshop)),
            }),
        }
    }

    /// Takes a message; it is due at once.
    pub(crate) fn add(&self, message: Message, recipients: Vec<Recipient>) {
        let message = Arc::new(message);
        let due = self.workshop().outside.clock.now();
        let mut state = self.state();
        state.last_id += 1;
        let message_id = state.last_id;
        for recipient in recipients {
            state.last_id += 1;
            let id = state.last_id;
            let entry = Entry {
                message_id,
                message: Arc::clone(&message),
                recipient,
                rounds: 0,
                due,
                is_under_way: false,
                last: None,
                is_delay_told: false,
            };
            state.entries.insert(id, entry);
        }
        drop(state);
        self.inner.changed.notify_one();
    }

    /// What is in it, oldest first.
    #[must_use]
    pub(crate) fn list(&self) -> Vec<QueuedMessage> {
        let told = |entry: &Entry| QueuedMessage {
            from: entry
                .message
                .sender
                .as_ref()
                .map_or_else(String::new, |sender| sender.as_str().into()),
            recipient: entry.recipient.mailbox.as_str().into(),
            next_attempt: entry.due,
        };
        self.state().entries.values().map(told).collect()
    }

    /// Makes all that waits due now.
    pub(crate) fn retry_now(&self) {
        let now = self.workshop().outside.clock.now();
        for entry in self
            .state()
            .entries
            .values_mut()
            .filter(|entry| !entry.is_under_way)
        {
            entry.due = entry.due.min(now);
        }
        self.inner.changed.notify_one();
    }

    /// Replaces what attempts work with, from the next round on.
    pub(crate) fn refit(&self, workshop: Workshop) {
        *self
            .inner
            .workshop
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(workshop);
        self.inner.changed.notify_one();
    }

    /// What attempts work with now.
    #[must_use]
    pub(crate) fn workshop(&self) -> Arc<Workshop> {
        Arc::clone(
            &self
                .inner
                .workshop
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Makes rounds for what falls due, for ever.
    pub(crate) async fn run(self, tasks: Tasks) {
        loop {
            let workshop = self.workshop();
            for group in self.take_due(&workshop) {
                let (queue, workshop) = (self.clone(), Arc::clone(&workshop));
                tasks.spawn(async move { queue.deliver(&workshop, group).await });
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

    fn earliest(&self) -> Option<SystemTime> {
        self.state()
            .entries
            .values()
            .filter(|entry| !entry.is_under_way)
            .map(|entry| entry.due)
            .min()
    }

    /// Takes what is due. What has grown too old since its last round is given up on the way.
    fn take_due(&self, workshop: &Workshop) -> Vec<Group> {
        let now = workshop.outside.clock.now();
        let lifetime = workshop.settings.queue_lifetime;
        let mut groups: BTreeMap<(u64, NextHop, Obligation), Group> = BTreeMap::new();
        let mut expired: BTreeMap<u64, (Arc<Message>, Telling)> = BTreeMap::new();
        let mut over = Vec::new();
        let mut state = self.state();
        for (id, entry) in state
            .entries
            .iter_mut()
            .filter(|(_, entry)| !entry.is_under_way && entry.due <= now)
        {
            if let Some((trouble, at)) = &entry.last
                && is_over(now, expiry(&entry.message, lifetime))
            {
                let (_, telling) = expired
                    .entry(entry.message_id)
                    .or_insert_with(|| (Arc::clone(&entry.message), Telling::default()));
                telling.failed(&entry.recipient, trouble, Some(*at));
                over.push(*id);
                continue;
            }
            entry.is_under_way = true;
            let (next_hop, obligation) = Obligation::and_next_hop(
                &workshop.settings,
                entry.message.sender.as_ref(),
                &entry.recipient.mailbox,
            );
            groups
                .entry((entry.message_id, next_hop.clone(), obligation))
                .or_insert_with(|| Group {
                    message: Arc::clone(&entry.message),
                    next_hop,
                    obligation,
                    entries: Vec::new(),
                })
                .entries
                .push((*id, entry.recipient.clone()));
        }
        for id in over {
            state.entries.remove(&id);
        }
        drop(state);
        for (message, telling) in expired.into_values() {
            self.tell(workshop, &message, telling);
        }
        groups.into_values().collect()
    }

    /// Makes the round of a group and puts down what became of it.
    async fn deliver(&self, workshop: &Workshop, group: Group) {
        let recipients: Vec<Recipient> = group
            .entries
            .iter()
            .map(|(_, recipient)| recipient.clone())
            .collect();
        let dispositions = round(
            workshop,
            &group.next_hop,
            group.obligation,
            &group.message,
            &recipients,
        )
        .await;
        let now = workshop.outside.clock.now();
        let expiry = expiry(&group.message, workshop.settings.queue_lifetime);
        let mut telling = Telling::default();
        let mut state = self.state();
        for ((id, recipient), disposition) in group.entries.iter().zip(dispositions) {
            tracing::info!(
                recipient = recipient.mailbox.as_str(),
                ?disposition,
                "round ended"
            );
            match disposition {
                Disposition::Delivered(handover) => {
                    telling.delivered(recipient, &handover, now);
                    state.entries.remove(id);
                }
                Disposition::Deferred(trouble) if !is_over(now, expiry) => {
                    if let Some(entry) = state.entries.get_mut(id) {
                        let after = workshop.settings.delay_notice_after;
                        if !entry.is_delay_told && is_delay_told(&group.message, after, now) {
                            entry.is_delay_told = true;
                            telling.delayed(recipient, &trouble, now, expiry);
                        }
                        entry.rounds += 1;
                        entry.is_under_way = false;
                        entry.last = Some((trouble, now));
                        let wait = workshop.settings.retry.wait_after(entry.rounds);
                        entry.due = expiry.map_or(now + wait, |expiry| expiry.min(now + wait));
                    }
                }
                Disposition::Bounced(trouble) | Disposition::Deferred(trouble) => {
                    telling.failed(recipient, &trouble, Some(now));
                    state.entries.remove(id);
                }
            }
        }
        drop(state);
        self.tell(workshop, &group.message, telling);
        self.inner.changed.notify_one();
    }

    /// Sends what the sender of a message is to be told.
    fn tell(&self, workshop: &Workshop, message: &Message, telling: Telling) {
        let now = workshop.outside.clock.now();
        for (notice, sender) in telling.notices(workshop, message, now) {
            self.add(notice, vec![sender]);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a message is given up; none: a lifetime so long that no clock reaches its end.
fn expiry(message: &Message, lifetime: Duration) -> Option<SystemTime> {
    message.arrived.checked_add(lifetime)
}

fn is_over(now: SystemTime, expiry: Option<SystemTime>) -> bool {
    expiry.is_some_and(|expiry| now >= expiry)
}
