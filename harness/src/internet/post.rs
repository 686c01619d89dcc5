//! What stands at one address: a server, a socket that refuses, or silence.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use mtaspec_judge::scenario::Answering;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::door::Door;
use super::https::{HttpsFake, HttpsSetup};
use super::listening::listen_no_longer;
use super::smtp::{FakeSetup, SmtpFake};
use crate::clock::CaseClock;

/// Why nothing could be put at an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// Somebody else listens there.
    #[error(
        "{0} is in use; stop what listens there (or at all addresses), or run in a network namespace"
    )]
    InUse(SocketAddr),
    /// Low ports need rights.
    #[error("no right to listen at {0}; run as root or in a network namespace, or use free ports")]
    NoRight(SocketAddr),
    /// The address is not this machine's.
    #[error("{0} is no address of this machine; give a pool that has its addresses")]
    NotOurs(SocketAddr),
    /// Something else.
    #[error("nothing can be put at {address}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        reason: io::Error,
    },
}

impl PostError {
    pub(super) fn of(address: SocketAddr, reason: io::Error) -> Self {
        match reason.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::PermissionDenied => Self::NoRight(address),
            io::ErrorKind::AddrNotAvailable => Self::NotOurs(address),
            _ => Self::Other { address, reason },
        }
    }
}

/// Something at one address, for as long as it lives.
pub(super) enum Post {
    /// Somebody takes mail.
    Smtp(Box<SmtpFake>),
    /// Somebody serves policies, or takes reports.
    Https(Box<HttpsFake>),
    /// Connections are refused: a socket that is bound and does not listen.
    Refused(
        SocketAddr,
        #[expect(dead_code, reason = "it holds the port")] TcpSocket,
    ),
    /// Connections get no answer.
    Silent(Silence),
}

/// The fake that answers at an address, if anybody does.
#[derive(Clone)]
pub(super) enum Setup {
    /// An SMTP host.
    Smtp(Box<FakeSetup>),
    /// An HTTPS host.
    Https(Box<HttpsSetup>),
}

impl Setup {
    /// The host's name as the scenario spells it, labelled.
    pub(super) fn shown_name(&self) -> &str {
        match self {
            Self::Smtp(setup) => &setup.shown_name,
            Self::Https(setup) => &setup.shown_name,
        }
    }

    fn clock(&self) -> &Arc<CaseClock> {
        match self {
            Self::Smtp(setup) => &setup.clock,
            Self::Https(setup) => &setup.clock,
        }
    }

    fn listen(self, door: &Door) -> io::Result<Post> {
        let door = door.clone();
        match self {
            Self::Smtp(setup) => {
                SmtpFake::listen(door, *setup).map(|fake| Post::Smtp(Box::new(fake)))
            }
            Self::Https(setup) => {
                HttpsFake::listen(door, *setup).map(|fake| Post::Https(Box::new(fake)))
            }
        }
    }
}

/// A listener whose queue is full: the system drops whatever comes (LISTEN(2)).
pub(super) struct Silence {
    address: SocketAddr,
    clock: Arc<CaseClock>,
    listener: TcpListener,
    _filling: TcpStream,
}

impl Post {
    /// Puts up what answers so at this address.
    pub(super) async fn put(
        door: &Door,
        answer: Answering,
        setup: Setup,
    ) -> Result<Self, PostError> {
        let post = match answer {
            Answering::Server => setup.listen(door),
            Answering::Refused => refused(door),
            Answering::Silent => Silence::at(door, setup.clock()).await.map(Self::Silent),
        };
        post.map_err(|reason| PostError::of(door.address(), reason))
    }

    /// The real address.
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Smtp(fake) => fake.real_address(),
            Self::Https(fake) => fake.real_address(),
            Self::Refused(address, _) => *address,
            Self::Silent(silence) => silence.address,
        }
    }

    /// Takes over what is new, if what answers here stays of the same kind; else says that it cannot.
    pub(super) fn change(&self, answer: Answering, setup: Setup) -> Result<bool, PostError> {
        let updated = match (self, answer, setup) {
            (Self::Smtp(fake), Answering::Server, Setup::Smtp(setup)) => fake.update(*setup),
            (Self::Https(fake), Answering::Server, Setup::Https(setup)) => fake.update(*setup),
            (Self::Refused(..), Answering::Refused, _)
            | (Self::Silent(_), Answering::Silent, _) => Ok(()),
            _ => return Ok(false),
        };
        updated.map_err(|reason| PostError::of(self.address(), reason))?;
        Ok(true)
    }

    /// Ends its connections and waits until all is told that they had to tell.
    pub(super) async fn close_connections(&self) {
        match self {
            Self::Smtp(fake) => fake.close_connections().await,
            Self::Https(fake) => fake.close_connections().await,
            Self::Refused(..) | Self::Silent(_) => {}
        }
    }
}

/// Connections of a server that answered here before may linger.
fn reused(socket: &TcpSocket) -> io::Result<()> {
    socket.set_reuseaddr(true)
}

fn refused(door: &Door) -> io::Result<Post> {
    let socket = door.tcp(reused)?;
    Ok(Post::Refused(socket.local_addr()?, socket))
}

impl Silence {
    async fn at(door: &Door, clock: &Arc<CaseClock>) -> io::Result<Self> {
        let listener = door.tcp(reused)?.listen(0)?;
        let address = listener.local_addr()?;
        let filling = TcpStream::connect(address).await?;
        clock.set_silent(address, true);
        Ok(Self {
            address,
            clock: Arc::clone(clock),
            listener,
            _filling: filling,
        })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        listen_no_longer(&self.listener);
        self.clock.set_silent(self.address, false);
    }
}
