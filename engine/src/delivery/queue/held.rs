//! A message in the queue: who waits for what, and what of it is not yet written down.
//!
//! Plain data: nothing here knows of tasks, and the store is reached by the queue alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::address::Mailbox;
use crate::obligation::Obligation;
use crate::route::NextHop;
use crate::settings::Settings;

use crate::delivery::message::{Message, Recipient};
use crate::delivery::trouble::Trouble;

use super::stored;

/// How long a report is tried (RFC 8460 §5.5).
const REPORT_LIFETIME: Duration = Duration::from_secs(86_400);

/// A recipient that has no outcome yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Who.
    pub(super) recipient: Recipient,
    /// How many rounds were made in vain.
    pub(super) rounds: u32,
    /// When the next one is due.
    pub(super) due: SystemTime,
    /// The last trouble, and when the round ended that met it.
    pub(super) last: Option<(Trouble, SystemTime)>,
    /// The sender has heard of the delay.
    pub(super) is_delay_told: bool,
    /// A task has it now.
    pub(super) is_under_way: bool,
}

impl Waiting {
    /// One for whom nothing was tried yet.
    pub(super) fn new(recipient: Recipient, due: SystemTime) -> Self {
        Self {
            recipient,
            rounds: 0,
            due,
            last: None,
            is_delay_told: false,
            is_under_way: false,
        }
    }
}

/// A message in the queue.
#[derive(Debug)]
pub(super) struct Held {
    message: Arc<Message>,
    waiting: BTreeMap<usize, Waiting>,
    /// It is in the store; before that nothing is done with it.
    is_stored: bool,
    /// The store has an older state of it.
    is_changed: bool,
    /// It could not be written; when to do that again.
    write_again: Option<SystemTime>,
    /// One write at a time, so that the newest is the last.
    writing: Arc<tokio::sync::Mutex<()>>,
}

/// What is to be done for recipients of one message now.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Who makes a round together.
    pub(super) groups: Vec<Group>,
    /// Who has waited too long.
    pub(super) overdue: Vec<Overdue>,
}

/// One who has waited too long.
#[derive(Debug)]
pub(super) struct Overdue {
    /// The place in the message.
    pub(super) place: usize,
    pub(super) recipient: Recipient,
    /// The last trouble.
    pub(super) trouble: Trouble,
    /// When the last round ended.
    pub(super) last_attempt: Option<SystemTime>,
}

/// Why a recipient waits for another round.
#[derive(Debug)]
pub(super) struct PutOff {
    pub(super) trouble: Trouble,
    /// When the round ended.
    pub(super) at: SystemTime,
    /// The sender has just heard of the delay.
    pub(super) is_delay_told: bool,
}

impl PutOff {
    /// A trouble of a round that ended then, of which nobody was told.
    pub(super) fn new(trouble: Trouble, at: SystemTime) -> Self {
        Self {
            trouble,
            at,
            is_delay_told: false,
        }
    }
}

/// Recipients of one message that make a round together, with their places in it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) next_hop: NextHop,
    pub(super) obligation: Obligation,
    pub(super) recipients: Vec<(usize, Recipient)>,
}

/// What is to be written down of a message.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The message with this first line.
    Head(String, Arc<Message>),
    /// Nothing: everybody has an outcome.
    Over,
}

impl Held {
    /// A message that has just come, and is not yet in the store.
    pub(super) fn new(message: Arc<Message>, recipients: Vec<Recipient>, due: SystemTime) -> Self {
        let waiting = recipients.into_iter().map(|one| Waiting::new(one, due));
        Self {
            is_stored: false,
            is_changed: true,
            ..Self::stored(message, waiting.collect())
        }
    }

    /// A message as it is in the store.
    pub(super) fn stored(message: Arc<Message>, waiting: Vec<Waiting>) -> Self {
        Self {
            message,
            waiting: waiting.into_iter().enumerate().collect(),
            is_stored: true,
            is_changed: false,
            write_again: None,
            writing: Arc::default(),
        }
    }

    pub(super) fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// Its octets, as the bounds of the queue count them.
    pub(super) fn octets(&self) -> u64 {
        self.message.content.len() as u64
    }

