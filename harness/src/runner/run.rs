//! All cases of a run, by several workers at once.
//!
//! Each play has a thread and a runtime to itself: one that panics, hangs or floods costs its own case alone, and what
//! it leaves behind ends with its runtime. Neither the number of workers nor the order of cases changes a finding.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mtaspec_judge::events::Recording;
use mtaspec_judge::scenario::Case;
use tokio::sync::Notify;

use super::case::Player;
use super::schedule::{Evidence, Schedule};

/// No play may take longer, in real time: one that floods costs its own case alone.
const LONGEST: Duration = Duration::from_secs(300);

/// Ends a run before its time; clones end the same run.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    inner: Arc<StopState>,
}

#[derive(Debug, Default)]
struct StopState {
    wanted: AtomicBool,
    notify: Notify,
}

impl Stop {
    /// Begins no further play and gives up those under way.
    pub fn now(&self) {
        self.inner.wanted.store(true, Ordering::SeqCst);
        self.inner.notify.notify_waiters();
    }

    /// Has it been asked for?
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.inner.wanted.load(Ordering::SeqCst)
    }

    async fn wanted(&self) {
        let mut notified = std::pin::pin!(self.inner.notify.notified());
        notified.as_mut().enable();
        if !self.is_wanted() {
            notified.await;
        }
    }
}

/// Plays `cases`, and of `known` what they name as twins. `ready` hears of each case that can be judged, one at a time.
pub fn play_all(
    player: &Player,
    cases: &[Arc<Case>],
    known: &[Arc<Case>],
    jobs: NonZeroUsize,
    stop: &Stop,
    ready: impl FnMut(Evidence) + Send,
) {
    let play = |case: &Arc<Case>| play_apart(player, case, stop);
    work(Schedule::new(cases, known), jobs, stop, &play, ready);
}

fn work(
    schedule: Schedule,
    jobs: NonZeroUsize,
    stop: &Stop,
    play: &(dyn Fn(&Arc<Case>) -> Option<Recording> + Sync),
    ready: impl FnMut(Evidence) + Send,
) {
    let schedule = Mutex::new(schedule);
    let ready = Mutex::new(ready);
    let lock = || schedule.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            scope.spawn(|| {
                while !stop.is_wanted() {
                    let Some(case) = lock().next() else { return };
                    let Some(recording) = play(&case) else { return };
                    let judged = lock().played(recording);
                    let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
                    judged.into_iter().for_each(&mut *ready);
                }
            });
        }
    });
}

/// None: the run was stopped before the play was over.
pub(super) fn play_apart(player: &Player, case: &Arc<Case>, stop: &Stop) -> Option<Recording> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            return Some(player.failed(case, &format!("no runtime for the case: {error}")));
        }
    };
    let play = AssertUnwindSafe(|| {
        runtime.block_on(async {
            tokio::select! {
                recording = player.play(case) => Some(recording),
                () = stop.wanted() => None,
                () = tokio::time::sleep(LONGEST) => {
                    let reason = format!("it took longer than {} s", LONGEST.as_secs());
                    Some(player.failed(case, &reason))
                }
            }
        })
    });
    catch_unwind(play).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("without a word");
        Some(player.failed(case, &format!("the harness panicked: {reason}")))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::plan::healthy_case;
    use crate::runner::schedule::tests::recording;

    fn cases(count: usize) -> Vec<Arc<Case>> {
        (0..count)
            .map(|number| {
                let mut case = healthy_case();
                case.id = format!("tests/{number}");
                Arc::new(case)
            })
            .collect()
    }

    #[test]
    fn every_case_is_played_once_by_any_number_of_workers() {
        for jobs in [1, 3, 20] {
            let cases = cases(10);
            let schedule = Schedule::new(&cases, &cases);
            let mut told = Vec::new();
            let play = |case: &Arc<Case>| Some(recording(case));
            let jobs = NonZeroUsize::new(jobs).unwrap();
            work(schedule, jobs, &Stop::default(), &play, |evidence| {
                told.push(evidence.index);
            });
            told.sort_unstable();
            assert_eq!(told, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stopped_run_begins_nothing_more() {
        let cases = cases(10);
        let stop = Stop::default();
        let played = AtomicUsize::new(0);
        let play = |case: &Arc<Case>| {
            if played.fetch_add(1, Ordering::SeqCst) == 2 {
                stop.now();
                return None;
            }
            Some(recording(case))
        };
        let mut told = 0;
        let schedule = Schedule::new(&cases, &cases);
        work(schedule, NonZeroUsize::MIN, &stop, &play, |_| told += 1);
        assert_eq!((played.into_inner(), told), (3, 2));
    }
}
