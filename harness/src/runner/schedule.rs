//! What is played, and which cases can be judged after each play.
//!
//! A case is judged by its own recording and those of its twins. Twins are plays like any other, each once a run;
//! in which order plays end changes nothing but the order in which verdicts are told.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use mtaspec_judge::events::Recording;
use mtaspec_judge::scenario::{Case, OutcomeWord, Step, Twin, Wanted};
use mtaspec_judge::verdict::{CaseResult, JudgeOptions, TwinResult, judge};

/// How the ids of healthy twins begin.
const TWINS: &str = "twin/";

/// All that a case is judged by.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The place of the case in the run.
    pub index: usize,
    /// The case as it was played.
    pub recording: Arc<Recording>,
    /// The twins of its steps as they were played; empty where none is needed.
    pub twins: Vec<Arc<Recording>>,
}

impl Evidence {
    /// What can be judged among recordings: each of a case, with those of its twins that are there too.
    #[must_use]
    pub fn among(recordings: Vec<Recording>) -> Vec<Self> {
        let recordings: Vec<_> = recordings.into_iter().map(Arc::new).collect();
        let played: Vec<_> = recordings
            .iter()
            .map(|recording| Arc::new(recording.case.clone()))
            .collect();
        let of = |twin: Arc<Case>| {
            let mut all = recordings.iter();
            all.find(|recording| recording.case.id == twin.id).cloned()
        };
        let cases = recordings.iter().enumerate();
        cases
            .filter(|(_, recording)| !recording.case.id.starts_with(TWINS))
            .map(|(index, recording)| Self {
                index,
                recording: Arc::clone(recording),
                twins: twins_of(&recording.case, &played)
                    .into_iter()
                    .map(of)
                    .collect::<Option<_>>()
                    .unwrap_or_default(),
            })
            .collect()
    }

    /// The verdict.
    #[must_use]
    pub fn judge(&self, options: &JudgeOptions) -> CaseResult {
        judge(&self.recording, &self.twin(), options)
    }

    /// A twin is delivered when every message of it reached every recipient.
    fn twin(&self) -> TwinResult {
        if self.recording.case.twin == Twin::NotNeeded {
            return TwinResult::NotNeeded;
        }
        for twin in &self.twins {
            let result = judge(twin, &TwinResult::NotNeeded, &JudgeOptions::default());
            let id = &result.id;
            match result
                .outcomes
                .iter()
                .find(|outcome| !outcome.is_delivered())
            {
                Some(outcome) => {
                    return TwinResult::NotDelivered(format!("{id} was {}", outcome.words()));
                }
                None if result.outcomes.is_empty() => {
                    return TwinResult::NotDelivered(format!("{id} has no outcome"));
                }
                None => {}
            }
        }
        if self.twins.is_empty() {
            return TwinResult::NotDelivered("there is none".to_owned());
        }
        TwinResult::Delivered
    }
}

/// The plays of a run.
#[derive(Debug)]
pub(super) struct Schedule {
    queue: VecDeque<Arc<Case>>,
    recordings: HashMap<String, Arc<Recording>>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    index: usize,
    id: String,
    twins: Vec<String>,
}

impl Schedule {
    /// Plays `cases`, and of `known` what they name as twins.
    pub(super) fn new(cases: &[Arc<Case>], known: &[Arc<Case>]) -> Self {
        let mut schedule = Self {
            queue: VecDeque::new(),
            recordings: HashMap::new(),
            waiting: Vec::new(),
        };
        let mut queued = HashSet::new();
        for (index, case) in cases.iter().enumerate() {
            let twins = twins_of(case, known);
            schedule.waiting.push(Waiting {
                index,
                id: case.id.clone(),
                twins: twins.iter().map(|twin| twin.id.clone()).collect(),
            });
            let plays = std::iter::once(Arc::clone(case)).chain(twins);
            for play in plays {
                if queued.insert(play.id.clone()) {
                    schedule.queue.push_back(play);
                }
            }
        }
        schedule
    }

    /// All that is to be played, in the order of the queue.
    pub(super) fn plays(&self) -> Vec<Arc<Case>> {
        self.queue.iter().cloned().collect()
    }

    /// What to play next.
    pub(super) fn next(&mut self) -> Option<Arc<Case>> {
        self.queue.pop_front()
    }

    /// A play has ended: these cases can now be judged.
    pub(super) fn played(&mut self, recording: Recording) -> Vec<Evidence> {
        let id = recording.case.id.clone();
        self.recordings.insert(id, Arc::new(recording));
        let mut ready = Vec::new();
        let recordings = &self.recordings;
        self.waiting.retain(|waiting| {
            let evidence = waiting.evidence(recordings);
            let still_waits = evidence.is_none();
            ready.extend(evidence);
            still_waits
        });
        ready
    }
}