    /// Who waits, in the order of the envelope; nobody before it is stored.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        let is_stored = self.is_stored;
        self.waiting.values().filter(move |_| is_stored)
    }

    /// The recipient at a place, if it still waits.
    pub(super) fn at(&self, place: usize) -> Option<&Waiting> {
        self.waiting.get(&place)
    }

    /// When something is to be done next, if nobody disturbs.
    pub(super) fn earliest(&self) -> Option<SystemTime> {
        self.waiting()
            .filter(|waiting| !waiting.is_under_way)
            .map(|waiting| waiting.due)
            .chain(self.write_again)
            .min()
    }

    /// Makes all that waits due now. Says whether anything had to wait longer.
    pub(super) fn hasten(&mut self, now: SystemTime) -> bool {
        let mut is_hastened = false;
        for waiting in self.waiting.values_mut().filter(|one| one.due > now) {
            waiting.due = now;
            is_hastened = true;
        }
        self.is_changed |= is_hastened;
        is_hastened
    }

    /// Takes what is due, for at most `limit` rounds. Who has waited too long since the last round makes none.
    pub(super) fn take_due(&mut self, now: SystemTime, settings: &Settings, limit: usize) -> Due {
        let mut due = Due::default();
        if !self.is_stored {
            return due;
        }
        let expiry = self.expiry(settings.queue_lifetime);
        let mut groups: BTreeMap<(NextHop, Obligation), Group> = BTreeMap::new();
        for (place, waiting) in &mut self.waiting {
            if waiting.is_under_way || waiting.due > now {
                continue;
            }
            if let Some((trouble, at)) = &waiting.last
                && is_over(now, expiry)
            {
                due.overdue.push(Overdue {
                    place: *place,
                    recipient: waiting.recipient.clone(),
                    trouble: trouble.clone(),
                    last_attempt: Some(*at),
                });
                waiting.is_under_way = true;
                continue;
            }
            // With no round left nobody needs to know the way: all rules are asked for it, and a full queue looks often.
            if limit == 0 {
                continue;
            }
            let mailbox = &waiting.recipient.mailbox;
            let key = way(settings, &self.message, mailbox);
            if groups.len() >= limit && !groups.contains_key(&key) {
                continue;
            }
            waiting.is_under_way = true;
            let group = groups
                .entry(key)
                .or_insert_with_key(|(next_hop, obligation)| Group {
                    next_hop: next_hop.clone(),
                    obligation: *obligation,
                    recipients: Vec::new(),
                });
            group.recipients.push((*place, waiting.recipient.clone()));
        }
        due.groups = groups.into_values().collect();
        due
    }

    /// Someone has an outcome.
    pub(super) fn close(&mut self, place: usize) {
        self.is_changed |= self.waiting.remove(&place).is_some();
    }

    /// Someone waits for another round.
    pub(super) fn put_off(&mut self, place: usize, why: PutOff, settings: &Settings) {
        let expiry = self.expiry(settings.queue_lifetime);
        let Some(waiting) = self.waiting.get_mut(&place) else {
            return;
        };
        waiting.rounds = waiting.rounds.saturating_add(1);
        waiting.is_under_way = false;
        waiting.is_delay_told |= why.is_delay_told;
        let next = why.at + settings.retry.wait_after(waiting.rounds);
        // Once more when the time is over, to be given up then; what could not be given up then waits as always.
        waiting.due = match expiry {
            Some(expiry) if expiry > why.at => expiry.min(next),
            _ => next,
        };
        waiting.last = Some((why.trouble, why.at));
        self.is_changed = true;
    }

    /// Whether the time of the message is over.
    pub(super) fn is_over(&self, now: SystemTime, lifetime: Duration) -> bool {
        is_over(now, self.expiry(lifetime))
    }

    /// When it is given up; none: a lifetime so long that no clock reaches its end. A report is worth a day (RFC 8460 §5.5).
    pub(super) fn expiry(&self, lifetime: Duration) -> Option<SystemTime> {
        let lifetime = match self.message.is_report {
            true => lifetime.min(REPORT_LIFETIME),
            false => lifetime,
        };
        self.message.arrived.checked_add(lifetime)
    }

    /// Who writes it down holds this.
    pub(super) fn writing(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.writing)
    }

    /// Whether it could not be written down, and it is time to do that again.
    pub(super) fn take_write_again(&mut self, now: SystemTime) -> bool {
        self.write_again.take_if(|at| *at <= now).is_some()
    }

    /// What has to be written down, if the store has an older state.
    pub(super) fn take_unwritten(&mut self) -> Option<Unwritten> {
        if !std::mem::take(&mut self.is_changed) {
            return None;
        }
        if self.waiting.is_empty() {
            return Some(Unwritten::Over);
        }
        let waiting: Vec<&Waiting> = self.waiting.values().collect();
        let head = stored::head(&self.message, &waiting);
        Some(Unwritten::Head(head, Arc::clone(&self.message)))
    }

    /// It was written down.
    pub(super) fn is_written(&mut self) {
        self.is_stored = true;
    }

    /// It could not be written down.
    pub(super) fn is_not_written(&mut self, again: SystemTime) {
        self.is_changed = true;
        self.write_again = Some(again);
    }
}

/// Where a message goes for a recipient, and what the session must show. Nothing for a report: it goes the way of all mail,
/// and what is wrong with TLS there must not keep it (RFC 8460 §3).
fn way(settings: &Settings, message: &Message, mailbox: &Mailbox) -> (NextHop, Obligation) {
    if message.is_report {
        let next_hop = NextHop::of(settings, mailbox.domain(), false);
        return (next_hop, Obligation::NONE);
    }
    Obligation::and_next_hop(settings, message.sender.as_ref(), mailbox)
}

fn is_over(now: SystemTime, expiry: Option<SystemTime>) -> bool {
    expiry.is_some_and(|expiry| now >= expiry)
}
