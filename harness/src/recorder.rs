//! Where a case's events go while it runs.
//!
//! Fakes live in names that end in `.<label>.test`; events are told in the names of the scenario file. The one
//! substitution is undone here and nowhere else.

use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_judge::events::{Event, What};
use serde_json::Value;

use crate::clock::CaseClock;

/// Takes the events of one case; clones feed the same recording.
#[derive(Clone)]
pub struct Recorder {
    clock: Arc<CaseClock>,
    label: String,
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
    /// An empty recording of the case with this label.
    #[must_use]
    pub fn new(clock: Arc<CaseClock>, label: &str) -> Self {
        Self {
            clock,
            label: label.to_owned(),
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
        let event = unlabelled(
            &Event {
                at,
                step,
                host,
                connection,
                message,
                what,
            },
            &self.label,
        );
        state.events.push(event);
    }

    /// All events so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unlabelled(event: &Event, label: &str) -> Event {
    let value = serde_json::to_value(event).expect("an event is plain data");
    serde_json::from_value(replaced(value, &format!(".{label}.test"), ".test"))
        .expect("it was an event before")
}

fn replaced(value: Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(from, to)),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| replaced(item, from, to))
                .collect(),
        ),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, item)| (key.replace(from, to), replaced(item, from, to)))
                .collect(),
        ),
        other => other,
    }
}
