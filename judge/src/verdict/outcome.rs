//! What became of each message for each recipient.
//!
//! `delivered`: a fake took it. `deferred`: the queue lists it, or it was tried again. `bounced`: a notice came, or,
//! where none is wanted, the queue has it no longer. `rejected`: it was not taken when injected. `lost`: taken, then
//! nowhere. `unknown`: the world cannot tell. What a notice says never decides, but for one that says outright that
//! it tells of no failure while nothing shows that the message is gone.

use super::evidence::{Evidence, is_home};
use super::messages::Sent;
use super::rounds::rounds;
use super::wildcard::{domain_of, same_address};
use crate::events::{Event, What};
use crate::scenario::OutcomeWord;

/// One word for what became of a message for a recipient. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A fake took it with 250.
    Delivered,
    /// Kept.
    Deferred,
    /// Given up, with a notice.
    Bounced,
    /// Not taken when injected, with this code.
    Rejected(u16),
    /// The world cannot tell.
    Unknown,
    /// Taken, then nowhere.
    Lost,
}

impl Fate {
    /// The word of reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Rejected(_) => "rejected",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
        }
    }

    /// Does a word of a scenario file accept it?
    #[must_use]
    pub const fn is(self, word: OutcomeWord) -> bool {
        match (word, self) {
            (OutcomeWord::Delivered, Self::Delivered)
            | (OutcomeWord::Deferred, Self::Deferred)
            | (OutcomeWord::Bounced | OutcomeWord::Returned, Self::Bounced)
            | (OutcomeWord::Rejected, Self::Rejected(_)) => true,
            (OutcomeWord::Returned, Self::Rejected(code)) => code >= 500,
            _ => false,
        }
    }
}

/// What became of one message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The message's name.
    pub message: String,
    /// As the file spells it.
    pub recipient: String,
    /// One word, or two for what was both delivered and bounced.
    pub fates: Vec<Fate>,
    /// It was kept, and bounced for no other reason than that this subject keeps mail for a few seconds only.
    pub was_kept: bool,
    /// The events that show it.
    pub decisive: Vec<usize>,
    /// Events in which a fake took it.
    pub deliveries: Vec<usize>,
}

impl Outcome {
    /// Was it delivered, whatever else?
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.fates.contains(&Fate::Delivered)
    }

    /// Can the world not tell?
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.fates.contains(&Fate::Unknown)
    }

    /// Will nothing more become of it?
    #[must_use]
    pub fn is_final(&self) -> bool {
        !self.fates.contains(&Fate::Deferred) && !self.is_unknown()
    }

    /// As reports spell it: one word, or `delivered and bounced`.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.fates.iter().map(|fate| fate.as_str()).collect();
        let kept = if self.was_kept { "deferred, then " } else { "" };
        format!("{kept}{}", words.join(" and "))
    }

    /// Do these words of a file accept it? Of two words both must be listed; what was kept and given up early may be taken for
    /// either.
    #[must_use]
    pub fn is_accepted_by(&self, words: &[OutcomeWord]) -> bool {
        let is_deferred = self.was_kept && words.contains(&OutcomeWord::Deferred);
        is_deferred
            || self
                .fates
                .iter()
                .all(|fate| words.iter().any(|word| fate.is(*word)))
    }
}

