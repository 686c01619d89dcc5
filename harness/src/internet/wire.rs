//! An accepted TCP connection that counts what passes over it, below TLS.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The fake's end of a connection.
#[derive(Debug)]
pub struct Wire {
    tcp: TcpStream,
    ends: Ends,
    ear: Option<Ear>,
}

/// Hears all that is read, before anybody makes something of it.
struct Ear(Box<Hear>);

type Hear = dyn FnMut(&[u8]) + Send;

impl fmt::Debug for Ear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ear")
    }
}

/// Both ends of a connection and the bytes so far; cheap to clone, stays true under TLS.
#[derive(Debug, Clone)]
pub struct Ends {
    /// The subject's real address.
    pub client: SocketAddr,
    /// The fake's real address.
    pub server: SocketAddr,
    sent: Arc<AtomicU64>,
    heard: Arc<AtomicU64>,
}

impl Ends {
    /// How many bytes the fake ever sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// How many bytes the fake ever read.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }
}

impl Wire {
    /// Takes an accepted connection and switches off the delay of small segments.
    ///
    /// # Errors
    /// When the connection is gone already.
    pub fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let ends = Ends {
            client: tcp.peer_addr()?,
            server: tcp.local_addr()?,
            sent: Arc::default(),
            heard: Arc::default(),
        };
        Ok(Self {
            tcp,
            ends,
            ear: None,
        })
    }

    /// Whatever is read from here on goes to this ear as well, below TLS, whoever reads.
    #[must_use]
    pub fn overheard_by(mut self, ear: impl FnMut(&[u8]) + Send + 'static) -> Self {
        self.ear = Some(Ear(Box::new(ear)));
        self
    }

    /// Who is at both ends.
    #[must_use]
    pub fn ends(&self) -> Ends {
        self.ends.clone()
    }

    /// Ends the connection with a TCP reset.
    pub fn reset(self) {
        // A zero linger makes the close a reset; a socket that is gone already needs none.
        let _ = self.tcp.set_zero_linger();
    }

    fn count(&self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(written)) = result {
            self.ends.sent.fetch_add(*written as u64, Ordering::SeqCst);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.tcp).poll_read(context, buffer);
        let new = &buffer.filled()[before..];
        self.ends
            .heard
            .fetch_add(new.len() as u64, Ordering::SeqCst);
        if let Some(Ear(ear)) = &mut self.ear
            && !new.is_empty()
        {
            ear(new);
        }
        result
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.count(&result);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
