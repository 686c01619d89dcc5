//! What is done with what falls due: rounds, and what becomes of each recipient after them.
//!
//! Due recipients of a message are grouped by next hop and obligation; each group makes its round in a task of its
//! own.
//!
//! Choice: a notice that was stored, and whose message was not yet written when the program was killed, is made again.
//! The two are not one entry, and two notices harm less than none.
//!
//! Choice: every round opens connections of its own. RFC 5321 §4.5.4.1 allows a sender to put several messages into one
//! session; what a session has shown would then have to satisfy the obligation of each message that goes through it.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::delivery::attempt::Workshop;
use crate::delivery::disposition::{Disposition, Handover};
use crate::delivery::message::{Message, Recipient};
use crate::delivery::round::{Ledger, round};
use crate::delivery::telling::{Telling, is_delay_told};

use super::held::{Due, Group, Overdue, PutOff};
use super::state::Queue;

/// What a task does for one message.
pub(super) enum Job {
    /// Makes a round.
    Round(Group),
    /// Gives up those who have waited too long.
    GiveUp(Vec<Overdue>),
    /// Writes down what could not be written.
    Write,
}

impl Queue {
    /// Takes what is due, by message. What is under way is not taken again.
    pub(super) fn take_due(&self, workshop: &Workshop) -> Vec<(u64, Job)> {
        let now = workshop.outside.clock.now();
        let mut state = self.state();
        let mut jobs = Vec::new();
        if state.is_closing {
            return jobs;
        }
        let mut left = self.bounds().rounds.saturating_sub(state.rounds);
        let before = left;
        for (id, held) in &mut state.messages {
            if held.take_write_again(now) {
                jobs.push((*id, Job::Write));
            }
            let Due { groups, overdue } = held.take_due(now, &workshop.settings, left);
            if !overdue.is_empty() {
                jobs.push((*id, Job::GiveUp(overdue)));
            }
            left -= groups.len();
            jobs.extend(groups.into_iter().map(|group| (*id, Job::Round(group))));
        }
        state.rounds += before - left;
        state.tasks += jobs.len();
        jobs
    }

    /// Does one thing for a message and writes down what became of it.
    pub(super) async fn work(&self, workshop: &Workshop, id: u64, job: Job) {
        let is_round = matches!(job, Job::Round(_));
        let message = self.message(id);
        match (job, message) {
            (Job::Round(group), Some(message)) => {
                self.deliver(workshop, id, &message, group).await;
            }
            (Job::GiveUp(overdue), Some(message)) => {
                self.give_up(workshop, id, &message, overdue).await;
            }
            (Job::Write, _) | (_, None) => {}
        }
        // What cannot be written now is written later.
        let _ = self.write(id).await;
        let mut state = self.state();
        state.tasks -= 1;
        state.rounds -= usize::from(is_round);
        drop(state);
        self.rest();
    }

    /// Makes the round of a group and puts down what became of it.
    async fn deliver(&self, workshop: &Workshop, id: u64, message: &Message, group: Group) {
        let (places, recipients): (Vec<usize>, Vec<Recipient>) =
            group.recipients.into_iter().unzip();
        let ledger = Deliveries {
            queue: self,
            workshop,
            id,
            message,
            places: &places,
            recipients: &recipients,
        };
        let dispositions = round(
            workshop,
            &group.next_hop,
            group.obligation,
            message,
            &recipients,
            &ledger,
        )
        .await;
        let now = workshop.outside.clock.now();
        let mut telling = Telling::default();
        let (mut closed, mut put_off) = (Vec::new(), Vec::new());
        for ((place, recipient), disposition) in places.iter().zip(&recipients).zip(dispositions) {
            tracing::info!(
                recipient = recipient.mailbox.as_str(),
                ?disposition,
                "round ended"
            );
            let Some((is_over, until, is_told)) = self.patience(workshop, id, *place, now) else {
                // A delivery is in the ledger already, and forgotten here.
                continue;
            };
            match disposition {
                Disposition::Delivered(_) => {}
                Disposition::Deferred(trouble) if !is_over => {
                    let after = workshop.settings.delay_notice_after;
                    let tells = !is_told && is_delay_told(message, after, now);
                    if tells {
                        telling.delayed(recipient, &trouble, now, until);
                    }
                    put_off.push((*place, trouble, tells));
                }
                Disposition::Bounced(trouble) | Disposition::Deferred(trouble) => {
                    telling.failed(recipient, &trouble, Some(now));
                    closed.push((*place, trouble));
                }
            }
        }
        let is_told = self.tell(workshop, message, telling).await;
        let mut state = self.state();
        let Some(held) = state.messages.get_mut(&id) else {
            return;
        };
        let settings = &workshop.settings;
        for (place, trouble) in closed {
            if is_told {
                held.close(place);
            } else {
                // Without its notice nothing is given up: it is tried once more.
                held.put_off(place, PutOff::new(trouble, now), settings);
            }
        }
        for (place, trouble, tells) in put_off {
            let is_delay_told = tells && is_told;
            let put_off = PutOff {
                is_delay_told,
                ..PutOff::new(trouble, now)
            };
            held.put_off(place, put_off, settings);
        }
    }

