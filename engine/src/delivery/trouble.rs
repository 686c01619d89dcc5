//! Why one host did not take a message for a recipient.

use crate::dane::DaneFault;
use crate::route::{LookupFault, RouteFault};
use crate::smtp::{Category, Refusal, Reply, Stage};

use super::demand::{Breach, Demander};
use super::status;

/// The most characters that are kept of what happened when a trouble is written down.
const REMEMBERED_LIMIT: usize = 2_000;

/// A trouble as it is written down with a message that waits: enough to tell it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The host that took part.
    pub(crate) host: Option<String>,
    /// The enhanced status code.
    pub(crate) status: String,
    /// What happened.
    pub(crate) told: String,
    /// The reply behind it.
    pub(crate) reply: Option<Reply>,
}

/// Why a recipient was not served, at one host or on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There was no host to try.
    Route(RouteFault),
    /// The host has no address.
    NoAddress {
        /// The host.
        host: String,
    },
    /// The host's addresses could not be looked up.
    Unresolved {
        /// The host.
        host: String,
        /// Why.
        fault: LookupFault,
    },
    /// It is not known what the host would have to show, or not published.
    Dane {
        /// The host.
        host: String,
        /// Why.
        fault: DaneFault,
    },
    /// Nobody answered at an address of the host.
    Unreachable {
        /// The host.
        host: String,
        /// What the system said.
        text: String,
    },
    /// The host refused the session: greeting or EHLO.
    Unwelcome {
        /// The host.
        host: String,
        /// What it said.
        reply: Reply,
    },
    /// The session broke before a transaction began.
    Broken {
        /// The host.
        host: String,
        /// Whether the host spoke, but not in SMTP.
        malformed: bool,
        /// What happened.
        text: String,
    },
    /// The host failed a demand.
    Violated {
        /// The host.
        host: String,
        /// Whose, and how.
        breach: Breach,
    },
    /// The transaction failed for the recipient.
    Refused {
        /// The host.
        host: String,
        /// How.
        refusal: Refusal,
    },
    /// It came before the program was started again. Only what may clear up is written down.
    Remembered(Remembered),
}

impl Trouble {
    /// What is written down of it.
    #[must_use]
    pub(crate) fn remembered(&self) -> Remembered {
        if let Self::Remembered(remembered) = self {
            return remembered.clone();
        }
        Remembered {
            host: self.host().map(str::to_owned),
            status: self.status(),
            told: self.told().chars().take(REMEMBERED_LIMIT).collect(),
            reply: self.reply().map(Reply::in_one_line),
        }
    }

