//! What a conversation goes over: TCP, then perhaps TLS, at the end nothing. The same for a fake that is called and for
//! the harness that calls.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::tls::TlsStream;
use super::wire::{Ends, Wire};
use crate::clock::{CaseClock, Hearing};

/// Octets of one read.
const READ_LIMIT: usize = 16 * 1024;

/// What a conversation goes over.
pub(crate) enum Line {
    /// TCP alone.
    Plain(Wire),
    /// TLS, of whatever stack.
    Tls(Box<dyn TlsStream>),
    /// Gone.
    Cut,
}

impl Line {
    /// The next octets; none: the other side is gone.
    pub(crate) async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; READ_LIMIT];
        let count = match self {
            Self::Plain(wire) => wire.read(&mut buffer).await?,
            Self::Tls(stream) => stream.read(&mut buffer).await?,
            Self::Cut => 0,
        };
        buffer.truncate(count);
        Ok(buffer)
    }

    /// Sends octets in one piece.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(wire) => {
                wire.write_all(bytes).await?;
                wire.flush().await
            }
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::Cut => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Ends it in order.
    pub(crate) async fn shut(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(wire) => wire.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Cut => Ok(()),
        }
    }

    /// Ends it with a TCP reset.
    pub(crate) fn reset(self) {
        match self {
            Self::Plain(wire) => wire.reset(),
            Self::Tls(stream) => {
                if let Some(wire) = stream.into_wire() {
                    wire.reset();
                }
            }
            Self::Cut => {}
        }
    }
}

/// Reads, and holds the connection while nothing comes: a subject that waits as well, since what it got was nothing to
/// act on, waits for its deadline.
pub(crate) async fn holding<T>(
    clock: &Arc<CaseClock>,
    ends: &Ends,
    read: impl Future<Output = T>,
) -> T {
    let mut read = pin!(read);
    let mut hold = None;
    poll_fn(|context| {
        let poll = read.as_mut().poll(context);
        // Only behind the read: what TLS had read ahead is no wait.
        hold = poll.is_pending().then(|| {
            let hearing = Hearing::After(ends.heard());
            clock.hold(ends.client, ends.server, ends.sent(), hearing)
        });
        poll
    })
    .await
}
