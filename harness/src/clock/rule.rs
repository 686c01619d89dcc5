//! When the clock may jump: the state of one case and the rule over it, without locks or tasks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::task::Waker;
use std::time::Duration;

/// The two ends of a connection, or of a question over UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.client, self.server)
    }
}

/// What the subject does on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// A connection is being made.
    Dialling,
    /// The last read found nothing.
    Reading,
    /// The last write found no room.
    Writing,
    /// Nothing just now.
    Nothing,
}

/// A connection, or a question over UDP, as the subject sees it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) doing: Doing,
}

/// What a fake that sends nothing more does with the bytes that come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// It leaves them where they are: a write of the sender may wait as well as a read.
    Nothing,
    /// It reads them and says nothing to them.
    InVain,
    /// It has read so many, below TLS, and may answer the next.
    After(u64),
}

/// A fake's word that it will send nothing more.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) sent: u64,
    pub(super) hearing: Hearing,
}

impl Held {
    /// Does it keep the subject waiting for as long as it lasts?
    fn holds(&self, line: &Line) -> bool {
        let is_waited_out = match self.hearing {
            Hearing::Nothing => true,
            // A write finds room as soon as the fake reads on.
            Hearing::InVain => line.doing == Doing::Reading,
            Hearing::After(heard) => line.doing == Doing::Reading && heard == line.sent,
        };
        is_waited_out && self.sent == line.received
    }
}

/// A task of the subject.
#[derive(Debug)]
pub(super) struct TaskState {
    /// It runs, or was woken and will.
    pub(super) awake: bool,
    /// It was woken since its poll began.
    pub(super) woken: bool,
}

/// An armed deadline: when, and a number that tells it from others at that moment.
pub(super) type Deadline = (Duration, u64);

/// What the rule says of a state.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Somebody computes, or something is on its way.
    None,
    /// Nothing is open.
    Idle,
    /// All that is open is held.
    Held,
}

/// Everything that the rule looks at.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) elapsed: Duration,
    /// Tasks that are awake, and others that keep the clock still.
    pub(super) busy: usize,
    pub(super) tasks: HashMap<u64, TaskState>,
    pub(super) deadlines: BTreeMap<Deadline, Waker>,
    pub(super) lines: HashMap<Pair, Line>,
    pub(super) closed: HashSet<Pair>,
    pub(super) holds: HashMap<Pair, Held>,
    /// Holds that end with a deadline.
    pub(super) delays: HashMap<Deadline, Pair>,
    pub(super) silent: HashSet<SocketAddr>,
    /// Where the subject takes connections.
    pub(super) listening: HashSet<SocketAddr>,
    /// Grows with every change: whoever waits for real time sees that something still happens.
    pub(super) changes: u64,
    numbers: u64,
}

impl State {
    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// A line begins.
    pub(super) fn open(&mut self, pair: Pair, doing: Doing) {
        self.changes += 1;
        self.closed.remove(&pair);
        let line = Line {
            received: 0,
            sent: 0,
            doing,
        };
        self.lines.insert(pair, line);
    }

    pub(super) fn rest(&self) -> Rest {
        if self.busy > 0 {
            return Rest::None;
        }
        let mut open = self
            .lines
            .iter()
            .filter(|(_, line)| line.doing != Doing::Nothing)
            .peekable();
        if open.peek().is_none() {
            return Rest::Idle;
        }
        if open.all(|(pair, line)| self.is_held(pair, line)) {
            Rest::Held
        } else {
            Rest::None
        }
    }

    fn is_held(&self, pair: &Pair, line: &Line) -> bool {
        match line.doing {
            Doing::Dialling => self.silent.contains(&pair.server),
            Doing::Reading | Doing::Writing | Doing::Nothing => {
                self.holds.get(pair).is_some_and(|held| held.holds(line))
            }
        }
    }

    /// The earliest armed deadline.
    pub(super) fn earliest(&self) -> Option<Duration> {
        self.deadlines.keys().next().map(|(at, _)| *at)
    }

    /// Moves to `at` and takes out all deadlines that are due, with the holds that end there.
    pub(super) fn jump(&mut self, at: Duration) -> Vec<Waker> {
        self.elapsed = self.elapsed.max(at);
        self.changes += 1;
        let mut due = Vec::new();
        while let Some(entry) = self.deadlines.first_entry() {
            if entry.key().0 > self.elapsed {
                break;
            }
            let (deadline, waker) = entry.remove_entry();
            if let Some(pair) = self.delays.remove(&deadline) {
                self.release(pair, deadline.1);
            }
            due.push(waker);
        }
        due
    }

    /// Ends a hold, unless a later one has taken its place.
    pub(super) fn release(&mut self, pair: Pair, number: u64) {
        if self
            .holds
            .get(&pair)
            .is_some_and(|held| held.number == number)
        {
            self.holds.remove(&pair);
        }
    }

    pub(super) fn wake(&mut self, task: u64) {
        self.changes += 1;
        if let Some(state) = self.tasks.get_mut(&task) {
            state.woken = true;
            if !state.awake {
                state.awake = true;
                self.busy += 1;
            }
        }
    }
}

/// Who waits for what, for the reader of an `error`.
impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} busy", self.busy)?;
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|(pair, _)| **pair);
        for (pair, line) in lines {
            match line.doing {
                Doing::Nothing => {}
                Doing::Dialling => write!(formatter, "; dialling {}", pair.server)?,
                Doing::Reading | Doing::Writing => {
                    write!(
                        formatter,
                        "; waiting on {pair}, {} bytes received, {} sent",
                        line.received, line.sent
                    )?;
                    match self.holds.get(pair) {
                        Some(held) => write!(formatter, ", held after {}", held.sent)?,
                        None => write!(formatter, ", not held")?,
                    }
                }
            }
        }
        match self.earliest() {
            Some(at) => write!(formatter, "; next deadline at {} s", at.as_secs_f64()),
            None => write!(formatter, "; no deadline"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_counts_only_while_nothing_is_on_its_way() {
        use Doing::{Reading, Writing};
        use Hearing::{After, InVain, Nothing};
        // (the fake's word, what the subject waits for, bytes it has received and sent, is it held?)
        let cases = [
            (Nothing, Reading, 7, 9, true),
            (Nothing, Writing, 7, 9, true),
            (Nothing, Reading, 6, 9, false),
            (InVain, Reading, 7, 9, true),
            (InVain, Reading, 6, 9, false),
            (InVain, Writing, 7, 9, false),
            (After(9), Reading, 7, 9, true),
            (After(9), Reading, 6, 9, false),
            (After(8), Reading, 7, 9, false),
            (After(9), Writing, 7, 9, false),
        ];
        let pair = Pair {
            client: ([127, 0, 0, 1], 1).into(),
            server: ([127, 0, 0, 1], 2).into(),
        };
        for (hearing, doing, received, sent, want) in cases {
            let line = Line {
                received,
                sent,
                doing,
            };
            let held = Held {
                number: 1,
                sent: 7,
                hearing,
            };
            let state = State {
                lines: HashMap::from([(pair, line)]),
                holds: HashMap::from([(pair, held)]),
                ..State::default()
            };
            let case = format!("{hearing:?} {doing:?} {received} {sent}");
            assert_eq!(state.rest() == Rest::Held, want, "{case}");
        }
    }
}