impl Waiting {
    fn evidence(&self, recordings: &HashMap<String, Arc<Recording>>) -> Option<Evidence> {
        Some(Evidence {
            index: self.index,
            recording: Arc::clone(recordings.get(&self.id)?),
            twins: (self.twins.iter())
                .map(|id| recordings.get(id).cloned())
                .collect::<Option<_>>()?,
        })
    }
}

/// What is played beside these cases, so that their refusals count: each twin once, none that is among them.
#[must_use]
pub fn twins_beside(cases: &[Arc<Case>], known: &[Arc<Case>]) -> Vec<Arc<Case>> {
    let mut ids: HashSet<String> = cases.iter().map(|case| case.id.clone()).collect();
    let twins = cases.iter().flat_map(|case| twins_of(case, known));
    twins.filter(|twin| ids.insert(twin.id.clone())).collect()
}

fn twins_of(case: &Case, known: &[Arc<Case>]) -> Vec<Arc<Case>> {
    match &case.twin {
        Twin::NotNeeded => Vec::new(),
        Twin::Healthy => (case.steps.iter().enumerate())
            .filter(|(_, step)| accepts_refusal(step))
            .map(|(index, _)| Arc::new(case.healthy_twin(index)))
            .collect(),
        // A twin that is not there leaves the case without one, and then it proves nothing.
        Twin::Case(id) => known
            .iter()
            .filter(|other| other.id == *id)
            .cloned()
            .collect(),
    }
}

/// Does the step accept more than a delivery?
fn accepts_refusal(step: &Step) -> bool {
    let mut keys = step.expect.iter().flat_map(|table| &table.keys);
    keys.any(|key| match &key.wanted {
        Wanted::Outcome(words) => words.iter().any(|word| *word != OutcomeWord::Delivered),
        _ => false,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use mtaspec_judge::events::SubjectName;
    use mtaspec_judge::scenario::{Expect, Expectation, Level, OutcomeWord, Wanted};

    use super::*;
    use crate::plan::healthy_case;

    fn refused(id: &str, twin: Twin) -> Arc<Case> {
        let mut case = healthy_case();
        case.id = id.into();
        case.twin = twin;
        let place = case.place.clone();
        case.steps[0].expect = vec![Expect {
            place: place.clone(),
            requirements: Vec::new(),
            level: Level::Must,
            message: None,
            recipient: None,
            keys: vec![Expectation {
                wanted: Wanted::Outcome(vec![OutcomeWord::Returned]),
                unsaid: false,
                place,
            }],
        }];
        Arc::new(case)
    }

    /// A recording of a case of which nothing was seen.
    pub(in crate::runner) fn recording(case: &Case) -> Recording {
        Recording {
            case: case.clone(),
            subject: SubjectName {
                name: "engine".into(),
                version: String::new(),
                capabilities: BTreeSet::new(),
                gives_up_after: None,
            },
            now: String::new(),
            tool: String::new(),
            events: Vec::new(),
            milliseconds: 0,
        }
    }

    #[test]
    fn a_case_is_judged_when_it_and_its_twins_were_played() {
        let cases = [
            refused("a", Twin::Healthy),
            refused("b", Twin::Healthy),
            refused("c", Twin::Case("d".into())),
            refused("d", Twin::NotNeeded),
        ];
        let mut schedule = Schedule::new(&cases, &cases);
        let mut plays = Vec::new();
        while let Some(case) = schedule.next() {
            plays.push(case);
        }
        let ids: Vec<_> = plays.iter().map(|case| case.id.as_str()).collect();
        assert_eq!((ids[0], &ids[2..]), ("a", ["b", "c", "d"].as_slice()));
        assert!(ids[1].starts_with("twin/"));
        let judged: Vec<Vec<usize>> = [3, 0, 1, 2, 4]
            .into_iter()
            .map(|play: usize| {
                let ready = schedule.played(recording(&plays[play]));
                ready.iter().map(|evidence| evidence.index).collect()
            })
            .collect();
        assert_eq!(judged, [vec![], vec![], vec![0], vec![1], vec![2, 3]]);
    }

    #[test]
    fn a_twin_outside_the_selection_is_played_and_not_judged() {
        let known = [
            refused("a", Twin::Case("b".into())),
            refused("b", Twin::NotNeeded),
        ];
        let mut schedule = Schedule::new(&known[..1], &known);
        let (a, b) = (schedule.next().unwrap(), schedule.next().unwrap());
        assert_eq!((a.id.as_str(), b.id.as_str()), ("a", "b"));
        assert!(schedule.played(recording(&a)).is_empty());
        let ready = schedule.played(recording(&b));
        assert_eq!(ready.len(), 1);
        assert_eq!(ready[0].twins[0].case.id, "b");
    }
}
