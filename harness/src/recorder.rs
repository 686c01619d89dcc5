//! Where a case's events go while it runs.
//!
//! Fakes live in names that end in `.<label>.test`; events are told in the names of the scenario file. The one
//! substitution of [`Names`] is undone here and nowhere else, and the tokens of envelope senders are taken out.

use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_judge::events::{Event, What};

use crate::clock::CaseClock;
use crate::plan::{Names, without_tokens};

/// Takes the events of one case; clones feed the same recording.
#[derive(Clone)]
pub struct Recorder {
    clock: Arc<CaseClock>,
    names: Arc<Names>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    step: usize,
    events: Vec<Event>,
}

/// Who tells an event; all of it may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Teller {
    /// The host's name, labelled or not.
    pub host: Option<String>,
    /// The n-th connection to it, from 1.
    pub connection: Option<u32>,
    /// The message's name.
    pub message: Option<String>,
}

impl Recorder {
    /// An empty recording of the case with this label, whose names end in `.test`.
    #[must_use]
    pub fn new(clock: Arc<CaseClock>, label: &str) -> Self {
        Self::with_names(clock, Names::from_texts(label, "test"))
    }

    /// An empty recording of the case with these names.
    #[must_use]
    pub fn with_names(clock: Arc<CaseClock>, names: Names) -> Self {
        Self {
            clock,
            names: Arc::new(names),
            state: Arc::default(),
        }
    }

    /// What follows belongs to this step (0 is the warm-up).
    pub fn begin_step(&self, step: usize) {
        self.lock().step = step;
        self.record(Teller::default(), What::StepBegan);
    }

    /// Notes an event at the time of the case's clock.
    pub fn record(&self, teller: Teller, what: What) {
        let at = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut state = self.lock();
        let step = state.step;
        let Teller {
            host,
            connection,
            message,
        } = teller;
        let mut event = Event {
            at,
            step,
            host,
            connection,
            message,
            what,
        };
        event.each_text(&mut |text| respell(text, &self.names));
        state.events.push(event);
    }

    /// All events so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// How many events there are so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().events.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Undoes the plan's names and tokens in a text. What cannot hold either costs a look.
fn respell(text: &mut String, names: &Names) {
    if text.contains(['.', '[', '+']) {
        *text = without_tokens(&names.plain(text));
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use mtaspec_judge::events::What;

    use super::{Recorder, Teller};
    use crate::clock::CaseClock;

    #[test]
    fn events_are_told_in_the_names_of_the_file() {
        let recorder = Recorder::new(CaseClock::new(SystemTime::UNIX_EPOCH), "abcdefg2");
        recorder.begin_step(1);
        recorder.record(
            Teller {
                host: Some("mx.example.abcdefg2.test".into()),
                connection: Some(1),
                message: Some("first".into()),
            },
            What::MessageAccepted {
                from: "sender+mtabcdefghij@home.abcdefg2.test".into(),
                to: vec!["user@EXAMPLE.ABCDEFG2.TEST".into()],
                tls: "1.3".into(),
                requiretls: false,
                content: "Return-Path: <sender+mtabcdefghij@home.abcdefg2.test>".into(),
            },
        );
        let events = recorder.events();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].step, 1);
        assert_eq!(events[1].host.as_deref(), Some("mx.example.test"));
        assert_eq!(
            events[1].what,
            What::MessageAccepted {
                from: "sender@home.test".into(),
                to: vec!["user@EXAMPLE.TEST".into()],
                tls: "1.3".into(),
                requiretls: false,
                content: "Return-Path: <sender@home.test>".into(),
            }
        );
    }
}