    /// Whether the time of a message is over, when it is, and whether a recipient's sender has heard of the delay; none:
    /// the recipient no longer waits.
    fn patience(
        &self,
        workshop: &Workshop,
        id: u64,
        place: usize,
        now: SystemTime,
    ) -> Option<(bool, Option<SystemTime>, bool)> {
        let state = self.state();
        let held = state.messages.get(&id)?;
        let lifetime = workshop.settings.queue_lifetime;
        let is_told = held.at(place)?.is_delay_told;
        Some((held.is_over(now, lifetime), held.expiry(lifetime), is_told))
    }

    /// Gives up recipients who have waited too long, and tells the sender.
    async fn give_up(&self, workshop: &Workshop, id: u64, message: &Message, all: Vec<Overdue>) {
        let mut telling = Telling::default();
        for overdue in &all {
            telling.failed(&overdue.recipient, &overdue.trouble, overdue.last_attempt);
        }
        let is_told = self.tell(workshop, message, telling).await;
        let now = workshop.outside.clock.now();
        if let Some(held) = self.state().messages.get_mut(&id) {
            for overdue in all {
                if is_told {
                    held.close(overdue.place);
                } else {
                    let put_off = PutOff::new(overdue.trouble, now);
                    held.put_off(overdue.place, put_off, &workshop.settings);
                }
            }
        }
    }

    /// Sends what the sender of a message is to be told. No: it could not be stored.
    pub(super) async fn tell(
        &self,
        workshop: &Workshop,
        message: &Message,
        telling: Telling,
    ) -> bool {
        let now = workshop.outside.clock.now();
        for (notice, sender) in telling.notices(workshop, message, now) {
            if self.keep(notice, vec![sender]).await.is_err() {
                return false;
            }
        }
        true
    }

    fn message(&self, id: u64) -> Option<Arc<Message>> {
        let state = self.state();
        let held = state.messages.get(&id)?;
        Some(Arc::clone(held.message()))
    }
}

/// Writes down the deliveries of one group while its round still goes on.
struct Deliveries<'q> {
    queue: &'q Queue,
    workshop: &'q Workshop,
    id: u64,
    message: &'q Message,
    places: &'q [usize],
    recipients: &'q [Recipient],
}

#[async_trait]
impl Ledger for Deliveries<'_> {
    async fn delivered(&self, delivered: &[(usize, Handover)]) {
        let now = self.workshop.outside.clock.now();
        let mut telling = Telling::default();
        for (index, handover) in delivered {
            telling.delivered(&self.recipients[*index], handover, now);
        }
        // A delivery is none the less one for a notice that cannot be stored.
        self.queue.tell(self.workshop, self.message, telling).await;
        if let Some(held) = self.queue.state().messages.get_mut(&self.id) {
            for (index, _) in delivered {
                held.close(self.places[*index]);
            }
        }
        // What cannot be written now is written later.
        let _ = self.queue.write(self.id).await;
    }
}
