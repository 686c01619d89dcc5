//! A connection inside TLS, whatever stack serves it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ahead::Ahead;
use super::below::Below;
use crate::internet::wire::Wire;

/// A connection inside TLS.
pub trait TlsStream: AsyncRead + AsyncWrite + Send + Unpin {
    /// The connection below, for deeds that TLS knows nothing of; no `close_notify` is sent.
    fn into_wire(self: Box<Self>) -> Option<Wire>;
}

/// What a stack must show of the layer below it.
pub(super) trait OnBelow {
    fn below(&mut self) -> &mut Below;
}

impl OnBelow for tokio_rustls::server::TlsStream<Below> {
    fn below(&mut self) -> &mut Below {
        self.get_mut().0
    }
}

impl OnBelow for tokio_rustls::client::TlsStream<Below> {
    fn below(&mut self) -> &mut Below {
        self.get_mut().0
    }
}

/// A stack's stream, with early data in front.
pub(super) struct Over<S> {
    stream: S,
    early: Ahead,
}

impl<S> Over<S> {
    pub(super) fn new(stream: S, early: Vec<u8>) -> Self {
        Self {
            stream,
            early: Ahead::new(early),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + OnBelow + Send + Unpin> TlsStream for Over<S> {
    fn into_wire(mut self: Box<Self>) -> Option<Wire> {
        self.stream.below().take_wire()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Over<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.early.give(buffer) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Over<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
