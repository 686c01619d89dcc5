//! A resolved case: what runs and gets a verdict, after merging, `vary` and steps.
//!
//! Every value here is complete: what the file left unsaid holds the healthy default, and each step carries its
//! whole world. Names are spelled as the file spells them; the plan replaces `.test` later. The serde form is that
//! of recordings; scenario files are read by [`super::read`] alone, which reports every problem.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Ask, Client, Expect, Message, World};

/// The most messages of a case, copies and all (SCENARIOS §11).
pub(crate) const MOST_MESSAGES: u64 = 100;

/// One case of one scenario file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `path`, `path#case`, `path#case/label` or `path#/label`.
    pub id: String,
    /// The file's title, or the case's own.
    pub title: String,
    /// What goes wrong in the world when a subject fails this.
    pub why: String,
    /// Where the case stands.
    pub place: crate::document::Place,
    /// Does the subject send or receive?
    pub direction: Direction,
    /// How the harness sends (inbound only).
    pub client: Client,
    /// The story; the first step is the case itself, and there is always one.
    pub steps: Vec<Step>,
    /// What must be delivered before a refusal proves anything.
    pub twin: Twin,
    /// What a subject must be able to do, derived from the keys used (`tls-rule-ca`, `clock`, ...).
    pub capabilities: BTreeSet<String>,
    /// What the build must have beside rustls: TLS 1.0, odd certificates, 3DES, ...
    pub needs_legacy_tls: bool,
}

impl Case {
    /// The rows that its `expect` tables speak for, each once, in the order of their ids.
    #[must_use]
    pub fn requirements(&self) -> BTreeSet<&str> {
        let tables = self.steps.iter().flat_map(|step| &step.expect);
        let rows = tables.flat_map(|table| &table.requirements);
        rows.map(String::as_str).collect()
    }

    /// How many messages go in, copies and all.
    pub(crate) fn count_messages(&self) -> u64 {
        let messages = self.steps.iter().flat_map(|step| &step.inject);
        messages.map(|one| u64::from(one.copies.max(1))).sum()
    }
}

/// Whether the subject sends or receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The subject sends; the fakes receive.
    Outbound,
    /// The harness sends; the subject receives.
    Inbound,
}

/// One step of the story, with the whole world as it stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The clock moves so far in the world of the step before.
    pub after: Option<Duration>,
    /// The world of this step, complete.
    pub world: World,
    /// The messages that go in.
    pub inject: Vec<Message>,
    /// A question to the subject instead of a message.
    pub ask: Option<Ask>,
    /// Waiting messages are made due now: a later step without `inject`, `ask`, `after` and `lasts`.
    pub makes_due: bool,
    /// How long the clock runs before anything is judged; else until every message has an outcome.
    pub lasts: Option<Duration>,
    /// What must be seen, over the events of this step alone.
    pub expect: Vec<Expect>,
}

/// The healthy world that shows that mail can arrive (SCENARIOS §10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// No step accepts a refusal: none is needed.
    NotNeeded,
    /// The harness makes it from the case.
    Healthy,
    /// The case of this id.
    Case(String),
}
