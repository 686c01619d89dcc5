//! What stands between a TLS stack and the connection while they shake hands.
//!
//! It replays the hello that was read ahead, keeps what passes, writes it in pieces where a fault asks for that, and
//! notices the moment `in-handshake`: the server's first flight has passed. A fake that serves comes to that moment
//! when its stack wants to read on, one that is the client when its stack wants to answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ahead::Ahead;
use super::flight::{self, Flight};
use crate::clock::CaseClock;
use crate::internet::wire::{Ends, Wire};

/// As much of a handshake as is kept; the longest chain of the catalogue fits.
const KEPT: usize = 256 * 1024;

/// How the fake's bytes are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// As they come.
    Whole,
    /// Each byte in a write of its own.
    Bytes,
    /// The same, with a wait after each.
    Drip(Duration),
}

/// What happens when the first flight is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFlight {
    /// The handshake goes on.
    GoOn,
    /// It goes on after a wait.
    Wait(Duration),
    /// The stack is stopped; somebody else has the connection then.
    Stop,
}

/// A connection under a TLS stack.
pub(super) struct Below {
    wire: Option<Wire>,
    ends: Ends,
    clock: Arc<CaseClock>,
    ahead: Ahead,
    sent: Option<Vec<u8>>,
    received: Vec<u8>,
    pieces: Pieces,
    after_flight: AfterFlight,
    flight_out: bool,
    is_client: bool,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Below {
    /// The stack reads `ahead` first.
    pub(super) fn new(wire: Wire, ahead: Vec<u8>, clock: Arc<CaseClock>) -> Self {
        Self {
            ends: wire.ends(),
            wire: Some(wire),
            clock,
            ahead: Ahead::new(ahead),
            sent: Some(Vec::new()),
            received: Vec::new(),
            pieces: Pieces::Whole,
            after_flight: AfterFlight::GoOn,
            flight_out: false,
            is_client: false,
            wait: None,
        }
    }

    /// For a fake that is the client.
    pub(super) fn of_client(wire: Wire, clock: Arc<CaseClock>) -> Self {
        Self {
            is_client: true,
            ..Self::new(wire, Vec::new(), clock)
        }
    }

    /// The fake's bytes of the handshake are cut so.
    pub(super) fn cut_into(mut self, pieces: Pieces) -> Self {
        self.pieces = pieces;
        self
    }

    /// What happens when the first flight is out.
    pub(super) fn after_flight(mut self, after: AfterFlight) -> Self {
        self.after_flight = after;
        self
    }

    /// What the server sent so far.
    pub(super) fn flight(&self) -> Flight {
        match (self.is_client, self.sent.as_deref()) {
            (true, _) => Flight::read(&self.received),
            (false, Some(sent)) => Flight::read(sent),
            (false, None) => Flight::default(),
        }
    }

    /// What the fake sent and received in the handshake.
    pub(super) fn passed(&self) -> (&[u8], &[u8]) {
        (self.sent.as_deref().unwrap_or_default(), &self.received)
    }

    /// The sender's alert, if it came in the clear: some stacks do not look into records of another version.
    pub(super) fn received_alert(&self) -> Option<u8> {
        flight::alert_in(&self.received)
    }

    /// Reads an alert of which the stack took the head alone; OpenSSL does so where the version is not its own.
    #[cfg(feature = "legacy-tls")]
    pub(super) async fn finish_alert(&mut self) {
        while flight::ends_in_alert_head(&self.received) {
            let mut byte = [0; 1];
            if !tokio::io::AsyncReadExt::read(self, &mut byte)
                .await
                .is_ok_and(|read| read > 0)
            {
                break;
            }
        }
    }

    /// The stack was stopped after its flight, as [`AfterFlight::Stop`] says.
    pub(super) fn was_stopped(&self) -> bool {
        self.flight_out && self.after_flight == AfterFlight::Stop
    }

    /// The handshake is over: nothing is kept and cut any more.
    pub(super) fn end_handshake(&mut self) {
        self.sent = None;
        self.received = Vec::new();
        self.pieces = Pieces::Whole;
    }

    /// The connection; the stack above can do nothing more.
    pub(super) fn take_wire(&mut self) -> Option<Wire> {
        self.wire.take()
    }

    /// Sends nothing for so long.
    pub(super) async fn wait(&mut self, duration: Duration) {
        self.wait_for(duration);
        std::future::poll_fn(|context| self.poll_wait(context)).await;
    }

    fn wait_for(&mut self, duration: Duration) {
        let (clock, ends) = (Arc::clone(&self.clock), self.ends.clone());
        self.wait = Some(Box::pin(async move { wait(&clock, &ends, duration).await }));
    }

    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(context));
            self.wait = None;
        }
        Poll::Ready(())
    }

    /// Notices that the first flight is out; an error stops the stack.
    fn notice_flight(&mut self) -> io::Result<()> {
        if !self.flight_out && self.after_flight != AfterFlight::GoOn && self.flight().is_out() {
            self.flight_out = true;
            if let AfterFlight::Wait(duration) = self.after_flight {
                self.wait_for(duration);
            }
        }
        if self.was_stopped() {
            return Err(stopped());
        }
        Ok(())
    }
}

/// Sends nothing for so long, or until the sender has gone.
pub(super) async fn wait(clock: &Arc<CaseClock>, ends: &Ends, duration: Duration) {
    tokio::select! {
        () = clock.delay(ends.client, ends.server, ends.sent(), duration) => {}
        () = clock.closed(ends.client, ends.server) => {}
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = KEPT.saturating_sub(kept.len());
    kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "stopped by a fault")
}

impl AsyncRead for Below {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.ahead.give(buffer) {
            return Poll::Ready(Ok(()));
        }
        if !this.is_client {
            this.notice_flight()?;
        }
        ready!(this.poll_wait(context));
        match &mut this.wire {
            Some(wire) => {
                let before = buffer.filled().len();
                ready!(Pin::new(wire).poll_read(context, buffer))?;
                if this.sent.is_some() {
                    keep(&mut this.received, &buffer.filled()[before..]);
                }
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(stopped())),
        }
    }
}

impl AsyncWrite for Below {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.is_client {
            this.notice_flight()?;
        }
        ready!(this.poll_wait(context));
        let bytes = match this.pieces {
            Pieces::Whole => bytes,
            Pieces::Bytes | Pieces::Drip(_) => &bytes[..bytes.len().min(1)],
        };
        let Some(wire) = &mut this.wire else {
            return Poll::Ready(Err(stopped()));
        };
        let written = ready!(Pin::new(wire).poll_write(context, bytes))?;
        if let Some(sent) = &mut this.sent {
            keep(sent, &bytes[..written]);
        }
        if let Pieces::Drip(wait) = this.pieces {
            this.wait_for(wait);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Some(wire) => Pin::new(wire).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Some(wire) => Pin::new(wire).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