/// What had become of a message for a recipient at the end of a step.
pub(crate) fn outcome(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    recipient: &str,
    until: usize,
) -> Outcome {
    let mut outcome = Outcome {
        message: sent.name.clone(),
        recipient: recipient.to_owned(),
        fates: Vec::new(),
        was_kept: false,
        decisive: Vec::new(),
        deliveries: deliveries(evidence, sent, recipient, until),
    };
    if !outcome.deliveries.is_empty() {
        outcome.fates.push(Fate::Delivered);
        outcome.decisive.clone_from(&outcome.deliveries);
    }
    let look = last_look(evidence, sent, recipient, until);
    // What was delivered is gone for a reason of its own; a delay that was told before is then none of the failures.
    let is_gone_unseen = matches!(look, Some((_, false))) && outcome.deliveries.is_empty();
    let returned = return_notices(evidence, sent, recipient, until, is_gone_unseen);
    if !returned.is_empty() {
        outcome.was_kept = outcome.fates.is_empty() && was_kept(evidence, sent, recipient, until);
        outcome.fates.push(Fate::Bounced);
        outcome.decisive.extend(returned);
    }
    if outcome.fates.is_empty() {
        let (fate, decisive) = undelivered(evidence, sent, recipient, until, look);
        // Nobody was to be told of it.
        outcome.was_kept = fate == Fate::Bounced && was_kept(evidence, sent, recipient, until);
        outcome.fates.push(fate);
        outcome.decisive.extend(decisive);
    }
    outcome
}

/// Whether a subject that gives mail up early had kept this before it did: its queue listed it when it had been tried, or it
/// was tried again.
fn was_kept(evidence: &Evidence<'_>, sent: &Sent<'_>, recipient: &str, until: usize) -> bool {
    if evidence.recording.subject.gives_up_after.is_none() {
        return false;
    }
    let is_listed = evidence.events_of(sent, 1..=until).any(|(_, event)| {
        matches!(&event.what, What::Queued { recipient: whom, listed: true } if speaks_of(whom.as_deref(), recipient))
    });
    is_listed || rounds(evidence, sent, domain_of(recipient), sent.step..=until).count >= 2
}

type Look = Option<(usize, bool)>;

/// Neither delivered nor returned: refused, kept, gone, or nobody knows.
fn undelivered(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    recipient: &str,
    until: usize,
    look: Look,
) -> (Fate, Vec<usize>) {
    if let Some((index, code)) = refusal(evidence, sent, recipient) {
        return (Fate::Rejected(code), vec![index]);
    }
    match look {
        Some((index, true)) => return (Fate::Deferred, vec![index]),
        Some((index, false)) if is_taken(evidence, sent, recipient) => {
            let fate = if sent.wants_notice() {
                Fate::Lost
            } else {
                Fate::Bounced
            };
            return (fate, vec![index]);
        }
        _ => {}
    }
    let tried = rounds(evidence, sent, domain_of(recipient), sent.step..=until);
    if tried.count >= 2 && is_taken(evidence, sent, recipient) {
        return (Fate::Deferred, tried.decisive);
    }
    let own = evidence.events_of(sent, 1..=until).next_back();
    let last = own
        .map(|(index, _)| index)
        .max(evidence.subject_ended(until));
    (Fate::Unknown, last.into_iter().collect())
}

