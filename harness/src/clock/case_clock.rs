//! The clock of one case: what fakes, the subject and the runner call.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use super::patience::{Patience, Stuck};
use super::rule::{Deadline, Hearing, Held, Pair, Rest, State};

/// The clock of one case.
pub struct CaseClock {
    epoch: SystemTime,
    /// Set: the clock follows real time from there.
    real: Option<Instant>,
    pub(super) patience: Patience,
    state: Mutex<State>,
    pub(super) idle: Notify,
    pub(super) gone: Notify,
}

/// While it lives, the fake sends nothing more on a connection.
#[must_use = "the hold ends when it is dropped"]
pub struct Hold {
    clock: Arc<CaseClock>,
    pair: Pair,
    number: u64,
}

/// While it lives, the clock stands still.
#[must_use = "the clock moves again when it is dropped"]
pub struct Standstill {
    clock: Arc<CaseClock>,
}

impl CaseClock {
    /// A clock that the harness moves; it begins at `epoch`.
    #[must_use]
    pub fn new(epoch: SystemTime) -> Arc<Self> {
        Self::with(epoch, None)
    }

    /// A clock that follows real time, for subjects that have their own; holds do nothing.
    #[must_use]
    pub fn real(epoch: SystemTime) -> Arc<Self> {
        Self::with(epoch, Some(Instant::now()))
    }

    fn with(epoch: SystemTime, real: Option<Instant>) -> Arc<Self> {
        Arc::new(Self {
            epoch,
            real,
            patience: Patience::default(),
            state: Mutex::default(),
            idle: Notify::new(),
            gone: Notify::new(),
        })
    }

    /// Whether a subject that receives at this real address lives in the time of this clock.
    #[must_use]
    pub fn is_shared_by(&self, subject: SocketAddr) -> bool {
        self.real.is_some() || self.lock().listening.contains(&subject)
    }

    /// When the case began.
    #[must_use]
    pub fn epoch(&self) -> SystemTime {
        self.epoch
    }

