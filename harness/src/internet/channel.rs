//! The bytes of one connection to a fake, and the waits of the fake on the case's clock; the same for SMTP and HTTPS.
//!
//! Whenever the fake says nothing, it holds: a sender that waits as well meets its own deadline.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mtaspec_judge::events::By;

use super::line::{Line, holding};
use super::tls::TlsStream;
use super::wire::{Ends, Wire};
use crate::clock::{CaseClock, Hearing};

/// So long a peer may say nothing, or read nothing, in real time, before the fake gives up (RFC 5321 §4.5.3.2.7 asks for
/// five minutes). No verdict depends on it: it only frees what a dead peer holds.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is read from a peer after the fake has ended the conversation, so that the end is no reset.
const FAREWELL_LIMIT: usize = 16 << 20;

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
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

impl Ended {
    /// Whose end is told; none: there is none to tell of.
    pub(crate) fn by(self) -> Option<By> {
        match self {
            Self::Refused => None,
            Self::BySender => Some(By::Sender),
            Self::ByReceiver | Self::AtOnce | Self::ByReset => Some(By::Receiver),
        }
    }
}

/// A result, or the end of the conversation.
pub(crate) type Talk<T> = Result<T, Ended>;

/// Hears what comes inside TLS.
type Ear = Box<dyn Fn(&[u8]) + Send + Sync>;

/// One connection.
pub(crate) struct Channel {
    line: Line,
    ear: Option<Ear>,
    ends: Ends,
    clock: Arc<CaseClock>,
}

impl Channel {
    /// A connection that has just come.
    pub(crate) fn new(wire: Wire, clock: &Arc<CaseClock>) -> Self {
        Self {
            ends: wire.ends(),
            line: Line::Plain(wire),
            ear: None,
            clock: Arc::clone(clock),
        }
    }

    /// The real address of the other side.
    pub(crate) fn source(&self) -> IpAddr {
        self.ends.client.ip()
    }

    /// Takes the TCP connection out, so that TLS can begin on it; what is left is cut off. None inside TLS.
    pub(crate) fn take_wire(&mut self) -> Option<Wire> {
        match std::mem::replace(&mut self.line, Line::Cut) {
            Line::Plain(wire) => Some(wire),
            Line::Tls(_) | Line::Cut => None,
        }
    }

    /// Puts back what was taken out.
    pub(crate) fn put_back(&mut self, wire: Wire) {
        self.line = Line::Plain(wire);
    }

    /// From here on another stream of octets: TLS.
    pub(crate) fn go_inside_tls(&mut self, stream: Box<dyn TlsStream>) {
        self.line = Line::Tls(stream);
    }

    /// Lets somebody hear whatever comes from here on.
    pub(crate) fn overheard_by(&mut self, ear: impl Fn(&[u8]) + Send + Sync + 'static) {
        self.ear = Some(Box::new(ear));
    }

    /// Waits for the next octets. `Ended::ByReceiver`: nothing came for so long that the fake gives up.
    pub(crate) async fn read(&mut self) -> Talk<Vec<u8>> {
        let (clock, ends) = (Arc::clone(&self.clock), self.ends.clone());
        let read = holding(&clock, &ends, self.hear());
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(bytes)) if !bytes.is_empty() => Ok(bytes),
            Ok(_) => Err(Ended::BySender),
            Err(_) => Err(Ended::ByReceiver),
        }
    }

    /// The next octets, overheard; none: the sender is gone.
    async fn hear(&mut self) -> io::Result<Vec<u8>> {
        let bytes = self.line.read().await?;
        if let Some(ear) = &self.ear {
            ear(&bytes);
        }
        Ok(bytes)
    }

    /// Sends octets in one piece.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Talk<()> {
        match tokio::time::timeout(PATIENCE, self.line.write(bytes)).await {
            Ok(written) => written.map_err(|_| Ended::BySender),
            Err(_) => Err(Ended::ByReset),
        }
    }

    /// Sends octets one by one, so much of the case's time apart.
    pub(crate) async fn drip(&mut self, bytes: &[u8], wait: Duration) -> Talk<()> {
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 {
                self.wait(wait).await?;
            }
            self.write(&[*byte]).await?;
        }
        Ok(())
    }

    /// Lets so much of the case's time pass, unless the sender goes before.
    pub(crate) async fn wait(&mut self, duration: Duration) -> Talk<()> {
        let (client, server) = (self.ends.client, self.ends.server);
        tokio::select! {
            biased;
            () = self.clock.closed(client, server) => Err(Ended::BySender),
            () = self.clock.delay(client, server, self.ends.sent(), duration) => Ok(()),
        }
    }

    /// Says nothing more until the sender has gone; reads on, unless `deaf`.
    pub(crate) async fn stall(&mut self, deaf: bool) -> Ended {
        let (clock, ends) = (Arc::clone(&self.clock), self.ends.clone());
        let hearing = if deaf {
            Hearing::Nothing
        } else {
            Hearing::InVain
        };
        let hold = clock.hold(ends.client, ends.server, ends.sent(), hearing);
        let gone = async {
            if deaf {
                std::future::pending::<()>().await;
            }
            while matches!(self.hear().await, Ok(bytes) if !bytes.is_empty()) {}
        };
        tokio::select! {
            () = gone => {}
            () = clock.closed(ends.client, ends.server) => {}
        }
        drop(hold);
        Ended::BySender
    }

    /// Ends the connection as it has to end.
    pub(crate) async fn part(mut self, ended: Ended) {
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
                        match self.hear().await?.len() {
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