/// Where a fake took the message for this recipient, or for all that the recipient stands for.
fn deliveries(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    recipient: &str,
    until: usize,
) -> Vec<usize> {
    let expanded = (evidence.world(sent.step).settings).stands_for(recipient);
    let took = |address: &str| -> Vec<usize> {
        evidence
            .events_of(sent, 1..=until)
            .filter(|(_, event)| takes(sent, event, address))
            .map(|(index, _)| index)
            .collect()
    };
    let own = took(recipient);
    if !own.is_empty() || expanded.is_empty() {
        return own;
    }
    let each: Vec<Vec<usize>> = expanded.iter().map(|address| took(address)).collect();
    if each.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let mut all = each.concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Notices on their way home are no deliveries: their reverse-path is null, that of the message is not.
fn takes(sent: &Sent<'_>, event: &Event, address: &str) -> bool {
    let What::MessageAccepted { from, to, .. } = &event.what else {
        return false;
    };
    let goes_home = is_home(domain_of(address)) || domain_of(address).starts_with('[');
    let at_home = event.host.as_deref().is_some_and(is_home);
    to.iter().any(|to| same_address(to, address))
        && (!at_home || goes_home)
        && (!from.is_empty() || sent.message.from.is_empty())
}

fn return_notices(
    evidence: &Evidence<'_>,
    sent: &Sent<'_>,
    recipient: &str,
    until: usize,
    is_gone_unseen: bool,
) -> Vec<usize> {
    // A notice may speak of the recipient, or of somebody it stands for.
    let mut whom = (evidence.world(sent.step).settings).stands_for(recipient);
    whom.push(recipient.to_owned());
    sent.events
        .iter()
        .filter_map(|event| evidence.notice_of(*event))
        .filter(|notice| notice.step <= until && notice.message == sent.name)
        .filter(|notice| {
            let told = |one: &String| {
                notice.notice.speaks_of(one)
                    && (is_gone_unseen || !notice.notice.denies_failure(one))
            };
            whom.iter().any(told)
        })
        .map(|notice| notice.event)
        .collect()
}

/// The last look at the queue for this recipient.
fn last_look(evidence: &Evidence<'_>, sent: &Sent<'_>, recipient: &str, until: usize) -> Look {
    evidence
        .events_of(sent, 1..=until)
        .filter_map(|(index, event)| match &event.what {
            What::Queued {
                recipient: whom,
                listed,
            } if speaks_of(whom.as_deref(), recipient) => Some((index, *listed)),
            _ => None,
        })
        .next_back()
}

/// The answer at injection that concerns this recipient: its own, else that to the whole message.
fn injection<'e>(
    evidence: &Evidence<'e>,
    sent: &Sent<'_>,
    recipient: &str,
) -> Option<(usize, u16, &'e str)> {
    let answers: Vec<(usize, bool, u16, &str)> = evidence
        .events_of(sent, sent.step..=sent.step)
        .filter_map(|(index, event)| match &event.what {
            What::Injected {
                recipient: whom,
                code,
                text,
            } if speaks_of(whom.as_deref(), recipient) => {
                Some((index, whom.is_some(), *code, text.as_str()))
            }
            _ => None,
        })
        .collect();
    let own = answers
        .iter()
        .rev()
        .find(|(_, is_own, code, _)| *is_own && *code >= 400);
    own.or(answers.last())
        .map(|(index, _, code, text)| (*index, *code, *text))
}

fn speaks_of(whom: Option<&str>, recipient: &str) -> bool {
    whom.is_none_or(|whom| same_address(whom, recipient))
}

fn is_taken(evidence: &Evidence<'_>, sent: &Sent<'_>, recipient: &str) -> bool {
    injection(evidence, sent, recipient).is_some_and(|(_, code, _)| (200..300).contains(&code))
}

fn refusal(evidence: &Evidence<'_>, sent: &Sent<'_>, recipient: &str) -> Option<(usize, u16)> {
    refusal_text(evidence, sent, recipient).map(|(index, code, _)| (index, code))
}

/// The reply with which the subject refused the message, inbound also one to an earlier command.
pub(crate) fn refusal_text<'e>(
    evidence: &Evidence<'e>,
    sent: &Sent<'_>,
    recipient: &str,
) -> Option<(usize, u16, &'e str)> {
    if let Some((index, code, text)) = injection(evidence, sent, recipient)
        && code >= 400
    {
        return Some((index, code, text));
    }
    if !evidence.is_inbound() || is_taken(evidence, sent, recipient) {
        return None;
    }
    let own = evidence
        .events_of(sent, sent.step..=sent.step)
        .rfind(|(_, event)| refuses(event).is_some())
        .map(|(index, _)| index);
    let index = own.max(evidence.refused_without_message(sent.step))?;
    let (code, text) = refuses(&evidence.recording.events[index])?;
    Some((index, code, text))
}

/// The code and text with which the subject as receiver refuses a command.
pub(crate) fn refuses(event: &Event) -> Option<(u16, &str)> {
    match &event.what {
        What::SmtpReply {
            code, text, verb, ..
        } if *code >= 400 && verb != "QUIT" && event.host.as_deref().is_some_and(is_home) => {
            Some((*code, text))
        }
        _ => None,
    }
}
