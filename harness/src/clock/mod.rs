//! A case's own clock: it stands still while anybody computes and moves when all that the subject waits for is held.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The clock of one case.
pub struct CaseClock {
    epoch: SystemTime,
}

/// While it lives, the fake sends nothing more on a connection.
pub struct Hold {}

impl CaseClock {
    /// A clock that the harness moves; it begins at `epoch`.
    #[must_use]
    pub fn new(epoch: SystemTime) -> Arc<Self> {
        Arc::new(Self { epoch })
    }

    /// A clock that follows real time, for subjects that have their own; holds do nothing.
    #[must_use]
    pub fn real(epoch: SystemTime) -> Arc<Self> {
        Arc::new(Self { epoch })
    }

    /// When the case began.
    #[must_use]
    pub fn epoch(&self) -> SystemTime {
        self.epoch
    }

    /// Time since the case began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    /// Says that a fake will send nothing more to `client` (the subject's end, real address) from `server` (its own)
    /// until the guard is dropped. `sent` is how many bytes it ever sent on that connection, below TLS.
    /// For a DNS question over UDP `sent` is 0.
    #[must_use]
    pub fn hold(self: &Arc<Self>, _client: SocketAddr, _server: SocketAddr, _sent: u64) -> Hold {
        Hold {}
    }

    /// Says that nobody answers at this real address, or no longer so.
    pub fn set_silent(&self, _server: SocketAddr, _silent: bool) {}

    /// For the `delay` and `drip` of a fake: holds the connection as [`Self::hold`] does, and ends the hold when so
    /// much of the case's time has passed. One call, since a hold without its deadline would let the clock jump too far.
    pub async fn delay(
        self: &Arc<Self>,
        _client: SocketAddr,
        _server: SocketAddr,
        _sent: u64,
        _duration: Duration,
    ) {
    }

    /// Ready when the subject has dropped its end of that connection: a fake that does not read would never see it.
    pub async fn closed(self: &Arc<Self>, _client: SocketAddr, _server: SocketAddr) {
        std::future::pending::<()>().await;
    }
}
