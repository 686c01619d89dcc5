//! The outside as the system has it: its clock, its sockets, and tasks on tokio.
//!
//! Only here does the engine touch `tokio::time`, `tokio::net` and `tokio::spawn`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::{BoxFuture, Clock, Listener, Network, Spawner, Stream};

/// The largest datagram that a resolver may send.
const DATAGRAM_LIMIT: usize = 65_535;

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<()> {
        Box::pin(async move {
            // The system's clock may be set back while this sleeps, hence the loop.
            while let Ok(left) = deadline.duration_since(SystemTime::now()) {
                if left.is_zero() {
                    break;
                }
                tokio::time::sleep(left).await;
            }
        })
    }
}

/// The sockets of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

#[async_trait]
impl Network for SystemNetwork {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        let socket = socket_towards(to).await?;
        socket.send(datagram).await?;
        let mut answer = vec![0; DATAGRAM_LIMIT];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        Ok(answer)
    }

    async fn source_towards(&self, to: SocketAddr) -> Option<IpAddr> {
        // Nothing is sent: the system has chosen the way when the socket is connected.
        let socket = socket_towards(to).await.ok()?;
        Some(socket.local_addr().ok()?.ip())
    }
}

/// A fresh port for datagrams to one address.
async fn socket_towards(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match to {
        SocketAddr::V4(to) if to.ip().is_loopback() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(to) if to.ip().is_loopback() => Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(to).await?;
    Ok(socket)
}

/// Tasks on the tokio runtime that is current.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSpawner;

impl Spawner for SystemSpawner {
    fn spawn(&self, task: BoxFuture<()>) {
        drop(tokio::spawn(task));
    }
}

struct SystemListener(TcpListener);

#[async_trait]
impl Listener for SystemListener {
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
        let (stream, from) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok((Box::new(stream), from))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A listening socket of the system.
pub(super) async fn listen(at: SocketAddr) -> io::Result<Box<dyn Listener>> {
    Ok(Box::new(SystemListener(TcpListener::bind(at).await?)))
}
