//! The bytes of one connection to an HTTPS host, and the waits of the fake on the case's clock.
//!
//! Whenever the fake says nothing, it holds: a sender that waits as well meets its own deadline.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::clock::{CaseClock, Hearing};
use crate::internet::line::{Line, holding};
use crate::internet::wire::{Ends, Wire};

/// So long a peer may say nothing, or read nothing, in real time, before the fake gives up. No verdict depends on it.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is read from a peer after the fake has ended the conversation, so that the end is no reset.
const FAREWELL_LIMIT: usize = 16 << 20;

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The sender is gone.
    BySender,
    /// The fake ends it in order.
    ByReceiver,
    /// The harness ends it: in order, and without waiting for the sender.
    AtOnce,
    /// The fake ends it with a TCP reset.
    ByReset,
    /// The fake refuses it, as near as one who listens can: a reset at once, and no end to tell of.
    Refused,
}

/// A result, or the end of the conversation.
pub(super) type Talk<T> = Result<T, Ended>;

/// One connection.
pub(super) struct Channel {
    pub(super) line: Line,
    ends: Ends,
    clock: Arc<CaseClock>,
}

impl Channel {
    pub(super) fn new(wire: Wire, clock: &Arc<CaseClock>) -> Self {
        Self {
            ends: wire.ends(),
            line: Line::Plain(wire),
            clock: Arc::clone(clock),
        }
    }

    /// Waits for the next octets.
    pub(super) async fn read(&mut self) -> Talk<Vec<u8>> {
        let read = holding(&self.clock, &self.ends, self.line.read());
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(bytes)) if !bytes.is_empty() => Ok(bytes),
            Ok(_) => Err(Ended::BySender),
            Err(_) => Err(Ended::ByReceiver),
        }
    }

    /// Sends octets in one piece.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Talk<()> {
        match tokio::time::timeout(PATIENCE, self.line.write(bytes)).await {
            Ok(written) => written.map_err(|_| Ended::BySender),
            Err(_) => Err(Ended::ByReset),
        }
    }

    /// Sends octets one by one, so much of the case's time apart.
    pub(super) async fn drip(&mut self, bytes: &[u8], wait: Duration) -> Talk<()> {
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 {
                self.wait(wait).await?;
            }
            self.write(&[*byte]).await?;
        }
        Ok(())
    }

    /// Lets so much of the case's time pass, unless the sender goes before.
    pub(super) async fn wait(&mut self, duration: Duration) -> Talk<()> {
        let (client, server) = (self.ends.client, self.ends.server);
        tokio::select! {
            biased;
            () = self.clock.closed(client, server) => Err(Ended::BySender),
            () = self.clock.delay(client, server, self.ends.sent(), duration) => Ok(()),
        }
    }

    /// Says nothing more until the sender has gone.
    pub(super) async fn stall(&mut self) -> Ended {
        let (client, server) = (self.ends.client, self.ends.server);
        let clock = Arc::clone(&self.clock);
        let hold = clock.hold(client, server, self.ends.sent(), Hearing::InVain);
        let gone =
            async { while matches!(self.line.read().await, Ok(bytes) if !bytes.is_empty()) {} };
        tokio::select! {
            () = gone => {}
            () = clock.closed(client, server) => {}
        }
        drop(hold);
        Ended::BySender
    }

    /// Ends the connection as it has to end.
    pub(super) async fn part(mut self, ended: Ended) {
        match ended {
            Ended::BySender => {}
            Ended::AtOnce => {
                let _ = self.line.shut().now_or_never();
            }
            Ended::ByReset | Ended::Refused => self.line.reset(),
            Ended::ByReceiver => {
                // What is still under way is read, since octets that nobody reads would make the end a reset.
                let (clock, ends) = (Arc::clone(&self.clock), self.ends.clone());
                let farewell = async {
                    let mut read = 0;
                    self.line.shut().await?;
                    while read < FAREWELL_LIMIT {
                        match self.line.read().await?.len() {
                            0 => break,
                            count => read += count,
                        }
                    }
                    io::Result::Ok(())
                };
                tokio::select! {
                    _ = tokio::time::timeout(PATIENCE, farewell) => {}
                    () = clock.closed(ends.client, ends.server) => {}
                }
            }
        }
    }
}
