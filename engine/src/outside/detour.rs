//! Networks that lead elsewhere: by a table of addresses, or through a SOCKS5 proxy (RFC 1928).
//!
//! Both are for an Internet that is not there under the addresses that its names have. What they do not lead anywhere is
//! refused, unless it is a loopback address, so that nothing meant for such an Internet leaves the machine.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Network, Stream, SystemNetwork};

/// The system's network behind a table of addresses.
#[derive(Debug, Clone, Default)]
pub struct MappedNetwork {
    addresses: HashMap<SocketAddr, SocketAddr>,
}

impl MappedNetwork {
    /// Leads from each key to its value.
    #[must_use]
    pub fn new(addresses: HashMap<SocketAddr, SocketAddr>) -> Self {
        Self { addresses }
    }

    fn real(&self, to: SocketAddr) -> io::Result<SocketAddr> {
        match self.addresses.get(&to) {
            Some(real) => Ok(*real),
            None if to.ip().is_loopback() => Ok(to),
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }
}

#[async_trait]
impl Network for MappedNetwork {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        SystemNetwork.connect(self.real(to)?).await
    }

    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        SystemNetwork.exchange(self.real(to)?, datagram).await
    }
}

/// The system's network behind a SOCKS5 proxy, which needs no login. Datagrams go their own way, and to loopback alone.
#[derive(Debug, Clone, Copy)]
pub struct ProxiedNetwork {
    proxy: SocketAddr,
}

impl ProxiedNetwork {
    /// Connects through a proxy.
    #[must_use]
    pub fn new(proxy: SocketAddr) -> Self {
        Self { proxy }
    }
}

#[async_trait]
impl Network for ProxiedNetwork {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let mut stream = SystemNetwork.connect(self.proxy).await?;
        // Version 5, one method: no login.
        stream.write_all(&[5, 1, 0]).await?;
        let mut method = [0; 2];
        stream.read_exact(&mut method).await?;
        if method != [5, 0] {
            return Err(io::Error::other("the proxy asks for a login"));
        }
        stream.write_all(&request(to)).await?;
        let mut reply = [0; 4];
        stream.read_exact(&mut reply).await?;
        let [version, code, _, kind] = reply;
        match (version, code) {
            (5, 0) => {}
            (5, 3) => return Err(io::ErrorKind::NetworkUnreachable.into()),
            (5, 4) => return Err(io::ErrorKind::HostUnreachable.into()),
            (5, 5) => return Err(io::ErrorKind::ConnectionRefused.into()),
            (5, code) => return Err(io::Error::other(format!("the proxy refused: {code}"))),
            _ => return Err(io::Error::other("the proxy does not speak SOCKS5")),
        }
        // The address that the proxy has on the other side is nothing to us.
        let length = match kind {
            1 => 4,
            4 => 16,
            3 => usize::from(stream.read_u8().await?),
            _ => return Err(io::Error::other("the proxy does not speak SOCKS5")),
        };
        let mut bound = vec![0; length + 2];
        stream.read_exact(&mut bound).await?;
        Ok(stream)
    }

    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        if !to.ip().is_loopback() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        SystemNetwork.exchange(to, datagram).await
    }
}

/// The request to connect (RFC 1928 §4).
fn request(to: SocketAddr) -> Vec<u8> {
    let mut request = vec![5, 1, 0];
    match to.ip() {
        IpAddr::V4(address) => {
            request.push(1);
            request.extend(address.octets());
        }
        IpAddr::V6(address) => {
            request.push(4);
            request.extend(address.octets());
        }
    }
    request.extend(to.port().to_be_bytes());
    request
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_table_leads_to_loopback_and_all_else_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let real = listener.local_addr().unwrap();
        let logical: SocketAddr = "198.18.0.1:25".parse().unwrap();
        let network = MappedNetwork::new(HashMap::from([(logical, real)]));
        assert!(network.connect(logical).await.is_ok());
        assert!(network.connect(real).await.is_ok());
        for nowhere in ["198.18.0.2:25", "198.18.0.1:26", "[2001:db8::1]:25"] {
            let refused = network
                .connect(nowhere.parse().unwrap())
                .await
                .err()
                .unwrap();
            assert_eq!(
                refused.kind(),
                io::ErrorKind::ConnectionRefused,
                "{nowhere}"
            );
        }
    }

    #[tokio::test]
    async fn a_proxy_is_told_where_to_and_its_refusal_is_one() {
        // (where to, the proxy's reply, what becomes of it)
        let cases: [(&str, &[u8], Option<io::ErrorKind>); 5] = [
            ("198.18.0.1:25", &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0], None),
            ("198.18.0.1:25", &[5, 0, 0, 3, 1, b'x', 0, 0], None),
            (
                "[2001:db8::1]:25",
                &[5, 5, 0, 1],
                Some(io::ErrorKind::ConnectionRefused),
            ),
            ("198.18.0.1:25", &[5, 1, 0, 1], Some(io::ErrorKind::Other)),
            ("198.18.0.1:25", b"HTTP", Some(io::ErrorKind::Other)),
        ];
        for (to, reply, want) in cases {
            let to: SocketAddr = to.parse().unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let network = ProxiedNetwork::new(listener.local_addr().unwrap());
            let proxy = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut hello = [0; 3];
                stream.read_exact(&mut hello).await.unwrap();
                stream.write_all(&[5, 0]).await.unwrap();
                let mut asked = vec![0; request(to).len()];
                stream.read_exact(&mut asked).await.unwrap();
                stream.write_all(reply).await.unwrap();
                asked
            };
            let (connected, asked) = tokio::join!(network.connect(to), proxy);
            assert_eq!(
                connected.err().map(|error| error.kind()),
                want,
                "{to} {reply:?}"
            );
            assert_eq!(asked, request(to));
        }
    }
}
