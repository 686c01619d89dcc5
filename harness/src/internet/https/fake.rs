//! An HTTPS host at one address: what it is, and what holds for its connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mtaspec_certs::KeyKind;
use mtaspec_judge::scenario::{HttpsHost, TlsVersion};
use tokio::sync::watch;

use super::site::Site;
use super::visit;
use crate::clock::CaseClock;
use crate::internet::connections::ConnectionCounter;
use crate::internet::door::Door;
use crate::internet::faults::FaultBook;
use crate::internet::listening::{Listening, Serve};
use crate::internet::tls::{CertificateStore, Holder, ServerTls, TlsSetup};
use crate::internet::wire::Wire;
use crate::recorder::Recorder;

/// What a fake is, and whom it tells.
#[derive(Clone)]
pub struct HttpsSetup {
    /// The host's name in ASCII form, labelled.
    pub name: String,
    /// The same name as the scenario spells it, labelled: what events and faults call it.
    pub shown_name: String,
    /// Which of the host's addresses this is, from 0.
    pub address_index: usize,
    /// All its logical addresses, for its certificates.
    pub addresses: Vec<IpAddr>,
    /// How it answers.
    pub host: HttpsHost,
    /// What it serves.
    pub site: Arc<Site>,
    /// What misbehaves.
    pub faults: Arc<FaultBook>,
    /// The certificates of the run.
    pub certificates: Arc<CertificateStore>,
    /// Who takes the events.
    pub recorder: Recorder,
    /// The clock of the case.
    pub clock: Arc<CaseClock>,
    /// Counts the connections to each host of the case.
    pub connections: Arc<ConnectionCounter>,
}

/// A running HTTPS host at one address.
pub struct HttpsFake {
    listening: Listening<Standing>,
}

/// What holds for new connections: the setup and the TLS made of it.
pub(super) struct Standing {
    pub(super) setup: HttpsSetup,
    pub(super) tls: ServerTls,
}

impl Standing {
    fn new(setup: HttpsSetup) -> io::Result<Self> {
        let holder = Holder {
            host: setup.name.clone(),
            addresses: setup.addresses.clone(),
            // The domain that a policy host speaks for.
            next_hop_domain: setup.name.strip_prefix("mta-sts.").map(str::to_owned),
            default_key: KeyKind::EcdsaP256,
        };
        let tls = TlsSetup::from(&setup.host);
        let tls = ServerTls::new(&tls, &setup.certificates, &holder).map_err(io::Error::other)?;
        let tls = tls.told_as(&setup.shown_name);
        Ok(Self { setup, tls })
    }
}

impl Serve for Standing {
    async fn serve(self: Arc<Self>, wire: Wire, closing: watch::Receiver<()>) {
        visit::serve(self, wire, closing).await;
    }

    fn recorder(&self) -> &Recorder {
        &self.setup.recorder
    }
}

impl HttpsFake {
    /// Listens at this address (port 0 takes any) and serves until dropped. Needs a running tokio.
    ///
    /// # Errors
    /// When the address is taken or not ours, or when no TLS stack can do what the host asks for.
    pub fn listen(at: impl Into<Door>, setup: HttpsSetup) -> io::Result<Self> {
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
    pub fn update(&self, setup: HttpsSetup) -> io::Result<()> {
        self.listening.update(Standing::new(setup)?);
        Ok(())
    }

    /// The TLS versions that it can really speak.
    #[must_use]
    pub fn versions_spoken(&self) -> Vec<TlsVersion> {
        self.listening.standing().tls.versions_spoken()
    }

    /// Ends all connections in order, and waits until they are gone.
    pub async fn close_connections(&self) {
        self.listening.close_connections().await;
    }
}
