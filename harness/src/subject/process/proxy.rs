//! The SOCKS5 proxy of one case (RFC 1928): logical addresses in, the fakes behind them out.
//!
//! A close is handed on as a close and a reset as a reset. What nobody answers is refused, or left unanswered where the
//! fake is silent, and told to the recorder.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_judge::events::What;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::contract::{Briefing, Instructions};
use super::super::unanswered::tell_unanswered;
use crate::recorder::Teller;

/// Octets that are handed on at once.
const PIECE: usize = 16 * 1_024;

/// How often the other tasks of the case come first before bytes are handed on.
const YIELDS: usize = 8;

/// What goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traffic {
    /// Connections that are open, or about to be.
    pub(super) open: usize,
    /// Connections that ever were asked for.
    pub(super) dials: u64,
}

/// A running proxy. It is gone, with all that goes through it, when it is dropped.
pub(super) struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    briefing: Briefing,
    instructions: Mutex<Instructions>,
    traffic: watch::Sender<Traffic>,
}

impl Proxy {
    /// Starts a proxy on loopback.
    pub(super) async fn start(briefing: Briefing) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            instructions: Mutex::new(briefing.instructions.clone()),
            briefing,
            traffic: watch::Sender::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&inner)));
        Ok(Self {
            address,
            inner,
            task,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says which hosts the world now has.
    pub(super) fn change(&self, instructions: Instructions) {
        let mut known = self.inner.instructions.lock();
        *known
            .as_deref_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut()) = instructions;
    }

    /// What goes through, now and later.
    pub(super) fn traffic(&self) -> watch::Receiver<Traffic> {
        self.inner.traffic.subscribe()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    // The connections end with the proxy.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        inner.traffic.send_modify(|traffic| {
            traffic.open += 1;
            traffic.dials += 1;
        });
        let open = Open(Arc::clone(&inner));
        connections.spawn(async move {
            // A connection that fails is the subject's to notice.
            let _ = open.0.serve(stream).await;
            drop(open);
        });
    }
}

/// A connection that counts as open.
struct Open(Arc<Inner>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.traffic.send_modify(|traffic| traffic.open -= 1);
    }
}

impl Inner {
    async fn serve(&self, mut subject: TcpStream) -> io::Result<()> {
        subject.set_nodelay(true)?;
        let to = greet(&mut subject).await?;
        match self.dial(to).await {
            Dialled::Open(mut fake) => {
                subject.write_all(&reply(0)).await?;
                hand_on(&mut subject, &mut fake).await;
            }
            Dialled::Refused => subject.write_all(&reply(5)).await?,
            Dialled::Silence => {
                // Until the subject gives up.
                let _ = subject.read(&mut [0]).await;
            }
        }
        Ok(())
    }

    async fn dial(&self, to: SocketAddr) -> Dialled {
        let briefing = &self.briefing;
        let real = if [briefing.resolver, briefing.validating_resolver].contains(&to) {
            Some(to)
        } else {
            briefing.addresses.real(to)
        };
        let Some(real) = real else {
            self.tell_unanswered(to);
            return Dialled::Refused;
        };
        if briefing.clock.is_silent(real) {
            self.tell_unanswered(to);
            return Dialled::Silence;
        }
        match TcpStream::connect(real).await {
            Ok(fake) => {
                // Without it the fake is slower, and no less right.
                let _ = fake.set_nodelay(true);
                Dialled::Open(fake)
            }
            Err(_) => {
                self.tell_unanswered(to);
                Dialled::Refused
            }
        }
    }

    fn tell_unanswered(&self, to: SocketAddr) {
        let instructions = self
            .instructions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Briefing {
            recorder,
            addresses,
            ..
        } = &self.briefing;
        tell_unanswered(recorder, &instructions, addresses, to);
    }
}

enum Dialled {
    Open(TcpStream),
    Refused,
    Silence,
}

/// The greeting and the request (RFC 1928 §3, §4).
async fn greet(subject: &mut TcpStream) -> io::Result<SocketAddr> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let mut greeting = [0; 2];
    subject.read_exact(&mut greeting).await?;
    let [version, methods] = greeting;
    let mut offered = vec![0; usize::from(methods)];
    subject.read_exact(&mut offered).await?;
    if version != 5 || !offered.contains(&0) {
        return Err(wrong());
    }
    subject.write_all(&[5, 0]).await?;
    let mut request = [0; 4];
    subject.read_exact(&mut request).await?;
    let ip = match request {
        [5, 1, _, 1] => {
            let mut octets = [0; 4];
            subject.read_exact(&mut octets).await?;
            IpAddr::from(octets)
        }
        [5, 1, _, 4] => {
            let mut octets = [0; 16];
            subject.read_exact(&mut octets).await?;
            IpAddr::from(octets)
        }
        _ => return Err(wrong()),
    };
    Ok(SocketAddr::new(ip, subject.read_u16().await?))
}

/// A reply (RFC 1928 §6). Where the proxy is bound is nobody's business.
fn reply(code: u8) -> [u8; 10] {
    [5, code, 0, 1, 0, 0, 0, 0, 0, 0]
}

/// Hands on in both directions until both are closed, or one breaks.
async fn hand_on(subject: &mut TcpStream, fake: &mut TcpStream) {
    let ended = {
        let (from_subject, to_subject) = subject.split();
        let (from_fake, to_fake) = fake.split();
        tokio::try_join!(pump(from_subject, to_fake), pump(from_fake, to_subject))
    };
    if ended.is_err() {
        // A zero linger makes the close a reset; a socket that is gone already needs none.
        let _ = subject.set_zero_linger();
        let _ = fake.set_zero_linger();
    }
}

async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let mut length = from.read(&mut piece).await?;
        // The fakes are on this thread: what one does behind these bytes, a reset most of all, reaches the subject as close
        // behind them as without a proxy.
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
        let behind = match from.try_read(&mut piece[length..]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            behind => behind.map(Some),
        };
        if let Ok(Some(more)) = behind {
            length += more;
        }
        to.write_all(&piece[..length]).await?;
        match behind {
            Err(error) => return Err(error),
            Ok(Some(0)) if length < PIECE => return to.shutdown().await,
            Ok(_) if length == 0 => return to.shutdown().await,
            Ok(_) => {}
        }
    }
}

/// The subject has ended by itself.
pub(super) fn tell_end(briefing: &Briefing, code: Option<i32>) {
    briefing.recorder.record(
        Teller::default(),
        What::SubjectEnded {
            code,
            shared: false,
        },
    );
}
