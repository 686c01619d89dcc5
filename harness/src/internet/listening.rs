//! A fake's listener, its connections, and their end; the same for SMTP and HTTPS hosts.
//!
//! A fake owns every task that it starts: closing its connections waits for them, dropping it stops them. What becomes
//! of a connection is left to who serves it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use mtaspec_judge::events::What;
use nix::sys::socket::{Shutdown, shutdown};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::door::Door;
use super::wire::Wire;
use crate::recorder::{Recorder, Teller};

/// Connections that may wait to be accepted: hundreds come at once when cases run together.
const BACKLOG: u32 = 4_096;

/// The kernel swallows no more than this of what a fake does not read: else a body that nobody takes in would not
/// make its sender wait.
const RECEIVE_BUFFER: u32 = 64 * 1024;

/// The pause after a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What holds for the connections of a fake.
pub(super) trait Serve: Send + Sync + 'static {
    /// Serves a connection until either side ends it, or the fake is told to close.
    fn serve(
        self: Arc<Self>,
        wire: Wire,
        closing: watch::Receiver<()>,
    ) -> impl Future<Output = ()> + Send;

    /// Who hears of a session that broke down.
    fn recorder(&self) -> &Recorder;
}

/// A listener at one address; it is gone when it is dropped.
pub(super) struct Listening<S> {
    real_address: SocketAddr,
    /// Held here alone, so that the port is free as soon as the fake is dropped.
    listener: Arc<TcpListener>,
    standing: Arc<Mutex<Arc<S>>>,
    tasks: Tasks,
    close: watch::Sender<()>,
    accepting: AbortHandle,
}

type Tasks = Arc<Mutex<JoinSet<()>>>;

impl<S: Serve> Listening<S> {
    /// Listens at this door (port 0 takes any) and serves until dropped. Needs a running tokio.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub(super) fn at(door: Door, standing: S) -> io::Result<Self> {
        let standing = Arc::new(Mutex::new(Arc::new(standing)));
        let socket = door.tcp(|socket| {
            socket.set_reuseaddr(true)?;
            socket.set_recv_buffer_size(RECEIVE_BUFFER)
        })?;
        let listener = Arc::new(socket.listen(BACKLOG)?);
        let real_address = listener.local_addr()?;
        let tasks = Tasks::default();
        let (close, closing) = watch::channel(());
        let weak = Arc::downgrade(&listener);
        let accept = accept(
            weak,
            door,
            Arc::clone(&standing),
            Arc::clone(&tasks),
            closing,
        );
        Ok(Self {
            real_address,
            listener,
            standing,
            tasks,
            close,
            accepting: tokio::spawn(accept).abort_handle(),
        })
    }

    /// Where it listens.
    pub(super) fn real_address(&self) -> SocketAddr {
        self.real_address
    }

    /// What holds for new connections.
    pub(super) fn standing(&self) -> Arc<S> {
        Arc::clone(&lock(&self.standing))
    }

    /// What holds for connections from now on.
    pub(super) fn update(&self, standing: S) {
        *lock(&self.standing) = Arc::new(standing);
    }

    /// Ends all connections in order, and waits until they are gone.
    pub(super) async fn close_connections(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        self.close.send_replace(());
        let standing = self.standing();
        while let Some(joined) = tasks.join_next().await {
            tell_of_panic(standing.recorder(), joined);
        }
    }
}

impl<S> Drop for Listening<S> {
    fn drop(&mut self) {
        self.accepting.abort();
        listen_no_longer(&self.listener);
        lock(&self.tasks).abort_all();
    }
}

/// Makes room for who listens next at the same address, with `SO_REUSEADDR`. It does not wait for the socket's end: a
/// process that is just being started has a copy of it until its program is loaded.
pub(super) fn listen_no_longer(listener: &TcpListener) {
    // Who no longer listens cannot be stopped.
    let _ = shutdown(listener.as_raw_fd(), Shutdown::Read);
}

async fn accept<S: Serve>(
    listener: Weak<TcpListener>,
    door: Door,
    standing: Arc<Mutex<Arc<S>>>,
    tasks: Tasks,
    closing: watch::Receiver<()>,
) {
    loop {
        let next = poll_fn(|context| match listener.upgrade() {
            Some(listener) => listener.poll_accept(context).map(Some),
            None => Poll::Ready(None),
        });
        let tcp = match next.await {
            None => return,
            // Whoever may not come hears nothing, and nothing is told of him.
            Some(Ok((_, peer))) if !door.answers(peer) => continue,
            Some(Ok((tcp, _))) => tcp,
            // Out of descriptors, or the peer is gone already: others may do better, a little later.
            Some(Err(_)) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(wire) = Wire::new(tcp) else { continue };
        let standing = Arc::clone(&lock(&standing));
        let mut closing = closing.clone();
        closing.mark_unchanged();
        let mut tasks = lock(&tasks);
        while let Some(joined) = tasks.try_join_next() {
            tell_of_panic(standing.recorder(), joined);
        }
        tasks.spawn(standing.serve(wire, closing));
    }
}

/// A session that breaks down is our own fault, and makes the case an error.
fn tell_of_panic(recorder: &Recorder, joined: Result<(), JoinError>) {
    if let Err(error) = joined
        && error.is_panic()
    {
        let reason = format!("a session of a fake broke down: {error}");
        recorder.record(Teller::default(), What::HarnessFailed { reason });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    #[tokio::test]
    async fn the_next_may_listen_while_a_copy_of_the_socket_is_still_open() {
        let reused = |socket: &tokio::net::TcpSocket| socket.set_reuseaddr(true);
        let door = Door::from(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = door.tcp(reused).unwrap().listen(BACKLOG).unwrap();
        let same = Door::from(listener.local_addr().unwrap());
        let copy = listener.as_fd().try_clone_to_owned().unwrap();
        listen_no_longer(&listener);
        drop(listener);
        same.tcp(reused).unwrap().listen(BACKLOG).unwrap();
        drop(copy);
    }
}
