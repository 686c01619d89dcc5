//! What a notice tells about one recipient.

use std::time::SystemTime;

use crate::delivery::{Handover, Recipient, Trouble};
use crate::smtp::Reply;

/// A recipient, and what became of the message there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// Who.
    pub(crate) recipient: Recipient,
    /// What.
    pub(crate) event: Event,
    /// When it was last tried; none: nobody knows any more.
    pub(crate) last_attempt: Option<SystemTime>,
}

/// What became of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// It was given up.
    Failed(Trouble),
    /// It is kept and tried again.
    Delayed {
        /// Why it is still here.
        trouble: Trouble,
        /// When it will be given up; none: never.
        until: Option<SystemTime>,
    },
    /// It was handed to a host that tells nobody of deliveries.
    Relayed(Handover),
    /// The recipient stands for several others, and the message goes on to them.
    Expanded,
}

/// What a notice is about; the value of the field Action (RFC 3464 §2.3.3).
///
/// `delivered` is for those who have mailboxes: here are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    /// Given up.
    Failed,
    /// Tried again.
    Delayed,
    /// Handed on to where no notices come from.
    Relayed,
    /// Sent on to those whom an alias stands for.
    Expanded,
}

impl Action {
    /// The value of the field.
    #[must_use]
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }
}

impl Event {
    /// The action it is told as.
    #[must_use]
    pub(crate) fn action(&self) -> Action {
        match self {
            Self::Failed(_) => Action::Failed,
            Self::Delayed { .. } => Action::Delayed,
            Self::Relayed(_) => Action::Relayed,
            Self::Expanded => Action::Expanded,
        }
    }

    /// The enhanced status code.
    ///
    /// Choice: 2.1.9 for what was relayed, which is registered for just this (RFC 3886 §3.3.4); RFC 3461 §10.8 shows the
    /// less exact 2.0.0.
    #[must_use]
    pub(super) fn status(&self) -> String {
        match self {
            Self::Failed(trouble) | Self::Delayed { trouble, .. } => trouble.status(),
            Self::Relayed(_) => "2.1.9".into(),
            Self::Expanded => "2.1.5".into(),
        }
    }

    /// The host that took part, if one did.
    #[must_use]
    pub(super) fn host(&self) -> Option<&str> {
        match self {
            Self::Failed(trouble) | Self::Delayed { trouble, .. } => trouble.host(),
            Self::Relayed(handover) => Some(&handover.host),
            Self::Expanded => None,
        }
    }

    /// The host's reply, if it decided.
    #[must_use]
    pub(super) fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Failed(trouble) | Self::Delayed { trouble, .. } => trouble.reply(),
            Self::Relayed(handover) => Some(&handover.acceptance.reply),
            Self::Expanded => None,
        }
    }

    /// What happened, in one sentence without its full stop.
    #[must_use]
    pub(super) fn told(&self) -> String {
        match self {
            Self::Failed(trouble) | Self::Delayed { trouble, .. } => trouble.told(),
            Self::Relayed(Handover { host, acceptance }) => {
                format!("the host {host} took it: {}", acceptance.reply.told())
            }
            Self::Expanded => {
                "the address stands for several others, and it goes on to each of them".into()
            }
        }
    }
}
