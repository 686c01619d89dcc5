//! An SMTP host at one address: its listener, its connections, and their end.
//!
//! A fake owns every task that it starts: closing its connections waits for them, dropping it stops them.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use mtaspec_certs::KeyKind;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Attacker, Host, TlsVersion};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::connection;
use super::overhearing::Canaries;
use crate::clock::CaseClock;
use crate::internet::faults::FaultBook;
use crate::internet::tls::{CertificateStore, Holder, ServerTls, TlsSetup};
use crate::internet::wire::Wire;
use crate::plan::MailPlan;
use crate::recorder::{Recorder, Teller};

/// Connections that may wait to be accepted: hundreds come at once when cases run together.
const BACKLOG: u32 = 4_096;

/// The kernel swallows no more than this of what a fake does not read: else a body that nobody takes in would not
/// make its sender wait.
const RECEIVE_BUFFER: u32 = 64 * 1024;

/// The pause after a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What a fake is, and whom it tells.
#[derive(Clone)]
pub struct FakeSetup {
    /// The host's name in ASCII form, labelled: what it calls itself.
    pub name: String,
    /// The same name as the scenario spells it, labelled: what events and faults call it.
    pub shown_name: String,
    /// Which of the host's addresses this is, from 0.
    pub address_index: usize,
    /// All its logical addresses, for its certificates.
    pub addresses: Vec<IpAddr>,
    /// The domain whose mail it takes, labelled, for its certificates.
    pub next_hop_domain: Option<String>,
    /// What it does.
    pub host: Host,
    /// Somebody in the path to it.
    pub attacker: Option<Attacker>,
    /// What misbehaves.
    pub faults: Arc<FaultBook>,
    /// The messages of the case.
    pub mail: Arc<MailPlan>,
    /// The certificates of the run.
    pub certificates: Arc<CertificateStore>,
    /// Who takes the events.
    pub recorder: Recorder,
    /// The clock of the case.
    pub clock: Arc<CaseClock>,
    /// Counts the connections to each host of the case.
    pub connections: Arc<ConnectionCounter>,
}

/// Counts the connections to each host of a case, all its addresses together.
#[derive(Debug, Default)]
pub struct ConnectionCounter {
    counts: Mutex<HashMap<String, u32>>,
}

impl ConnectionCounter {
    /// One connection more to the host of this name (ASCII, labelled): the number of it, from 1.
    pub fn next(&self, name: &str) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.to_ascii_lowercase()).or_default();
        *count += 1;
        *count
    }
}

/// A running SMTP host at one address.
pub struct SmtpFake {
    real_address: SocketAddr,
    /// Held here alone, so that the port is free as soon as the fake is dropped.
    _listener: Arc<TcpListener>,
    standing: Arc<Mutex<Arc<Standing>>>,
    tasks: Tasks,
    close: watch::Sender<()>,
    accepting: AbortHandle,
}

type Tasks = Arc<Mutex<JoinSet<()>>>;

/// What holds for new connections: the setup and all that was made of it.
pub(super) struct Standing {
    pub(super) setup: Arc<FakeSetup>,
    pub(super) canaries: Arc<Canaries>,
    /// The host of the n-th connection, the last of which stays; with the TLS that the sender meets.
    pub(super) hosts: Vec<(Host, Arc<ServerTls>)>,
}

impl Standing {
    fn new(setup: FakeSetup) -> io::Result<Self> {
        let hosts = match setup.host.connections.as_slice() {
            [] => std::slice::from_ref(&setup.host),
            hosts => hosts,
        };
        let hosts: Vec<_> = hosts
            .iter()
            .map(|host| Ok((host.clone(), Arc::new(tls_of(host, &setup)?))))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            canaries: Arc::new(Canaries::of(&setup.mail)),
            setup: Arc::new(setup),
            hosts,
        })
    }

    /// The host that the n-th connection meets.
    pub(super) fn host(&self, connection: u32) -> (Host, Arc<ServerTls>) {
        let last = self.hosts.len() - 1;
        let at = usize::try_from(connection.saturating_sub(1)).map_or(last, |at| at.min(last));
        self.hosts[at].clone()
    }
}

