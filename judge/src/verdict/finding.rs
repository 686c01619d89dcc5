//! Findings: one for each key of each table of expectations.

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::known_failure::FailureKind;
use super::scope::Scope;
use super::{content, delivery, event_findings, wanted};
use crate::scenario::{Expect, Expectation, Level, Place, Wanted};

/// What was found of one expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The key, as `outcome`.
    pub expectation: String,
    /// As the file writes it.
    pub wanted: String,
    /// What was seen instead, or as well.
    pub got: String,
    /// The rows that it speaks for.
    pub requirements: Vec<String>,
    /// Their level.
    pub level: Level,
    /// What is said of it.
    pub verdict: FindingVerdict,
    /// Why it is inconclusive, a known failure, or a warning at most.
    pub reason: Option<String>,
    /// What the known failure is, if somebody has looked.
    pub kind: Option<FailureKind>,
    /// Where the known failure is documented, or was reported.
    pub link: Option<String>,
    /// Where the key stands in the file.
    pub place: Place,
    /// The step, from 1.
    pub step: usize,
    /// Indexes of the events that decide it.
    pub decisive: Vec<usize>,
    /// Nobody wrote it: one of the unsaid leaks.
    pub unsaid: bool,
}

/// What is said of one finding. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FindingVerdict {
    /// It speaks of a delivery that did not happen.
    #[serde(rename = "not judged")]
    NotJudged,
    /// As wanted.
    #[serde(rename = "pass")]
    Pass,
    /// Not as wanted, where nothing more than a warning is due.
    #[serde(rename = "warn")]
    Warn,
    /// Not as wanted, and listed by the subject's profile.
    #[serde(rename = "known failure")]
    KnownFailure,
    /// As wanted, which proves nothing here.
    #[serde(rename = "inconclusive")]
    Inconclusive,
    /// Not as wanted.
    #[serde(rename = "fail")]
    Fail,
}

impl FindingVerdict {
    /// What two findings about the same rows say together. A row that was seen to be missed is missed, whatever else
    /// proves nothing; of different rows the one in doubt weighs more than a warning, and that is their order.
    #[must_use]
    pub(crate) fn beside(self, other: Self) -> Self {
        match (self, other) {
            (Self::Inconclusive, missed @ (Self::Warn | Self::KnownFailure))
            | (missed @ (Self::Warn | Self::KnownFailure), Self::Inconclusive) => missed,
            _ => self.max(other),
        }
    }

    /// The word of reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotJudged => "not judged",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::KnownFailure => "known failure",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// Whether an expectation holds, before level, twin and known failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// As wanted.
    Yes,
    /// Not as wanted.
    No,
    /// Not as wanted, and a warning at most.
    Hardly,
    /// It speaks of something that did not happen.
    NotJudged,
    /// It rests on what the world cannot tell.
    Unknown,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What was found, in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) holds: Holds,
    pub(crate) got: String,
    pub(crate) decisive: Vec<usize>,
    /// It would also hold if the subject had done nothing at all.
    pub(crate) rests_on_silence: bool,
}

impl Found {
    /// Nothing it could speak of was there.
    pub(crate) fn not_judged(got: &str) -> Self {
        Self {
            holds: Holds::NotJudged,
            got: got.to_owned(),
            decisive: Vec::new(),
            rests_on_silence: false,
        }
    }

    /// Of several things each must hold; of none nothing is judged.
    pub(crate) fn of_each(things: impl Iterator<Item = (bool, String, usize)>, none: &str) -> Self {
        let things: Vec<(bool, String, usize)> = things.collect();
        if things.is_empty() {
            return Self::not_judged(none);
        }
        let holds = things.iter().all(|(holds, ..)| *holds);
        let telling = || things.iter().filter(|(own, ..)| *own == holds);
        let mut words: Vec<&str> = telling().map(|(_, words, _)| words.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        Self {
            holds: Holds::from(holds),
            got: words.join(", "),
            decisive: telling().map(|(.., index)| *index).collect(),
            rests_on_silence: false,
        }
    }
}

/// A finding before twin and known failures, with what they ask of it.
pub(crate) struct Raw {
    pub(crate) finding: Finding,
    pub(crate) holds: Holds,
    pub(crate) rests_on_silence: bool,
    /// For an `outcome`: the messages and recipients of which it holds or not.
    pub(crate) accepts: Vec<(String, String, bool)>,
}

/// The findings of one table.
pub(crate) fn findings_of(evidence: &Evidence<'_>, step: usize, table: &Expect) -> Vec<Raw> {
    let scope = Scope::of_table(evidence, step, table);
    table
        .keys
        .iter()
        .map(|expectation| {
            let found = found(&scope, table, expectation);
            Raw {
                accepts: accepted(&scope, &expectation.wanted),
                holds: found.holds,
                rests_on_silence: found.rests_on_silence,
                finding: Finding {
                    expectation: wanted::key(&expectation.wanted).to_owned(),
                    wanted: wanted::value(&expectation.wanted),
                    got: found.got,
                    requirements: table.requirements.clone(),
                    level: table.level,
                    verdict: FindingVerdict::NotJudged,
                    reason: None,
                    kind: None,
                    link: None,
                    place: expectation.place.clone(),
                    step,
                    decisive: found.decisive,
                    unsaid: expectation.unsaid,
                },
            }
        })
        .collect()
}

fn accepted(scope: &Scope<'_, '_>, wanted: &Wanted) -> Vec<(String, String, bool)> {
    let Wanted::Outcome(words) = wanted else {
        return Vec::new();
    };
    scope
        .outcomes
        .iter()
        .map(|one| {
            (
                one.message.clone(),
                one.recipient.clone(),
                one.is_accepted_by(words),
            )
        })
        .collect()
}

fn found(scope: &Scope<'_, '_>, table: &Expect, expectation: &Expectation) -> Found {
    match &expectation.wanted {
        Wanted::Outcome(words) => delivery::outcome(scope, words),
        Wanted::Status(patterns) => delivery::status(scope, patterns),
        Wanted::Tls(conditions) => delivery::tls(scope, conditions),
        Wanted::Via(hosts) => delivery::via(scope, hosts),
        Wanted::Rounds(count) => delivery::rounds_of(scope, *count),
        Wanted::Attempts(count) => delivery::attempts_of(scope, *count),
        Wanted::Leaked(wanted) => delivery::leaked_of(scope, *wanted),
        Wanted::Disclosed(wanted) => delivery::disclosed_of(scope, *wanted, via_of(table)),
        Wanted::Notice(wanted) => content::notice(scope, wanted.as_ref()),
        Wanted::Trace(wanted) => content::trace(scope, wanted),
        Wanted::Report(wanted) => content::report(scope, wanted.as_deref(), table.level),
        Wanted::Answer(wanted) => content::answer(scope, wanted),
        Wanted::Saw(patterns) => event_findings::saw(scope, patterns),
        Wanted::Never(patterns) => event_findings::never(scope, patterns),
        Wanted::Order(patterns) => event_findings::order(scope, patterns),
    }
}

/// What the same table says of `via`.
fn via_of(table: &Expect) -> Option<&[String]> {
    table.keys.iter().find_map(|key| match &key.wanted {
        Wanted::Via(hosts) => Some(&hosts[..]),
        _ => None,
    })
}
