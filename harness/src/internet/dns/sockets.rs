//! The sockets of a resolver: datagrams and connections come in, answers go out.
//!
//! They are ours, since a peer that is not to be answered must hear nothing at all, not even REFUSED or FORMERR.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_server::net::xfer::Protocol;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::{AbortHandle, JoinSet};

use crate::internet::door::Door;

/// A TCP connection without a question is closed after so long, in real time: it holds only sockets.
const IDLE_CONNECTION: Duration = Duration::from_secs(600);
/// The pause after a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// The longest datagram that there is.
const DATAGRAM_LIMIT: usize = 65_535;

/// Who answers requests.
pub(super) trait Respond: Send + Sync + 'static {
    /// The answer to a request, or none.
    fn respond(
        &self,
        request: Vec<u8>,
        from: SocketAddr,
        over: Protocol,
    ) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

/// One port, over UDP and TCP; both are free again when this is dropped.
pub(super) struct Sockets {
    address: SocketAddr,
    udp: UdpSocket,
    tcp: TcpListener,
    door: Door,
}

/// The tasks behind the sockets; they end when it is dropped.
pub(super) struct Answering([AbortHandle; 2]);

impl Drop for Answering {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Sockets {
    /// Listens at a door. A TCP port may be free and the UDP port of that number not: then another is tried, unless the
    /// number was asked for.
    pub(super) fn at(door: &Door) -> io::Result<Self> {
        let mut tries = if door.address().port() == 0 { 16 } else { 1 };
        loop {
            tries -= 1;
            let tcp = door.tcp(|socket| socket.set_reuseaddr(true))?;
            let tcp = tcp.listen(BACKLOG)?;
            let address = tcp.local_addr()?;
            let door = door.at_port(address.port());
            match door.udp() {
                Ok(udp) => {
                    return Ok(Self {
                        address,
                        udp,
                        tcp,
                        door,
                    });
                }
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on. Needs a running tokio.
    pub(super) fn answer_with(self, respond: Arc<impl Respond>) -> Answering {
        let datagrams = datagrams(self.udp, self.door.clone(), Arc::clone(&respond));
        let connections = connections(self.tcp, self.door, respond);
        Answering([
            tokio::spawn(datagrams).abort_handle(),
            tokio::spawn(connections).abort_handle(),
        ])
    }
}

async fn datagrams(udp: UdpSocket, door: Door, respond: Arc<impl Respond>) {
    let udp = Arc::new(udp);
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_LIMIT];
    loop {
        // An error here tells that an answer before could not be delivered.
        let Ok((length, from)) = udp.recv_from(&mut buffer).await else {
            continue;
        };
        // Nobody can be answered at port 0.
        if !door.answers(from) || from.port() == 0 {
            continue;
        }
        let request = buffer[..length].to_vec();
        let (udp, respond) = (Arc::clone(&udp), Arc::clone(&respond));
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            if let Some(answer) = respond.respond(request, from, Protocol::Udp).await
                && let Err(error) = udp.send_to(&answer, from).await
            {
                tracing::debug!(%error, "an answer could not be sent");
            }
        });
    }
}

async fn connections(tcp: TcpListener, door: Door, respond: Arc<impl Respond>) {
    let mut tasks = JoinSet::new();
    loop {
        let Ok((stream, from)) = tcp.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if !door.answers(from) {
            continue;
        }
        while tasks.try_join_next().is_some() {}
        tasks.spawn(connection(stream, from, Arc::clone(&respond)));
    }
}

/// One request after the other, each with two octets of length before it (RFC 1035 §4.2.2).
async fn connection(mut stream: TcpStream, from: SocketAddr, respond: Arc<impl Respond>) {
    let _ = stream.set_nodelay(true);
    loop {
        let request = tokio::time::timeout(IDLE_CONNECTION, framed(&mut stream)).await;
        let Ok(Ok(request)) = request else {
            return;
        };
        let Some(answer) = respond.respond(request, from, Protocol::Tcp).await else {
            continue;
        };
        let Ok(length) = u16::try_from(answer.len()) else {
            return;
        };
        let frame = [&length.to_be_bytes(), answer.as_slice()].concat();
        if stream.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn framed(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut request = vec![0; usize::from(length)];
    stream.read_exact(&mut request).await?;
    Ok(request)
}
