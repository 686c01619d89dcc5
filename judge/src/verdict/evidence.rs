//! A recording, read once: what the rules of the verdict ask again and again.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

use super::connections::{Connection, connections};
use super::dealing::Dealing;
use super::derive::{Seen, seen};
use super::messages::{ByMessage, Sent, by_message, sent};
use super::notice::{Notice, looks_like_one};
use super::outcome::{Outcome, refuses};
use super::wildcard::{canonical_name, same_address};
use crate::events::{Event, Recording, What};
use crate::scenario::{Case, Direction, World};

/// What was seen, with what follows from it at once.
pub(crate) struct Evidence<'a> {
    /// The recording.
    pub(crate) recording: &'a Recording,
    /// Connections to the SMTP hosts that are not home, in order; those of the warm-up are in step 0.
    pub(crate) connections: Vec<Connection>,
    /// Failure notices that arrived, in order.
    pub(crate) notices: Vec<ArrivedNotice>,
    by_message: ByMessage<'a>,
    /// By step, the last reply that refused a command and names no message.
    refusals: BTreeMap<usize, usize>,
    /// Where the subject ended.
    endings: Vec<usize>,
    sent: Vec<Sent<'a>>,
    /// By step, for each that was asked for.
    seen: Vec<OnceCell<Vec<Seen>>>,
    /// By first and last step, for each that was asked for.
    dealings: RefCell<BTreeMap<(usize, usize), Rc<Dealing>>>,
}

/// A notice and how it came.
#[derive(Debug, Clone)]
pub(crate) struct ArrivedNotice {
    /// Index of the event.
    pub(crate) event: usize,
    /// The step in which it came.
    pub(crate) step: usize,
    /// Whose notice it is.
    pub(crate) message: String,
    /// Envelope recipients.
    pub(crate) to: Vec<String>,
    /// Version or `none`.
    pub(crate) tls: String,
    /// MAIL had REQUIRETLS.
    pub(crate) requiretls: bool,
    /// What it says; the envelope's faults are among its problems.
    pub(crate) notice: Notice,
}

