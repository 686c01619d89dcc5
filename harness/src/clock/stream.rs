//! The subject's connections and datagrams, as the clock must see them: what is open, and how much has arrived.
//!
//! Only loopback can be reached. The local port is bound before the connection is made, so that a fake may speak of
//! the connection as soon as it has accepted it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use super::CaseClock;
use super::rule::{Doing, Line, Pair};

/// The longest answer to a datagram.
const DATAGRAM: usize = 65_535;

impl CaseClock {
    /// Makes a connection to a fake.
    ///
    /// # Errors
    /// What the system says; addresses off loopback are refused.
    pub async fn connect(self: &Arc<Self>, server: SocketAddr) -> io::Result<CountedStream> {
        let socket = match server {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.bind(near(server)?)?;
        let client = socket.local_addr()?;
        let open = Open::new(self, Pair { client, server }, Doing::Dialling);
        let tcp = socket.connect(server).await?;
        tcp.set_nodelay(true)?;
        open.note(Doing::Nothing, 0, 0);
        Ok(CountedStream {
            tcp: Some(tcp),
            open,
        })
    }

    /// Sends a datagram to a fake from a fresh port and waits for the answer.
    ///
    /// # Errors
    /// What the system says; addresses off loopback are refused.
    pub async fn exchange(
        self: &Arc<Self>,
        server: SocketAddr,
        datagram: &[u8],
    ) -> io::Result<Vec<u8>> {
        let socket = UdpSocket::bind(near(server)?).await?;
        let client = socket.local_addr()?;
        socket.connect(server).await?;
        let _open = Open::new(self, Pair { client, server }, Doing::Reading);
        socket.send(datagram).await?;
        let mut answer = vec![0; DATAGRAM];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        Ok(answer)
    }
}

fn near(server: SocketAddr) -> io::Result<SocketAddr> {
    if !server.ip().is_loopback() {
        let reason = format!("{server} is not a loopback address");
        return Err(io::Error::new(io::ErrorKind::NetworkUnreachable, reason));
    }
    let ip: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    Ok(SocketAddr::new(ip, 0))
}

/// A line that is open for as long as this lives.
struct Open {
    clock: Arc<CaseClock>,
    pair: Pair,
}

impl Open {
    fn new(clock: &Arc<CaseClock>, pair: Pair, doing: Doing) -> Self {
        let mut state = clock.lock();
        state.changes += 1;
        state.closed.remove(&pair);
        let line = Line {
            received: 0,
            sent: 0,
            doing,
        };
        state.lines.insert(pair, line);
        drop(state);
        Self {
            clock: Arc::clone(clock),
            pair,
        }
    }

    fn note(&self, doing: Doing, received: usize, sent: usize) {
        let mut state = self.clock.lock();
        state.changes += 1;
        if let Some(line) = state.lines.get_mut(&self.pair) {
            line.received += received as u64;
            line.sent += sent as u64;
            line.doing = doing;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        state.changes += 1;
        state.lines.remove(&self.pair);
        state.closed.insert(self.pair);
        self.clock.settle(state);
        self.clock.gone.notify_waiters();
    }
}

/// A connection of the subject; counts below TLS.
pub struct CountedStream {
    tcp: Option<TcpStream>,
    open: Open,
}

impl CountedStream {
    /// The subject's end and the fake's, real addresses.
    #[must_use]
    pub fn ends(&self) -> (SocketAddr, SocketAddr) {
        (self.open.pair.client, self.open.pair.server)
    }

    fn tcp(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.tcp.as_mut().expect("there until it is dropped"))
    }
}

fn doing_after<T>(poll: &Poll<T>, waits: Doing) -> Doing {
    if poll.is_pending() {
        waits
    } else {
        Doing::Nothing
    }
}

impl Drop for CountedStream {
    fn drop(&mut self) {
        // The socket closes first: whoever hears that the line is gone finds it so.
        self.tcp = None;
    }
}

impl AsyncRead for CountedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = self.tcp().poll_read(context, buffer);
        let received = buffer.filled().len() - before;
        self.open
            .note(doing_after(&poll, Doing::Reading), received, 0);
        poll
    }
}

impl AsyncWrite for CountedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = self.tcp().poll_write(context, bytes);
        let sent = match &poll {
            Poll::Ready(Ok(sent)) => *sent,
            _ => 0,
        };
        self.open.note(doing_after(&poll, Doing::Writing), 0, sent);
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_shutdown(context)
    }
}
