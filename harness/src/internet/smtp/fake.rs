//! An SMTP host at one address: what it is, and what holds for its connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mtaspec_certs::KeyKind;
use mtaspec_judge::scenario::{Attacker, Host, TlsVersion};
use tokio::sync::watch;

use super::connection;
use super::overhearing::Canaries;
use crate::clock::CaseClock;
use crate::internet::collectors::PublishedKeys;
use crate::internet::connections::ConnectionCounter;
use crate::internet::door::Door;
use crate::internet::faults::FaultBook;
use crate::internet::listening::{Listening, Serve};
use crate::internet::tls::{CertificateStore, Holder, ServerTls, TlsSetup};
use crate::internet::wire::Wire;
use crate::plan::MailPlan;
use crate::recorder::Recorder;

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
    /// The DKIM keys that the world has published, for reports that arrive.
    pub keys: Arc<PublishedKeys>,
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

/// A running SMTP host at one address.
pub struct SmtpFake {
    listening: Listening<Standing>,
}

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
    let tls = ServerTls::new(&tls, &setup.certificates, &holder).map_err(io::Error::other)?;
    Ok(tls.told_as(&setup.shown_name))
}

impl Serve for Standing {
    async fn serve(self: Arc<Self>, wire: Wire, closing: watch::Receiver<()>) {
        connection::serve(self, wire, closing).await;
    }

    fn recorder(&self) -> &Recorder {
        &self.setup.recorder
    }
}

impl SmtpFake {
    /// Listens at this address (port 0 takes any) and serves until dropped. Needs a running tokio.
    ///
    /// # Errors
    /// When the address is taken or not ours, or when no TLS stack can do what the host asks for.
    pub fn listen(at: impl Into<Door>, setup: FakeSetup) -> io::Result<Self> {
        let listening = Listening::at(at.into(), Standing::new(setup)?)?;
        Ok(Self { listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn real_address(&self) -> SocketAddr {
        self.listening.real_address()
    }

    /// What holds for connections from now on.
    ///
    /// # Errors
    /// When no TLS stack can do what the host asks for; then all stays as it was.
    pub fn update(&self, setup: FakeSetup) -> io::Result<()> {
        self.listening.update(Standing::new(setup)?);
        Ok(())
    }

    /// The TLS versions that the first connection can really speak.
    #[must_use]
    pub fn versions_spoken(&self) -> Vec<TlsVersion> {
        self.listening.standing().host(1).1.versions_spoken()
    }

    /// Ends all connections in order, and waits until they are gone.
    pub async fn close_connections(&self) {
        self.listening.close_connections().await;
    }
}
