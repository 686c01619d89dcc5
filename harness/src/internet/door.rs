//! Where a fake listens, and whom it answers there.
//!
//! On loopback everybody who comes is of this machine. Elsewhere the fakes would answer the whole neighbourhood, so only
//! peers are answered that somebody has named; anybody else gets not one byte.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpSocket, UdpSocket};

use crate::plan::Prefix;

/// How many octets of datagrams wait to be read.
const DATAGRAMS: usize = 4 << 20;

/// This machine.
const LOOPBACK: [Prefix; 2] = [
    Prefix::ipv4(Ipv4Addr::new(127, 0, 0, 0), 8),
    Prefix::ipv6(Ipv6Addr::LOCALHOST, 128),
];

/// Which peers are answered.
#[derive(Debug, Clone, Default)]
pub struct Allowed(Option<Arc<[Prefix]>>);

impl Allowed {
    /// Whoever comes: for addresses that only those reach who may.
    #[must_use]
    pub fn everybody() -> Self {
        Self(None)
    }

    /// Peers of these prefixes, and loopback, which is this machine.
    #[must_use]
    pub fn these(prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        Self::only(prefixes.into_iter().chain(LOOPBACK))
    }

    pub(super) fn only(prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        Self(Some(prefixes.into_iter().collect()))
    }

    /// Is this peer answered?
    #[must_use]
    pub fn answers(&self, peer: IpAddr) -> bool {
        match &self.0 {
            None => true,
            Some(prefixes) => prefixes.iter().any(|prefix| prefix.contains(peer)),
        }
    }
}

/// An address to listen at, and whom to answer there.
#[derive(Debug, Clone)]
pub struct Door {
    address: SocketAddr,
    allowed: Allowed,
}

impl Door {
    /// At this address, for these peers.
    #[must_use]
    pub fn new(address: SocketAddr, allowed: Allowed) -> Self {
        Self { address, allowed }
    }

    /// Where; port 0 takes any.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same at another port.
    pub(super) fn at_port(&self, port: u16) -> Self {
        Self {
            address: (self.address.ip(), port).into(),
            allowed: self.allowed.clone(),
        }
    }

    /// Is this peer answered?
    pub(super) fn answers(&self, peer: SocketAddr) -> bool {
        self.allowed.answers(peer.ip())
    }

    /// A socket for TCP that is bound here.
    pub(super) fn tcp(
        &self,
        prepare: impl FnOnce(&TcpSocket) -> io::Result<()>,
    ) -> io::Result<TcpSocket> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        prepare(&socket)?;
        if self.is_of_a_prefix() {
            bind_freely(&socket)?;
        }
        socket.bind(self.address)?;
        Ok(socket)
    }

    /// A socket for datagrams that is bound here.
    pub(super) fn udp(&self) -> io::Result<UdpSocket> {
        let socket = if self.is_of_a_prefix() {
            udp_of_a_prefix(self.address)?
        } else {
            std::net::UdpSocket::bind(self.address)?
        };
        keep_many(&socket)?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket)
    }

    /// Whether the address may belong to this machine by a route alone (`ip -6 route add local PREFIX dev lo`). Linux
    /// lets anybody listen at such an IPv4 address; at one of IPv6 the socket must ask for it.
    fn is_of_a_prefix(&self) -> bool {
        self.address.is_ipv6() && !self.address.ip().is_loopback()
    }
}

impl From<SocketAddr> for Door {
    /// Everybody is answered.
    fn from(address: SocketAddr) -> Self {
        Self::new(address, Allowed::everybody())
    }
}

/// Room for what hundreds of cases ask at once, as far as the system gives it: a sender whose question is dropped waits for
/// seconds before it asks again.
fn keep_many(socket: &std::net::UdpSocket) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};

    Ok(setsockopt(socket, sockopt::RcvBuf, &DATAGRAMS)?)
}

#[cfg(target_os = "linux")]
fn bind_freely(socket: &impl std::os::fd::AsFd) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};

    Ok(setsockopt(socket, sockopt::IpFreebind, &true)?)
}

#[cfg(target_os = "linux")]
fn udp_of_a_prefix(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    use std::os::fd::AsRawFd as _;

    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, socket};

    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let socket = socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    bind_freely(&socket)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(socket.into())
}

#[cfg(not(target_os = "linux"))]
fn bind_freely<T>(_socket: &T) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn udp_of_a_prefix(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    std::net::UdpSocket::bind(address)
}

#[cfg(test)]
mod tests {
    use super::Allowed;

    #[test]
    fn named_peers_and_this_machine_are_answered() {
        let prefixes = ["192.0.2.0/25", "2001:db8::/64"].map(|text| text.parse().unwrap());
        let allowed = Allowed::these(prefixes);
        // (peer, is it answered?)
        let cases = [
            ("192.0.2.127", true),
            ("192.0.2.128", false),
            ("::ffff:192.0.2.1", true),
            ("2001:db8::7", true),
            ("2001:db8:0:1::7", false),
            ("127.9.9.9", true),
            ("::1", true),
        ];
        for (peer, want) in cases {
            assert_eq!(allowed.answers(peer.parse().unwrap()), want, "{peer}");
            assert!(Allowed::everybody().answers(peer.parse().unwrap()));
        }
        let nobody = Allowed::these([]);
        assert!(!nobody.answers("192.0.2.1".parse().unwrap()));
    }
}
