//! What must be seen (SCENARIOS §9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Place;

/// One table of expectations. Each key makes one finding, which speaks for the rows of this table alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// Where the table stands.
    pub place: Place,
    /// Rows of the catalogue, all of one level. Empty in a folder of one's own: a must without row.
    pub requirements: Vec<String>,
    /// The level of the rows.
    pub level: Level,
    /// Whom it speaks of; none: all messages of this step, or all that wait.
    pub message: Option<String>,
    /// As the file spells it.
    pub recipient: Option<String>,
    /// The keys in the order of the file, the unsaid ones (`leaked`, `disclosed`) last and marked.
    pub keys: Vec<Expectation>,
}

/// The strength of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// must and must-not.
    Must,
    /// should and should-not.
    Should,
    /// may.
    May,
    /// A product page says so.
    Documented,
}

/// One key of an `expect` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// What is wanted.
    pub wanted: Wanted,
    /// Not written in the file: the unsaid leaks.
    pub unsaid: bool,
    /// Where the key stands (of an unsaid one: the table).
    pub place: Place,
}

/// What an expectation wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Any of these; `Returned` stands as itself.
    Outcome(Vec<OutcomeWord>),
    /// Patterns of an enhanced code, any of them.
    Status(Vec<String>),
    /// Conditions on the session that delivered, any of them.
    Tls(Vec<TlsCondition>),
    /// Hosts, any of them.
    Via(Vec<String>),
    /// Walks over the MX hosts.
    Rounds(Count),
    /// Connections.
    Attempts(Count),
    /// Canary bytes readable in plaintext or by an attacker.
    Leaked(bool),
    /// The most that anybody outside `via` was given.
    Disclosed(Disclosure),
    /// The failure notice; none: there must be none.
    Notice(Option<Fields>),
    /// The Received field that the subject wrote.
    Trace(Fields),
    /// TLS reports; none: there must be none.
    Report(Option<Vec<Fields>>),
    /// The answer to `ask`.
    Answer(Fields),
    /// Each matches an event.
    Saw(Vec<Pattern>),
    /// None matches one.
    Never(Vec<Pattern>),
    /// Each matches one after the one before.
    Order(Vec<Pattern>),
}

/// A word for what became of a message for a recipient, as files may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeWord {
    /// A fake took it with 250.
    Delivered,
    /// Kept.
    Deferred,
    /// Given up, with a notice.
    Bounced,
    /// Not taken when injected.
    Rejected,
    /// Bounced, or rejected with 5yz.
    Returned,
}

/// What an expectation asks of the TLS of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsCondition {
    /// Plaintext.
    None,
    /// Any version.
    Any,
    /// This one.
    Exactly(super::TlsVersion),
    /// This one or newer.
    AtLeast(super::TlsVersion),
}

/// `2`, `">=1"`, `"1..3"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The least.
    pub least: u64,
    /// The most; none: no bound.
    pub most: Option<u64>,
}

/// How much somebody was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disclosure {
    /// Nothing of the message.
    Nothing,
    /// Reverse-path or recipients.
    Envelope,
    /// Header or body.
    Message,
}

/// `{ event = NAME, FIELD = ..., count = n }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// The event's name.
    pub event: String,
    /// How many must match; none: at least one.
    pub count: Option<Count>,
    /// What its fields must be.
    pub fields: Fields,
    /// As the file writes it, on one line.
    pub written: String,
}

/// Fields by name, in the order of names.
pub type Fields = BTreeMap<String, FieldPattern>;

/// What a field must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldPattern {
    /// Any of these texts, with `*` and `?`.
    Text(Vec<String>),
    /// True or false (`remote_mta = false`: none).
    Flag(bool),
    /// A number or a range.
    Count(Count),
    /// Any of these numbers.
    Numbers(Vec<i64>),
    /// Tables inside (`failures` of a report).
    Tables(Vec<Fields>),
}
