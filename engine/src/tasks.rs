//! Tasks that end together: each runs on the outside's spawner until it is done or all are stopped.

use std::future::Future;

use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::outside::Outside;

/// How far an engine has come with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It has not begun.
    Working,
    /// Nothing new begins.
    Closing,
    /// Nothing goes on.
    Stopped,
}

/// Spawns tasks that end when the owner of the sign says so or goes away.
#[derive(Clone)]
pub(crate) struct Tasks {
    outside: Outside,
    phase: watch::Receiver<Phase>,
}

impl Tasks {
    /// Tasks, and the sign that ends them.
    pub(crate) fn new(outside: Outside) -> (Self, watch::Sender<Phase>) {
        let (sign, phase) = watch::channel(Phase::Working);
        (Self { outside, phase }, sign)
    }

    /// Runs a task beside the others.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut phase = self.phase.clone();
        self.outside.spawner.spawn(Box::pin(async move {
            let stopped = std::pin::pin!(phase.wait_for(|phase| *phase == Phase::Stopped));
            match select(stopped, std::pin::pin!(task)).await {
                Either::Left(_) => tracing::debug!("a task was stopped"),
                Either::Right(((), _)) => {}
            }
        }));
    }

    /// Waits until nothing new is to begin.
    pub(crate) async fn closing(&self) {
        let mut phase = self.phase.clone();
        // Without an owner it is over as well.
        let _ = phase.wait_for(|phase| *phase >= Phase::Closing).await;
    }
}