/// Whoever ends TLS: the attacker with a certificate of its own, else the host.
fn tls_of(host: &Host, setup: &FakeSetup) -> io::Result<ServerTls> {
    let attacker = setup.attacker.as_ref();
    let tls = attacker
        .and_then(TlsSetup::of_attacker)
        .unwrap_or_else(|| TlsSetup::from(host));
    let holder = Holder {
        host: setup.name.clone(),
        addresses: setup.addresses.clone(),
        next_hop_domain: setup.next_hop_domain.clone(),
        default_key: KeyKind::EcdsaP256,
    };
    ServerTls::new(&tls, &setup.certificates, &holder).map_err(io::Error::other)
}

impl SmtpFake {
    /// Listens at this address (port 0 takes any) and serves until dropped. Needs a running tokio.
    ///
    /// # Errors
    /// When the address is taken or not ours, or when no TLS stack can do what the host asks for.
    pub fn listen(bind: SocketAddr, setup: FakeSetup) -> io::Result<Self> {
        let standing = Arc::new(Mutex::new(Arc::new(Standing::new(setup)?)));
        let socket = match bind {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.bind(bind)?;
        let listener = Arc::new(socket.listen(BACKLOG)?);
        let real_address = listener.local_addr()?;
        let tasks = Tasks::default();
        let (close, closing) = watch::channel(());
        let weak = Arc::downgrade(&listener);
        let accept = accept(weak, Arc::clone(&standing), Arc::clone(&tasks), closing);
        Ok(Self {
            real_address,
            _listener: listener,
            standing,
            tasks,
            close,
            accepting: tokio::spawn(accept).abort_handle(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn real_address(&self) -> SocketAddr {
        self.real_address
    }

    /// What holds for connections from now on.
    ///
    /// # Errors
    /// When no TLS stack can do what the host asks for; then all stays as it was.
    pub fn update(&self, setup: FakeSetup) -> io::Result<()> {
        let standing = Arc::new(Standing::new(setup)?);
        *lock(&self.standing) = standing;
        Ok(())
    }

    /// The TLS versions that the first connection can really speak.
    #[must_use]
    pub fn versions_spoken(&self) -> Vec<TlsVersion> {
        lock(&self.standing).host(1).1.versions_spoken()
    }

    /// Ends all connections in order, and waits until they are gone.
    pub async fn close_connections(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        self.close.send_replace(());
        let recorder = lock(&self.standing).setup.recorder.clone();
        while let Some(joined) = tasks.join_next().await {
            tell_of_panic(&recorder, joined);
        }
    }
}

impl Drop for SmtpFake {
    fn drop(&mut self) {
        self.accepting.abort();
        lock(&self.tasks).abort_all();
    }
}

async fn accept(
    listener: Weak<TcpListener>,
    standing: Arc<Mutex<Arc<Standing>>>,
    tasks: Tasks,
    closing: watch::Receiver<()>,
) {
    loop {
        let next = poll_fn(|context| match listener.upgrade() {
            Some(listener) => listener.poll_accept(context).map(Some),
            None => Poll::Ready(None),
        });
        let tcp = match next.await {
            None => return,
            Some(Ok((tcp, _))) => tcp,
            // Out of descriptors, or the peer is gone already: others may do better, a little later.
            Some(Err(_)) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(wire) = Wire::new(tcp) else { continue };
        let standing = Arc::clone(&lock(&standing));
        let mut closing = closing.clone();
        closing.mark_unchanged();
        let mut tasks = lock(&tasks);
        while let Some(joined) = tasks.try_join_next() {
            tell_of_panic(&standing.setup.recorder, joined);
        }
        tasks.spawn(connection::serve(standing, wire, closing));
    }
}

/// A session that breaks down is our own fault, and makes the case an error.
fn tell_of_panic(recorder: &Recorder, joined: Result<(), JoinError>) {
    if let Err(error) = joined
        && error.is_panic()
    {
        let reason = format!("a session of an SMTP fake broke down: {error}");
        recorder.record(Teller::default(), What::HarnessFailed { reason });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_for_each_host_whatever_the_letter_case() {
        let counter = ConnectionCounter::default();
        // (host, number)
        let cases = [
            ("mx.test", 1),
            ("MX.test", 2),
            ("b.test", 1),
            ("mx.test", 3),
        ];
        for (name, want) in cases {
            assert_eq!(counter.next(name), want, "{name}");
        }
    }
}
