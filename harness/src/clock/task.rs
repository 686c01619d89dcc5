//! The subject's tasks, counted: one is busy from its wake to the poll that ends without another.
//!
//! The wake itself counts, not the next poll, so that channels, joins and tasks spawned by tasks need no care.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::AbortHandle;

use super::CaseClock;
use super::rule::TaskState;

impl CaseClock {
    /// Runs a task of the subject. Handing back the handle lets the runner end it with the case.
    pub fn spawn<F>(self: &Arc<Self>, future: F) -> AbortHandle
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let number = {
            let mut state = self.lock();
            state.busy += 1;
            let number = state.number();
            let awake = TaskState {
                awake: true,
                woken: false,
            };
            state.tasks.insert(number, awake);
            number
        };
        let task = Task {
            waker: Arc::new(TaskWaker {
                clock: Arc::clone(self),
                number,
                inner: Mutex::new(None),
            }),
            future: Some(Box::pin(future)),
        };
        // Out of its budget a task of tokio's looks parked although it will run on: hence unconstrained.
        tokio::spawn(tokio::task::unconstrained(task)).abort_handle()
    }
}

struct Task<F> {
    waker: Arc<TaskWaker>,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = Arc::clone(&self.waker);
        this.begin(context.waker());
        let Some(future) = self.future.as_mut() else {
            return Poll::Ready(());
        };
        let waker = Waker::from(Arc::clone(&this));
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_ready() {
            // What the future held is closed before the clock hears that it has ended.
            self.future = None;
            this.end();
        } else {
            this.park();
        }
        poll
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        self.future = None;
        self.waker.end();
    }
}

struct TaskWaker {
    clock: Arc<CaseClock>,
    number: u64,
    inner: Mutex<Option<Waker>>,
}

impl TaskWaker {
    fn begin(&self, inner: &Waker) {
        let mut state = self.clock.lock();
        state.wake(self.number);
        if let Some(task) = state.tasks.get_mut(&self.number) {
            task.woken = false;
        }
        drop(state);
        let before = self
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(inner.clone());
        drop(before);
    }

    fn park(&self) {
        let mut state = self.clock.lock();
        state.changes += 1;
        if let Some(task) = state.tasks.get_mut(&self.number)
            && !task.woken
        {
            task.awake = false;
            state.busy -= 1;
            self.clock.settle(state);
        }
    }

    fn end(&self) {
        let mut state = self.clock.lock();
        if let Some(task) = state.tasks.remove(&self.number) {
            if task.awake {
                state.busy -= 1;
            }
            self.clock.settle(state);
        }
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.clock.lock().wake(self.number);
        let inner = self
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(inner) = inner {
            inner.wake();
        }
    }
}
