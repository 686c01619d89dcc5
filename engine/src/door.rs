//! Where connections come in: each becomes a session, or is turned away where there are too many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::Semaphore;

use crate::outside::{Listener, Outside, Stream};
use crate::smtp::Receiver;
use crate::tasks::Tasks;

/// How long nothing is taken after a connection that could not be.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Takes connections, each into a task of its own.
#[derive(Clone)]
pub(crate) struct Door {
    receiver: Receiver,
    sessions: Arc<Semaphore>,
    tasks: Tasks,
}

impl Door {
    /// A door to a receiver; `sessions` are as many as there may be at once.
    pub(crate) fn new(receiver: Receiver, sessions: Arc<Semaphore>, tasks: Tasks) -> Self {
        Self {
            receiver,
            sessions,
            tasks,
        }
    }

    /// Takes what comes, until the engine closes.
    pub(crate) async fn take(self, listener: Box<dyn Listener>, outside: Outside) {
        let mut closing = std::pin::pin!(self.tasks.closing());
        loop {
            let accepted = std::pin::pin!(listener.accept());
            match select(closing.as_mut(), accepted).await {
                Either::Left(_) => return,
                Either::Right((Ok((stream, from)), _)) => self.serve(stream, from),
                Either::Right((Err(error), _)) => {
                    // Out of files, most likely: waiting gives others time to end.
                    tracing::error!(%error, "a connection could not be taken");
                    let later = outside.clock.now() + ACCEPT_PAUSE;
                    outside.clock.sleep_until(later).await;
                }
            }
        }
    }

    fn serve(&self, stream: Box<dyn Stream>, from: SocketAddr) {
        let receiver = self.receiver.clone();
        match Arc::clone(&self.sessions).try_acquire_owned() {
            Ok(permit) => self.tasks.spawn(async move {
                receiver.serve(stream, from).await;
                drop(permit);
            }),
            Err(_) => {
                tracing::warn!(%from, "too many sessions: one is turned away");
                self.tasks
                    .spawn(async move { receiver.turn_away(stream).await });
            }
        }
    }
}