impl ArrivedNotice {
    /// Is it about what became of this message for this recipient?
    pub(crate) fn is_about(&self, outcome: &Outcome) -> bool {
        self.message == outcome.message && self.notice.speaks_of(&outcome.recipient)
    }
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let by_message = by_message(recording);
        let sent = sent(&recording.case, &by_message);
        let mut evidence = Self {
            recording,
            connections: connections(recording),
            notices: Vec::new(),
            by_message,
            refusals: BTreeMap::new(),
            endings: Vec::new(),
            sent,
            seen: vec![OnceCell::new(); recording.case.steps.len() + 1],
            dealings: RefCell::default(),
        };
        for (index, event) in recording.events.iter().enumerate() {
            if event.message.is_none() && refuses(event).is_some() {
                evidence.refusals.insert(event.step, index);
            }
            if matches!(event.what, What::SubjectEnded { .. }) {
                evidence.endings.push(index);
            }
        }
        evidence.notices = evidence.arrived_notices();
        evidence
    }

    pub(crate) fn case(&self) -> &'a Case {
        &self.recording.case
    }

    pub(crate) fn is_inbound(&self) -> bool {
        self.case().direction == Direction::Inbound
    }

    /// The world of a step, from 1.
    pub(crate) fn world(&self, step: usize) -> &'a World {
        let steps = &self.case().steps;
        let index = step.clamp(1, steps.len().max(1)) - 1;
        &steps[index].world
    }

    /// Events of these steps with their indexes.
    pub(crate) fn events(
        &self,
        steps: RangeInclusive<usize>,
    ) -> impl Iterator<Item = (usize, &'a Event)> {
        self.recording
            .events
            .iter()
            .enumerate()
            .filter(move |(_, event)| steps.contains(&event.step))
    }

    /// Every message that went in up to this step.
    pub(crate) fn sent_until(&self, step: usize) -> &[Sent<'a>] {
        let count = self.sent.partition_point(|sent| sent.step <= step);
        &self.sent[..count]
    }

    /// Events of these steps that belong to a message, with their indexes.
    pub(crate) fn events_of<'s>(
        &'s self,
        sent: &'s Sent<'_>,
        steps: RangeInclusive<usize>,
    ) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + 's {
        sent.events
            .iter()
            .map(|index| (*index, &self.recording.events[*index]))
            .filter(move |(_, event)| steps.contains(&event.step))
    }

    /// Events that name a message just so.
    pub(crate) fn events_that_name(&self, message: &str) -> impl Iterator<Item = &'a Event> {
        let events = self.by_message.get(message).into_iter().flatten();
        events.map(|index| &self.recording.events[*index])
    }

    /// The last reply of a step that refused a command and names no message.
    pub(crate) fn refused_without_message(&self, step: usize) -> Option<usize> {
        self.refusals.get(&step).copied()
    }

    /// The last time that the subject ended until a step, the warm-up aside.
    pub(crate) fn subject_ended(&self, until: usize) -> Option<usize> {
        let is_within = |index: &usize| (1..=until).contains(&self.recording.events[*index].step);
        self.endings.iter().copied().rfind(is_within)
    }

    /// The notice that an event brought.
    pub(crate) fn notice_of(&self, event: usize) -> Option<&ArrivedNotice> {
        let place = self
            .notices
            .binary_search_by_key(&event, |notice| notice.event);
        place.ok().map(|place| &self.notices[place])
    }

    /// The events of a step as patterns see them.
    pub(crate) fn seen(&self, step: usize) -> &[Seen] {
        self.seen[step].get_or_init(|| seen(self, step))
    }

    /// Whose the connections of these steps are.
    pub(crate) fn dealing(&self, steps: &RangeInclusive<usize>) -> Rc<Dealing> {
        let ends = (*steps.start(), *steps.end());
        let known = self.dealings.borrow().get(&ends).cloned();
        known.unwrap_or_else(|| {
            let dealing = Rc::new(Dealing::new(self, steps));
            self.dealings.borrow_mut().insert(ends, Rc::clone(&dealing));
            dealing
        })
    }

    fn arrived_notices(&self) -> Vec<ArrivedNotice> {
        let mut owners: BTreeMap<usize, &Sent<'_>> = BTreeMap::new();
        for sent in &self.sent {
            for event in &sent.events {
                owners.entry(*event).or_insert(sent);
            }
        }
        let mut notices = Vec::new();
        for (index, event) in self.recording.events.iter().enumerate() {
            let What::MessageAccepted {
                from,
                to,
                tls,
                requiretls,
                content,
            } = &event.what
            else {
                continue;
            };
            let Some(owner) = owners.get(&index) else {
                continue;
            };
            let settings = &self.world(event.step).settings;
            let delivers = to.iter().any(|to| {
                owner.message.to.iter().any(|recipient| {
                    same_address(recipient, to)
                        || (settings.stands_for(recipient).iter()).any(|one| same_address(one, to))
                })
            });
            if delivers && (!from.is_empty() || owner.message.from.is_empty()) {
                continue;
            }
            let goes_back = to
                .iter()
                .any(|to| untagged(to) == untagged(&owner.message.from));
            if !(from.is_empty() || goes_back || looks_like_one(content)) {
                continue;
            }
            let mut notice = Notice::parse(content);
            if !from.is_empty() {
                notice
                    .problems
                    .push(format!("its reverse-path is <{from}>, not null"));
            }
            if self.mail_had_ret(event) {
                notice.problems.push("its MAIL command has RET".into());
            }
            // A should, and so no matter of form where nobody asked for the header.
            let asked_for_header = owner.message.ret.as_deref() == Some("hdrs");
            if asked_for_header && notice.is_header_called_message {
                notice
                    .problems
                    .push("it returns the header alone and calls it a message".into());
            }
            notices.push(ArrivedNotice {
                event: index,
                step: event.step,
                message: owner.name.clone(),
                to: to.clone(),
                tls: tls.clone(),
                requiretls: *requiretls,
                notice,
            });
        }
        notices
    }

    /// RFC 3461 §6.1: a notice is sent without RET.
    fn mail_had_ret(&self, accepted: &Event) -> bool {
        let message = accepted.message.as_deref().unwrap_or_default();
        self.events_that_name(message).any(|event| {
            event.host == accepted.host
                && event.connection == accepted.connection
                && matches!(&event.what, What::SmtpCommand { verb, text, .. }
                    if verb == "MAIL" && text.to_ascii_uppercase().contains(" RET="))
        })
    }
}

/// An address without a `+tag`, in one spelling.
pub(crate) fn untagged(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let local = local.split('+').next().unwrap_or(local);
    format!("{local}@{}", canonical_name(domain))
}

/// Is the host the subject's own or its home's?
#[must_use]
pub fn is_home(host: &str) -> bool {
    let host = canonical_name(host);
    host == "home.test" || host.ends_with(".home.test")
}
