//! The connection to the subject.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::sender::Client;
use crate::internet::wire::Wire;

/// A connection that the clock expects before it is there.
pub(super) async fn connect(client: &Client) -> io::Result<Wire> {
    let to = client.setup.address;
    let (socket, own) = match to {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, IpAddr::from(Ipv4Addr::LOCALHOST)),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, IpAddr::from(Ipv6Addr::LOCALHOST)),
    };
    socket.bind((own, 0).into())?;
    let expected = client.setup.clock.expect(to, socket.local_addr()?);
    let tcp = socket.connect(to).await?;
    if let Some(expected) = expected {
        expected.is_made();
    }
    Wire::new(tcp)
}
