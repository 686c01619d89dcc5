//! The relay of a run as one case sees it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::Ask;
use mtaspec_judge::verdict::is_home;
use serde_json::{Map, Value};

use super::super::contract::{Briefing, Instructions, Listed, ReceiverPort, Running, SubjectError};
use super::super::silence::Patience;
use super::super::way_in::WayIn;
use super::keeper::Errands;
use super::run_state::{Health, Look, RunState};
use super::watch::{Leftovers, Next, Watch};
use crate::recorder::Teller;

/// How long what concerns all cases takes, as the profile has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// What was tried and still waits so long after it was handed over is kept.
    pub(super) kept_after: Duration,
    /// How long a case waits for what is kept, and for silence where no queue is shown.
    pub(super) patience: Patience,
}

/// One case at the relay.
pub(super) struct AtCase {
    pub(super) state: Arc<RunState>,
    pub(super) errands: Errands,
    pub(super) pace: Pace,
    /// Whether its queue can be looked at.
    pub(super) shows_queue: bool,
    /// Whether what waits can be taken out of it.
    pub(super) can_remove: bool,
    pub(super) label: String,
    pub(super) injection: SocketAddr,
    pub(super) way_in: WayIn,
    pub(super) receiver: Option<SocketAddr>,
    pub(super) briefing: Briefing,
    /// What was told as kept, by sender and recipient.
    pub(super) kept: BTreeSet<(String, String)>,
    pub(super) has_ended: bool,
}

impl AtCase {
    /// Whether the relay has ended by itself; each case tells that once.
    fn is_gone(&mut self) -> bool {
        let health = self.state.health().borrow().clone();
        if let Health::Ended(code) = health
            && !std::mem::replace(&mut self.has_ended, true)
        {
            let recorder = &self.briefing.recorder;
            let shared = self.state.is_shared();
            recorder.record(Teller::default(), What::SubjectEnded { code, shared });
        }
        self.has_ended
    }

    /// Waits until nothing of the case waits, or nobody waits for it any longer.
    async fn nothing_queued(&mut self, leftovers: Leftovers) -> Result<(), SubjectError> {
        let since = Instant::now();
        let mut watch = Watch::new(since, leftovers);
        let (mut looks, mut health) = (self.state.looks(), self.state.health());
        let longest = self.pace.patience.longest;
        while !self.is_gone() && since.elapsed() < longest {
            let left = longest.saturating_sub(since.elapsed());
            tokio::select! {
                _ = looks.changed() => {}
                _ = health.changed() => {}
                () = tokio::time::sleep(left) => {}
            }
            let look = looks.borrow_and_update().clone();
            let waiting = look.of(&self.label);
            let is_tried = || is_tried(&self.briefing.recorder.events());
            match watch.look(look.began, !waiting.is_empty(), Instant::now(), is_tried) {
                Next::Wait => {}
                Next::Tell => self.tell_kept(&look),
                Next::Remove => self.remove(waiting).await?,
                Next::Rest => return Ok(()),
            }
        }
        Ok(())
    }

    /// Has what was handed over for the case taken out of the queue; notices on their way home stay.
    async fn remove(&self, waiting: &[Listed]) -> Result<(), SubjectError> {
        let mail = &self.briefing.mail;
        let own = (waiting.iter()).filter(|one| mail.message_of_sender(&one.sender).is_some());
        let recipients: Vec<_> = own.map(|one| one.recipient.clone()).collect();
        match recipients.is_empty() {
            true => Ok(()),
            false => self.errands.remove(recipients).await,
        }
    }

    async fn nothing_seen(&mut self) {
        let mut health = self.state.health();
        tokio::select! {
            () = self.pace.patience.silence(&self.briefing.recorder) => {}
            // Who has ended does nothing more. The sender lives as long as the state.
            _ = health.wait_for(|health| *health != Health::Runs) => {}
        }
        self.is_gone();
    }

    /// Tells what is still in the queue although it has been tried. A profile with a short lifetime gives it up a little
    /// later, and then this alone shows that it was kept.
    fn tell_kept(&mut self, look: &Look) {
        for Listed { sender, recipient } in look.of(&self.label) {
            let Some(message) = self.briefing.mail.message_of_sender(sender) else {
                continue;
            };
            if !self.kept.insert((sender.clone(), recipient.clone())) {
                continue;
            }
            let teller = Teller {
                message: Some(message.to_owned()),
                ..Teller::default()
            };
            let what = What::Queued {
                recipient: Some(recipient.clone()),
                listed: true,
            };
            self.briefing.recorder.record(teller, what);
        }
    }
}

