//! Tasks that end together: each runs on the outside's spawner until it is done or all are stopped.

use std::future::Future;

use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::outside::Outside;

/// Spawns tasks that end when the owner of the stop sign says so or goes away.
#[derive(Clone)]
pub(crate) struct Tasks {
    outside: Outside,
    stop: watch::Receiver<bool>,
}

impl Tasks {
    /// Tasks, and the sign that stops them.
    pub(crate) fn new(outside: Outside) -> (Self, watch::Sender<bool>) {
        let (sign, stop) = watch::channel(false);
        (Self { outside, stop }, sign)
    }

    /// Runs a task beside the others.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.clone();
        self.outside.spawner.spawn(Box::pin(async move {
            let stopped = std::pin::pin!(stop.wait_for(|stopped| *stopped));
            match select(stopped, std::pin::pin!(task)).await {
                Either::Left(_) => tracing::debug!("a task was stopped"),
                Either::Right(((), _)) => {}
            }
        }));
    }
}
