//! All that the engine gets from outside: time, network, tasks, disk.
//!
//! The engine reads no clock, opens no socket and spawns no task but through these traits; given the same outside it
//! decides the same. A harness puts its own behind them, with a clock that it moves.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

mod beside;
mod detour;
mod folder;
mod own_folder;
mod real;
mod store;
mod stored;
mod versions;

pub use beside::{Beside, MemoryBeside, SystemBeside};
pub use detour::{MappedNetwork, ProxiedNetwork};
pub use folder::{FolderError, FolderStore};
pub use real::{SystemClock, SystemNetwork, SystemSpawner};
pub(crate) use store::take_up;
pub use store::{EntryName, Kind, MemoryStore, Store};
pub(crate) use stored::{StoredError, of_version, parted, wrong};
pub use versions::{Versions, VersionsError, VersionsToChange};

/// A future that can be moved between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// A connection in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The time, and waiting for it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> SystemTime;

    /// Ready as soon as `now` is at or after the deadline.
    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<()>;
}

/// The network.
#[async_trait]
pub trait Network: Send + Sync {
    /// Makes a TCP connection (without delay for small segments). Sets no time limit of its own.
    ///
    /// # Errors
    /// What the system says.
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>>;

    /// Sends one datagram from a fresh port and waits for one that comes back. Sets no time limit of its own.
    ///
    /// # Errors
    /// What the system says.
    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>>;

    /// The address that connections to another one come from, if it can be told; asks nobody. Unless said otherwise, it cannot.
    async fn source_towards(&self, to: SocketAddr) -> Option<IpAddr> {
        let _ = to;
        None
    }

    /// Waits for connections at an address; port 0 takes a free one. Unless said otherwise, the system's socket.
    ///
    /// # Errors
    /// What the system says.
    async fn listen(&self, at: SocketAddr) -> io::Result<Box<dyn Listener>> {
        real::listen(at).await
    }
}

/// A socket that others connect to.
#[async_trait]
pub trait Listener: Send + Sync {
    /// The next connection, and where it comes from. Sets no time limit of its own.
    ///
    /// # Errors
    /// What the system says.
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)>;

    /// The address it listens at, with the port it really has.
    ///
    /// # Errors
    /// What the system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// Tasks.
pub trait Spawner: Send + Sync {
    /// Runs a future beside the others.
    fn spawn(&self, task: BoxFuture<()>);
}

/// Everything together.
#[derive(Clone)]
pub struct Outside {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Network.
    pub network: Arc<dyn Network>,
    /// Tasks.
    pub spawner: Arc<dyn Spawner>,
    /// What lasts.
    pub store: Arc<dyn Store>,
}

impl Outside {
    /// The system's clock and sockets, tasks on the tokio runtime that is current when they are spawned, and a store in
    /// memory.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            network: Arc::new(SystemNetwork),
            spawner: Arc::new(SystemSpawner),
            store: Arc::new(MemoryStore::default()),
        }
    }
}

/// The time limit ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing came within the time limit")]
pub struct TimeLimit;

impl Outside {
    /// Waits for `future`, and no longer than `limit`. The future is asked first, the clock after.
    ///
    /// # Errors
    /// `TimeLimit` when the clock was first.
    pub async fn within<T>(
        &self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, TimeLimit> {
        let mut deadline = self.clock.sleep_until(self.clock.now() + limit);
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(move |context| {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                return std::task::Poll::Ready(Ok(value));
            }
            deadline.as_mut().poll(context).map(|()| Err(TimeLimit))
        })
        .await
    }
}