/// Whether the relay was seen to look for a way to hosts other than those of home, or to be on it, in the last step.
fn is_tried(events: &[Event]) -> bool {
    let of_step = events
        .iter()
        .rev()
        .take_while(|event| event.what != What::StepBegan);
    let mut attempts = of_step.filter(|event| match &event.what {
        What::DnsQuery { name, .. } => !is_home(name),
        What::Connect { .. } => !event.host.as_deref().is_some_and(is_home),
        _ => false,
    });
    attempts.next().is_some()
}

#[async_trait]
impl Running for AtCase {
    fn injection_address(&self) -> SocketAddr {
        self.injection
    }

    fn way_in(&self) -> WayIn {
        self.way_in.clone()
    }

    fn receiver_address(&self, port: ReceiverPort) -> Option<SocketAddr> {
        self.receiver.filter(|_| port == ReceiverPort::Smtp)
    }

    /// It rests when looks in a row show nothing of the case, or when what is left is kept for longer than anybody waits.
    /// Of a relay that shows no queue it is known only that nothing happens any more.
    async fn settle(&mut self) -> Result<(), SubjectError> {
        if self.shows_queue {
            let leftovers = Leftovers::Told(self.pace.kept_after);
            return self.nothing_queued(leftovers).await;
        }
        self.nothing_seen().await;
        Ok(())
    }

    /// A queue that was made short for a run is still far too long for a message that nobody judges.
    async fn settle_warm_up(&mut self) -> Result<(), SubjectError> {
        if self.can_remove {
            return self.nothing_queued(Leftovers::Removed).await;
        }
        self.settle().await
    }

    async fn advance(&mut self, _duration: Duration) -> Result<(), SubjectError> {
        Err(SubjectError::Unsupported("that time has passed".to_owned()))
    }

    async fn queue(&mut self) -> Option<Vec<Listed>> {
        if self.is_gone() || !self.shows_queue {
            return None;
        }
        let mut looks = self.state.looks();
        Some(looks.borrow_and_update().of(&self.label).to_vec())
    }

    async fn retry_now(&mut self) -> Result<(), SubjectError> {
        self.errands.retry().await
    }

    async fn change(&mut self, instructions: Instructions) -> Result<(), SubjectError> {
        self.errands.change(&self.label, instructions).await
    }

    async fn ask(&mut self, _question: &Ask) -> Option<Map<String, Value>> {
        None
    }

    /// The case has nothing more to do. Its world stays until the shift is over.
    async fn stop(self: Box<Self>) {
        self.state.leave(&self.label);
        self.state.over().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::CaseClock;
    use crate::recorder::Recorder;

    fn asked(name: &str) -> What {
        What::DnsQuery {
            name: name.into(),
            kind: "MX".into(),
            answer: "servfail".into(),
            state: "secure".into(),
            dnssec_ok: false,
            transport: "udp".into(),
        }
    }

    #[test]
    fn what_was_not_seen_to_be_on_its_way_in_this_step_is_not_tried() {
        let injected = || What::Injected {
            recipient: None,
            code: 250,
            text: "2.0.0 Taken".into(),
        };
        // (what was seen, in order; was it tried?)
        let cases = [
            (vec![], false),
            (vec![injected(), asked("mx.home.test")], false),
            (vec![injected(), asked("example.test")], true),
            // The first answer may come before the reply to the injection is read.
            (vec![asked("example.test"), injected()], true),
            (
                vec![asked("example.test"), What::StepBegan, injected()],
                false,
            ),
        ];
        for (seen, want) in cases {
            let recorder = Recorder::new(CaseClock::real(SystemTime::UNIX_EPOCH), "abcdefgh");
            recorder.record(Teller::default(), What::StepBegan);
            for what in seen.clone() {
                recorder.record(Teller::default(), what);
            }
            assert_eq!(is_tried(&recorder.events()), want, "{seen:?}");
        }
    }
}
