//! A recording, read once: what the rules of the verdict ask again and again.

use std::ops::RangeInclusive;

use super::connections::{Connection, connections};
use super::messages::{Sent, sent_until};
use super::notice::{Notice, looks_like_one};
use super::wildcard::{canonical_name, same_address};
use crate::events::{Event, Recording, What};
use crate::scenario::{Case, Direction, World};

/// What was seen, with what follows from it at once.
pub(crate) struct Evidence<'a> {
    /// The recording.
    pub(crate) recording: &'a Recording,
    /// Connections to the SMTP hosts that are not home, in order.
    pub(crate) connections: Vec<Connection>,
    /// Failure notices that arrived, in order.
    pub(crate) notices: Vec<ArrivedNotice>,
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

impl<'a> Evidence<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let mut evidence = Self {
            recording,
            connections: connections(recording),
            notices: Vec::new(),
        };
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
    pub(crate) fn sent_until(&self, step: usize) -> Vec<Sent<'a>> {
        sent_until(self.case(), step)
    }

    fn arrived_notices(&self) -> Vec<ArrivedNotice> {
        let sent = self.sent_until(self.case().steps.len());
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
            let Some(owner) = sent.iter().find(|sent| sent.owns(event)) else {
                continue;
            };
            let settings = &self.world(event.step).settings;
            let delivers = to.iter().any(|to| {
                owner.message.to.iter().any(|recipient| {
                    same_address(recipient, to)
                        || expansion(&settings.aliases, recipient)
                            .iter()
                            .any(|one| same_address(one, to))
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
            notices.push(ArrivedNotice {
                event: index,
                step: event.step,
                message: owner.name(),
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
        self.recording.events.iter().any(|event| {
            event.host == accepted.host
                && event.connection == accepted.connection
                && event.message == accepted.message
                && matches!(&event.what, What::SmtpCommand { verb, text, .. }
                    if verb == "MAIL" && text.to_ascii_uppercase().contains(" RET="))
        })
    }
}

/// What an alias at the subject stands for; nothing where it is none.
pub(crate) fn expansion<'w>(
    aliases: &'w std::collections::BTreeMap<String, Vec<String>>,
    recipient: &str,
) -> &'w [String] {
    aliases
        .iter()
        .find(|(address, _)| same_address(address, recipient))
        .map_or(&[], |(_, targets)| targets)
}

/// An address without a `+tag`, in one spelling.
pub(crate) fn untagged(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let local = local.split('+').next().unwrap_or(local);
    format!("{local}@{}", canonical_name(domain))
}

/// Is the host the subject's own or its home's?
pub(crate) fn is_home(host: &str) -> bool {
    let host = canonical_name(host);
    host == "home.test" || host.ends_with(".home.test")
}