    /// Time since the case began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match self.real {
            Some(start) => start.elapsed(),
            None => self.lock().elapsed,
        }
    }

    // ---- for fakes

    /// Says that a fake will send nothing more to `client` (the subject's end, real address) from `server` (its own)
    /// until the guard is dropped. `sent` is how many bytes it ever sent on that connection, below TLS; `hearing` is
    /// what it does meanwhile. For a DNS question over UDP `sent` is 0.
    pub fn hold(
        self: &Arc<Self>,
        client: SocketAddr,
        server: SocketAddr,
        sent: u64,
        hearing: Hearing,
    ) -> Hold {
        let pair = Pair { client, server };
        let mut state = self.lock();
        state.changes += 1;
        let number = state.number();
        let held = Held {
            number,
            sent,
            hearing,
        };
        state.holds.insert(pair, held);
        self.settle(state);
        Hold {
            clock: Arc::clone(self),
            pair,
            number,
        }
    }

    /// Does nobody answer at this real address?
    #[must_use]
    pub fn is_silent(&self, server: SocketAddr) -> bool {
        self.lock().silent.contains(&server)
    }

    /// Says that nobody answers at this real address, or no longer so.
    pub fn set_silent(&self, server: SocketAddr, silent: bool) {
        let mut state = self.lock();
        if silent {
            state.silent.insert(server);
        } else {
            state.silent.remove(&server);
        }
        self.settle(state);
    }

    /// For the `delay` and `drip` of a fake: holds the connection as [`Self::hold`] does, and ends the hold when so
    /// much of the case's time has passed. One call, since a hold without its deadline would let the clock jump too far.
    pub async fn delay(
        self: &Arc<Self>,
        client: SocketAddr,
        server: SocketAddr,
        sent: u64,
        duration: Duration,
    ) {
        if self.real.is_some() {
            return tokio::time::sleep(duration).await;
        }
        let pair = Pair { client, server };
        let mut delay = Delay {
            hold: None,
            until: self.elapsed() + duration,
        };
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            if state.elapsed >= delay.until {
                return Poll::Ready(());
            }
            let number = match &delay.hold {
                Some(hold) => hold.number,
                None => state.number(),
            };
            let deadline = (delay.until, number);
            let before = state.deadlines.insert(deadline, context.waker().clone());
            if delay.hold.is_none() {
                let held = Held {
                    number,
                    sent,
                    hearing: Hearing::Nothing,
                };
                state.holds.insert(pair, held);
                state.delays.insert(deadline, pair);
            }
            self.settle(state);
            drop(before);
            delay.hold.get_or_insert_with(|| Hold {
                clock: Arc::clone(self),
                pair,
                number,
            });
            Poll::Pending
        })
        .await;
    }

    /// Ready when the subject has dropped its end of that connection: a fake that does not read would never see it.
    /// Of connections that were not made through this clock it knows nothing, and waits on.
    pub async fn closed(self: &Arc<Self>, client: SocketAddr, server: SocketAddr) {
        let pair = Pair { client, server };
        loop {
            let mut gone = pin!(self.gone.notified());
            gone.as_mut().enable();
            if self.lock().closed.contains(&pair) {
                return;
            }
            gone.await;
        }
    }

    // ---- for the subject

    /// Ready as soon as so much time has passed since the case began.
    pub fn sleep_until(self: &Arc<Self>, at: Duration) -> impl Future<Output = ()> + Send + use<> {
        Sleep {
            clock: Arc::clone(self),
            at,
            armed: None,
        }
    }

    // ---- for the runner

    /// Keeps the clock still: messages that belong to one moment are handed over in it.
    pub fn stand_still(self: &Arc<Self>) -> Standstill {
        self.lock().busy += 1;
        Standstill {
            clock: Arc::clone(self),
        }
    }

    /// Moves the clock on by `duration` for an idle subject: deadline by deadline, waiting for rest after each.
    ///
    /// # Errors
    /// When the subject does not come to rest on the way.
    pub async fn advance(&self, duration: Duration) -> Result<(), Stuck> {
        if self.real.is_some() {
            tokio::time::sleep(duration).await;
            return Ok(());
        }
        let end = self.elapsed() + duration;
        loop {
            self.idle().await?;
            let mut state = self.lock();
            if state.rest() != Rest::Idle {
                continue;
            }
            match state.earliest() {
                Some(at) if at <= end => self.jump(state, at),
                _ => {
                    state.elapsed = state.elapsed.max(end);
                    return Ok(());
                }
            }
        }
    }

    // ---- the machinery

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries the rule; called with the lock after every change that could let the clock move.
    pub(super) fn settle<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        loop {
            match state.rest() {
                Rest::None => return,
                Rest::Idle => {
                    drop(state);
                    return self.idle.notify_waiters();
                }
                Rest::Held => {
                    let Some(at) = state.earliest() else { return };
                    state = self.jump_once(state, at);
                }
            }
        }
    }

    fn jump(&self, state: MutexGuard<'_, State>, at: Duration) {
        let state = self.jump_once(state, at);
        self.settle(state);
    }

    /// The jump counts as busy until all whom it concerns are woken: one of them must not let the clock move on
    /// before the others have heard.
    fn jump_once<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        at: Duration,
    ) -> MutexGuard<'a, State> {
        let due = state.jump(at);
        state.busy += 1;
        drop(state);
        due.into_iter().for_each(std::task::Waker::wake);
        let mut state = self.lock();
        state.busy -= 1;
        state
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        state.changes += 1;
        state.release(self.pair, self.number);
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        state.busy -= 1;
        self.clock.settle(state);
    }
}

/// A fake's delay under way; dropped early, its deadline goes with it.
struct Delay {
    hold: Option<Hold>,
    until: Duration,
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let Some(hold) = &self.hold {
            let deadline = (self.until, hold.number);
            let mut state = hold.clock.lock();
            state.delays.remove(&deadline);
            let waker = state.deadlines.remove(&deadline);
            drop(state);
            drop(waker);
        }
    }
}

/// A wait of the subject.
struct Sleep {
    clock: Arc<CaseClock>,
    at: Duration,
    armed: Option<Deadline>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<()> {
        let clock = Arc::clone(&self.clock);
        let mut state = clock.lock();
        if state.elapsed >= self.at {
            return Poll::Ready(());
        }
        let deadline = match self.armed {
            Some(deadline) => deadline,
            None => (self.at, state.number()),
        };
        self.armed = Some(deadline);
        let before = state.deadlines.insert(deadline, context.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(deadline) = self.armed {
            // A waker may be the last to know a task, whose end takes the lock: it goes after the guard.
            let waker = self.clock.lock().deadlines.remove(&deadline);
            drop(waker);
        }
    }
}
