//! Who keeps the relay of a run once it is started: looks at its queue, and runs errands for the cases.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::super::contract::{Instructions, SubjectError};
use super::relay::Ways;
use super::relay_process::{Log, RelayProcess, how_ended, output, run};
use super::run_state::{Health, RunState};
use crate::subject::profile::{Prompt, PromptBy, Verb};

/// The pause between two looks at the queue.
const LOOK: Duration = Duration::from_millis(250);
/// The most errands that wait.
const ERRANDS: usize = 64;

/// What a case may want of the relay.
enum Errand {
    /// Everything that waits is due now.
    Retry,
    /// What was tried and waits for these recipients is to go.
    Remove(Vec<String>),
    /// The relay is told something else about the case with this label.
    Change(String, Box<Instructions>),
}

type Order = (Errand, oneshot::Sender<Result<(), SubjectError>>);

/// Takes errands to the keeper.
#[derive(Clone)]
pub(super) struct Errands(mpsc::Sender<Order>);

impl Errands {
    /// A way to the keeper, and its other end.
    pub(super) fn new() -> (Self, Ordered) {
        let (sender, receiver) = mpsc::channel(ERRANDS);
        (Self(sender), Ordered(receiver))
    }

    pub(super) async fn retry(&self) -> Result<(), SubjectError> {
        self.run(Errand::Retry).await
    }

    pub(super) async fn remove(&self, recipients: Vec<String>) -> Result<(), SubjectError> {
        self.run(Errand::Remove(recipients)).await
    }

    pub(super) async fn change(
        &self,
        label: &str,
        instructions: Instructions,
    ) -> Result<(), SubjectError> {
        let errand = Errand::Change(label.to_owned(), Box::new(instructions));
        self.run(errand).await
    }

    async fn run(&self, errand: Errand) -> Result<(), SubjectError> {
        let gone = || SubjectError::Start("the relay is gone".to_owned());
        let (answer, answered) = oneshot::channel();
        self.0.send((errand, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// The errands that the keeper has to run.
pub(super) struct Ordered(mpsc::Receiver<Order>);

/// The keeper of one relay while it runs.
pub(super) struct Keeper<'r> {
    pub(super) ways: Ways,
    pub(super) process: &'r mut RelayProcess,
    pub(super) state: Arc<RunState>,
    pub(super) log: Log,
    /// The shift is over when nothing has happened for so long behind the last case.
    pub(super) quiet: Duration,
}

impl Keeper<'_> {
    /// Keeps the relay until every case has left and all is quiet.
    pub(super) async fn keep(mut self, Ordered(mut errands): Ordered) {
        let mut since = (self.state.events(), Instant::now());
        let mut left = None;
        let mut has_ended = false;
        loop {
            // Of one that is dead nothing more comes.
            let is_over = self.is_over(&mut since, &mut left);
            if is_over || (has_ended && self.state.is_left()) {
                break;
            }
            self.look().await;
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                Some(order) = errands.recv() => {
                    // What came meanwhile is done with it: one reload serves all cases that want one.
                    let mut orders = vec![order];
                    orders.extend(std::iter::from_fn(|| errands.try_recv().ok()));
                    self.run_all(orders).await;
                }
            }
            if let Some(code) = self.process.ended()
                && !std::mem::replace(&mut has_ended, true)
            {
                self.log.note(&format!("mtaspec: {}", how_ended(code)));
                self.state.set_health(Health::Ended(code));
            }
        }
        self.state.end();
    }

    /// Late events count as well: as long as some come, the worlds stay; but not for a relay that never rests.
    fn is_over(&self, since: &mut (usize, Instant), left: &mut Option<Instant>) -> bool {
        let events = self.state.events();
        if self.state.is_left() {
            let longest = self.ways.profile.times.longest;
            if left.get_or_insert_with(Instant::now).elapsed() >= longest {
                return true;
            }
        }
        if events != since.0 || !self.state.is_left() {
            *since = (events, Instant::now());
        }
        self.state.is_left() && since.1.elapsed() >= self.quiet
    }

    /// A look that fails is none: the cases wait for the next one.
    async fn look(&mut self) {
        let began = Instant::now();
        let Ok(Some(command)) = self.ways.command(Verb::Queue) else {
            // Who has no queue to show is waited for in another way (`AtCase::settle`).
            return;
        };
        let listed = match output(command).await {
            Ok(text) => self
                .ways
                .profile
                .read_queue(&text)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match listed {
            Ok(listed) => self.state.look(began, listed),
            Err(why) => self
                .log
                .note(&format!("mtaspec: its queue cannot be read: {why}")),
        }
    }

    /// Changes come first: what is tried again is tried by what holds now. What is to go is not tried again.
    async fn run_all(&mut self, orders: Vec<Order>) {
        let (mut changes, mut removals, mut retries) = (Vec::new(), Vec::new(), Vec::new());
        let mut leaving = Vec::new();
        for (errand, answer) in orders {
            match errand {
                Errand::Retry => retries.push(answer),
                Errand::Remove(recipients) => {
                    leaving.extend(recipients);
                    removals.push(answer);
                }
                Errand::Change(label, instructions) => {
                    self.ways.change(&label, &instructions);
                    changes.push(answer);
                }
            }
        }
        let remove = Verb::Remove {
            recipients: &leaving,
        };
        let verbs = [
            (Verb::Reload, changes),
            (remove, removals),
            (Verb::Retry, retries),
        ];
        for (verb, answers) in verbs {
            if answers.is_empty() {
                continue;
            }
            let done = self.run(verb).await;
            for answer in answers {
                // Who gave the order may be gone.
                let _ = answer.send(done.clone());
            }
        }
    }

    async fn run(&mut self, verb: Verb<'_>) -> Result<(), SubjectError> {
        if verb == Verb::Reload {
            self.ways.write()?;
        }
        let profile = Arc::clone(&self.ways.profile);
        let command = self.ways.command(verb)?;
        let prompt = match verb {
            Verb::Retry => profile.retry.as_ref(),
            Verb::Reload => profile.reload.as_ref(),
            _ => None,
        };
        match (prompt, command) {
            (Some(prompt), command) => self.prompt(prompt, command).await,
            (None, Some(command)) => run(command, &self.log).await,
            // What its profile has nothing for it notices by itself.
            (None, None) if verb == Verb::Reload => Ok(()),
            (None, None) => {
                let (what, table) = match verb {
                    Verb::Retry => ("to try again", "retry"),
                    _ => ("to take messages out of its queue", "remove"),
                };
                let why = format!("{what}: its profile has no [{table}]");
                Err(SubjectError::Unsupported(why))
            }
        }
    }

    async fn prompt(
        &mut self,
        prompt: &Prompt,
        command: Option<Command>,
    ) -> Result<(), SubjectError> {
        let before = self.log.length();
        match (&prompt.by, command) {
            (PromptBy::Signal(signal), _) => self.process.send(*signal)?,
            (PromptBy::Command(_), Some(command)) => run(command, &self.log).await?,
            (PromptBy::Command(_), None) => {}
        }
        match &prompt.said {
            Some(said) => self.log.says(said, before).await,
            None => Ok(()),
        }
    }
}
