//! The subject's connections and datagrams, as the clock must see them: what is open, and how much has arrived.
//!
//! Only loopback can be reached. The local port is bound before the connection is made, so that a fake may speak of
//! the connection as soon as it has accepted it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::CaseClock;
use super::rule::{Doing, Pair};

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
        Ok(CountedStream::new(tcp, open))
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

/// The address that connections to a fake come from, if there can be any.
#[must_use]
pub fn source_towards(server: SocketAddr) -> Option<IpAddr> {
    near(server).ok().map(|own| own.ip())
}

impl CaseClock {
    /// Waits for connections of the subject's at a loopback address.
    ///
    /// # Errors
    /// What the system says; addresses off loopback are refused.
    pub async fn listen(self: &Arc<Self>, at: SocketAddr) -> io::Result<CountedListener> {
        near(at)?;
        let tcp = TcpListener::bind(at).await?;
        let address = tcp.local_addr()?;
        self.lock().listening.insert(address);
        Ok(CountedListener {
            clock: Arc::clone(self),
            tcp,
            address,
        })
    }

    /// Says that a fake is about to make a connection from `server` (its own end) to `client` (the subject's), so that
    /// the clock stands still until the subject has taken it. Nothing comes of it where the subject has no listener
    /// of this clock.
    #[must_use]
    pub fn expect(self: &Arc<Self>, client: SocketAddr, server: SocketAddr) -> Option<Expected> {
        let pair = Pair { client, server };
        let mut state = self.lock();
        if !state.listening.contains(&client) {
            return None;
        }
        state.open(pair, Doing::Dialling);
        drop(state);
        Some(Expected {
            clock: Arc::clone(self),
            pair,
            is_made: false,
        })
    }
}

/// A connection that the subject will be asked to take. Dropped before it is made, nobody waits for it any longer.
pub struct Expected {
    clock: Arc<CaseClock>,
    pair: Pair,
    is_made: bool,
}

impl Expected {
    /// The connection is made: from here on the subject's end tells of it.
    pub fn is_made(mut self) {
        self.is_made = true;
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        let is_dialling =
            (state.lines.get(&self.pair)).is_some_and(|line| line.doing == Doing::Dialling);
        if !self.is_made && is_dialling {
            state.lines.remove(&self.pair);
            self.clock.settle(state);
        }
    }
}

/// A listener of the subject.
pub struct CountedListener {
    clock: Arc<CaseClock>,
    tcp: TcpListener,
    address: SocketAddr,
}

impl CountedListener {
    /// The next connection, and where it comes from.
    ///
    /// # Errors
    /// What the system says.
    pub async fn accept(&self) -> io::Result<(CountedStream, SocketAddr)> {
        let (tcp, server) = self.tcp.accept().await?;
        let pair = Pair {
            client: self.address,
            server,
        };
        let open = Open::new(&self.clock, pair, Doing::Nothing);
        tcp.set_nodelay(true)?;
        Ok((CountedStream::new(tcp, open), server))
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for CountedListener {
    fn drop(&mut self) {
        self.clock.lock().listening.remove(&self.address);
    }
}

fn near(server: SocketAddr) -> io::Result<SocketAddr> {
    if !server.ip().is_loopback() {
        let reason = format!("{server} is not a loopback address");
        return Err(io::Error::new(io::ErrorKind::NetworkUnreachable, reason));
    }
    // The server's own address is near it, and the ports of one address are not those of another.
    Ok(SocketAddr::new(server.ip(), 0))
}

/// A line that is open for as long as this lives.
struct Open {
    clock: Arc<CaseClock>,
    pair: Pair,
}

impl Open {
    fn new(clock: &Arc<CaseClock>, pair: Pair, doing: Doing) -> Self {
        clock.lock().open(pair, doing);
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
    /// The last read found nothing, the last write no room: a client of HTTP waits for both at once.
    reads: bool,
    writes: bool,
}

impl CountedStream {
    fn new(tcp: TcpStream, open: Open) -> Self {
        Self {
            tcp: Some(tcp),
            open,
            reads: false,
            writes: false,
        }
    }

    /// What it does, all in all: a write that waits keeps the subject from reading on, and one that is through ends no read.
    fn doing(&self) -> Doing {
        match (self.writes, self.reads) {
            (true, _) => Doing::Writing,
            (false, true) => Doing::Reading,
            (false, false) => Doing::Nothing,
        }
    }

    /// The subject's end and the fake's, real addresses.
    #[must_use]
    pub fn ends(&self) -> (SocketAddr, SocketAddr) {
        (self.open.pair.client, self.open.pair.server)
    }

    fn tcp(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.tcp.as_mut().expect("there until it is dropped"))
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
        self.reads = poll.is_pending();
        self.open.note(self.doing(), received, 0);
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
        self.writes = poll.is_pending();
        self.open.note(self.doing(), 0, sent);
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_shutdown(context)
    }
}
