//! What the sender of a message is told, of which recipients, and when (RFC 3461 §5.2.2, §5.2.5, §5.2.6, §5.2.8).
//!
//! A round ends, or a message grows too old: `Telling` takes down what became of each recipient, leaves out what the sender
//! does not want to hear, and makes the notices. Each is about one action, so that people read from the subject what it is
//! about; recipients of one message that fare alike in one round share a notice.

use std::time::{Duration, SystemTime};

use crate::dsn::{self, Action, Event, Report};

use super::attempt::Workshop;
use super::disposition::Handover;
use super::message::{Message, Notify, Recipient};
use super::trouble::Trouble;

/// What is to be told of one message.
#[derive(Debug, Default)]
pub(super) struct Telling {
    reports: Vec<Report>,
}

impl Telling {
    /// The message was given up for a recipient, last tried then.
    pub(super) fn failed(
        &mut self,
        recipient: &Recipient,
        trouble: &Trouble,
        last_attempt: Option<SystemTime>,
    ) {
        if recipient.wants_failure_notice() {
            self.reports.push(Report {
                recipient: recipient.clone(),
                event: Event::Failed(trouble.clone()),
                last_attempt,
            });
        } else {
            unheard(recipient);
        }
    }

    /// The message is still here for a recipient after a round, and will be until then.
    pub(super) fn delayed(
        &mut self,
        recipient: &Recipient,
        trouble: &Trouble,
        now: SystemTime,
        until: Option<SystemTime>,
    ) {
        if recipient.wants_delay_notice() {
            self.reports.push(Report {
                recipient: recipient.clone(),
                event: Event::Delayed {
                    trouble: trouble.clone(),
                    until,
                },
                last_attempt: Some(now),
            });
        }
    }

    /// A host took the message for a recipient. Where it lists DSN it has taken over what the sender asked (RFC 3461
    /// §5.2.1); else this is the last host that can tell (RFC 3461 §5.2.2).
    ///
    /// Choice: what NOTIFY=NEVER asks is not kept up by sending with a null reverse-path to a host without DSN, which
    /// RFC 3461 §5.2.2 allows: the recipient would no longer see who wrote.
    pub(super) fn delivered(
        &mut self,
        recipient: &Recipient,
        handover: &Handover,
        now: SystemTime,
    ) {
        if recipient.wants_success_notice() && !handover.acceptance.takes_over_notices {
            self.reports.push(Report {
                recipient: recipient.clone(),
                event: Event::Relayed(handover.clone()),
                last_attempt: Some(now),
            });
        }
    }

    /// A recipient was an alias, and the message goes on to those it stands for (RFC 3461 §5.2.7.3).
    pub(super) fn expanded(&mut self, recipient: Recipient) {
        if recipient.wants_success_notice() {
            self.reports.push(Report {
                recipient,
                event: Event::Expanded,
                last_attempt: None,
            });
        }
    }

    /// The notices, each with its one recipient. A message with a null sender has nobody to tell (RFC 5321 §6.1), and so
    /// there is no notice about a notice.
    #[must_use]
    pub(super) fn notices(
        self,
        workshop: &Workshop,
        message: &Message,
        now: SystemTime,
    ) -> Vec<(Message, Recipient)> {
        let Some(sender) = &message.sender else {
            let failed = |report: &&Report| report.event.action() == Action::Failed;
            for report in self.reports.iter().filter(failed) {
                unheard(&report.recipient);
            }
            return Vec::new();
        };
        let of = |action| -> Vec<Report> {
            self.reports
                .iter()
                .filter(|report| report.event.action() == action)
                .cloned()
                .collect()
        };
        [
            Action::Failed,
            Action::Delayed,
            Action::Relayed,
            Action::Expanded,
        ]
        .into_iter()
        .map(of)
        .filter(|reports| !reports.is_empty())
        .map(|reports| {
            let notice = dsn::notice(
                &workshop.settings.hostname,
                message,
                &reports,
                now,
                workshop.chance.draw(),
            );
            // A notice asks for none of its own (RFC 3461 §6.1).
            let mut told = Recipient::new(sender.clone());
            told.notify = Some(Notify::default());
            (notice, told)
        })
        .collect()
    }
}

/// A failure of which no sender hears, that of a notice among them, stands in the log for the postmaster (RFC 3461 §5.2).
fn unheard(recipient: &Recipient) {
    let recipient = recipient.mailbox.as_str();
    tracing::warn!(recipient, "given up, and nobody is told");
}

/// Whether a message is so old at the end of a round that its sender is to hear of the delay.
///
/// Choice: a delay is told at the end of a round, not between two, so that what the notice says of it has just been seen.
#[must_use]
pub(super) fn is_delay_told(
    message: &Message,
    delay_notice_after: Option<Duration>,
    now: SystemTime,
) -> bool {
    delay_notice_after
        .and_then(|after| message.arrived.checked_add(after))
        .is_some_and(|from| now >= from)
}