    /// The host that took part, if one was spoken to.
    #[must_use]
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Route(_)
            | Self::NoAddress { .. }
            | Self::Unresolved { .. }
            | Self::Dane { .. }
            | Self::Unreachable { .. } => None,
            Self::Remembered(remembered) => remembered.host.as_deref(),
            Self::Violated { breach, .. } if breach.violation.precedes_session() => None,
            Self::Unwelcome { host, .. }
            | Self::Broken { host, .. }
            | Self::Violated { host, .. }
            | Self::Refused { host, .. } => Some(host),
        }
    }

    /// The reply behind it, if there was one.
    #[must_use]
    pub(crate) fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Unwelcome { reply, .. }
            | Self::Refused {
                refusal: Refusal::Reply(_, reply),
                ..
            } => Some(reply),
            Self::Remembered(remembered) => remembered.reply.as_ref(),
            _ => None,
        }
    }

    /// Whether it will not clear up by itself.
    #[must_use]
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Route(RouteFault::Lookup(..))
            | Self::Unresolved { .. }
            | Self::Dane { .. }
            | Self::Unreachable { .. }
            | Self::Broken { .. }
            | Self::Remembered(_) => false,
            Self::Route(_) | Self::NoAddress { .. } => true,
            Self::Violated { breach, .. } => breach.by.bounces(),
            Self::Unwelcome { reply, .. } => reply.category() == Category::Permanent,
            Self::Refused { refusal, .. } => refusal.is_permanent(),
        }
    }

    /// Whether a host lacks what REQUIRETLS asks.
    #[must_use]
    pub(crate) fn is_missing_requiretls(&self) -> bool {
        matches!(self, Self::Violated { breach, .. } if breach.by == Demander::RequireTls)
    }

    /// Whether no other host is to be tried for the recipient in this round: the receiver's own word is final
    /// (RFC 5321 §4.2.1), and content that was sent whole may have been taken.
    #[must_use]
    pub(crate) fn ends_round(&self) -> bool {
        match self {
            Self::Refused {
                refusal: Refusal::Broken { content_sent, .. },
                ..
            } => *content_sent,
            Self::Refused {
                refusal: refusal @ Refusal::Reply(..),
                ..
            } => refusal.is_permanent(),
            _ => false,
        }
    }

    /// The enhanced status code (RFC 3463), of registered ones alone.
    #[must_use]
    pub(crate) fn status(&self) -> String {
        let fixed = match self {
            Self::Remembered(remembered) => &remembered.status,
            Self::Route(RouteFault::NoDomain(_)) => "5.1.2",
            Self::Route(RouteFault::NullMx(_)) => "5.1.10",
            Self::Route(RouteFault::NoUsableMx(_) | RouteFault::Nowhere { .. })
            | Self::NoAddress { .. } => "5.4.4",
            Self::Route(RouteFault::Loop(_)) => "5.4.6",
            Self::Route(RouteFault::Lookup(..)) | Self::Unresolved { .. } => "4.4.3",
            Self::Dane { fault, .. } => fault.status(),
            Self::Unreachable { .. } => "4.4.1",
            Self::Broken {
                malformed: true, ..
            }
            | Self::Refused {
                refusal: Refusal::Broken {
                    malformed: true, ..
                },
                ..
            } => "4.5.0",
            Self::Broken { .. }
            | Self::Refused {
                refusal: Refusal::Broken { .. },
                ..
            } => "4.4.2",
            Self::Violated { breach, .. } => breach.status(),
            Self::Refused {
                refusal: Refusal::Unsupported { status, .. },
                ..
            } => status,
            Self::Unwelcome { reply, .. }
            | Self::Refused {
                refusal: Refusal::Reply(_, reply),
                ..
            } => {
                return status::of_reply(reply, self.is_permanent());
            }
        };
        fixed.to_owned()
    }

    /// What happened, in one sentence without its full stop.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Route(fault) => fault.to_string(),
            Self::Remembered(remembered) => remembered.told.clone(),
            Self::NoAddress { host } => format!("the host {host} has no address"),
            Self::Unresolved { host, fault } => {
                format!("the address of {host} could not be looked up: {fault}")
            }
            Self::Dane { host, fault } => format!("the host {host} was not used: {fault}"),
            Self::Unreachable { host, text } => {
                format!("the host {host} could not be reached: {text}")
            }
            Self::Unwelcome { host, reply } => {
                format!("the host {host} refused the session: {}", reply.told())
            }
            Self::Broken { host, text, .. } => format!("the session with {host} broke: {text}"),
            Self::Violated { host, breach } => {
                format!("the host {host} was not used: {}", breach.violation)
            }
            Self::Refused { host, refusal } => match refusal {
                Refusal::Reply(stage, reply) => {
                    let what = refused_at(*stage);
                    format!("the host {host} refused {what}: {}", reply.told())
                }
                Refusal::Broken { text, .. } => format!("the session with {host} broke: {text}"),
                Refusal::Unsupported { text, .. } => {
                    format!("the host {host} cannot take it: {text}")
                }
            },
        }
    }
}

/// What is refused by an answer at a stage of a transaction, for people.
fn refused_at(stage: Stage) -> &'static str {
    match stage {
        Stage::Mail => "the sender's address",
        Stage::Rcpt => "the recipient",
        Stage::Data | Stage::Content | Stage::EndOfData => "the message",
        other => other.told(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::decision::Violation;

    #[test]
    fn a_host_that_was_passed_over_took_no_part() {
        // (what is wrong with the host, was it spoken to?)
        let cases = [
            (Violation::NotNamed, false),
            (Violation::UnbackedName, false),
            (Violation::NotOffered, true),
            (Violation::NoRequireTls, true),
        ];
        for (violation, took_part) in cases {
            let trouble = Trouble::Violated {
                host: "mx.example.test".to_owned(),
                breach: Breach {
                    by: Demander::Sts,
                    violation: violation.clone(),
                },
            };
            assert_eq!(trouble.host().is_some(), took_part, "{violation}");
            assert!(trouble.told().contains("mx.example.test"));
        }
    }
}
