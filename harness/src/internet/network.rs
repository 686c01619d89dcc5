//! The Internet of a run: the resolvers, the addresses and the certificates that all cases have in common.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_certs::{Authorities, Mint};
use mtaspec_judge::scenario::Family;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;

use super::dns::{DnsError, DnsServer, DnsSetup, TrustAnchor};
use super::door::{Allowed, Door};
use super::post::PostError;
use super::tls::CertificateStore;
use super::world::{CaseWorld, WorldError};
use crate::clock::CaseClock;
use crate::plan::{AddressBook, AddressError, AddressMode, PlannedCase};
use crate::recorder::Recorder;

/// How long an address of this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a run is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which addresses and ports the fakes have.
    pub addresses: AddressMode,
    /// Whom they answer.
    pub allowed: Allowed,
    /// The instant that counts as "now" for certificates and signatures.
    pub now: SystemTime,
    /// Who signs them.
    pub authorities: Arc<Authorities>,
    /// What stands for `test`, without final dot.
    pub base: String,
}

impl Options {
    /// Mapped addresses of loopback below `test`, signed by the committed authorities.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Self {
            addresses: AddressMode::Apart,
            allowed: Allowed::everybody(),
            now,
            authorities: Arc::new(Authorities::committed()),
            base: "test".into(),
        }
    }
}

/// Why the Internet could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There was no address for a resolver.
    #[error("the resolvers get no addresses")]
    Address(#[from] AddressError),
    /// The resolvers.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// Nobody comes to the addresses of the pool.
    #[error("nobody can reach the resolvers")]
    Unreachable(#[source] PostError),
}

/// A socket can be bound to any IPv6 address; whether this machine answers at it shows when it is called.
async fn is_ours(resolver: SocketAddr) -> Result<(), StartError> {
    let called = tokio::time::timeout(PATIENCE, TcpStream::connect(resolver)).await;
    match called {
        Ok(Ok(_)) => Ok(()),
        _ => Err(StartError::Unreachable(PostError::NotOurs(resolver))),
    }
}

/// The fake Internet of a run. It needs a running tokio for as long as it lives.
pub struct Internet {
    dns: Arc<DnsServer>,
    book: Arc<AddressBook>,
    allowed: Allowed,
    certificates: Arc<CertificateStore>,
    authorities: Arc<Authorities>,
}

impl Internet {
    /// Starts the resolvers; no case is there yet.
    ///
    /// # Errors
    /// When the resolvers cannot listen.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (book, allowed) = (AddressBook::new(options.addresses), options.allowed);
        let logical = [book.give(Family::Ipv4)?, book.give(Family::Ipv4)?];
        let at_port = logical.map(|address| SocketAddr::new(address, 53));
        let dns = DnsServer::start(&DnsSetup {
            base: options.base,
            doors: at_port.map(|address| Door::new(book.bind_address(address), allowed.clone())),
            logical: logical[0],
            prefixes: book.prefixes(),
            now: options.now,
        })?;
        if !dns.resolver().ip().is_loopback() && dns.resolver().is_ipv6() {
            is_ours(dns.resolver()).await?;
        }
        book.put(at_port[0], dns.resolver());
        book.put(at_port[1], dns.validating_resolver());
        let mint = Mint::new(Arc::clone(&options.authorities), options.now);
        Ok(Self {
            dns: Arc::new(dns),
            book: Arc::new(book),
            allowed,
            certificates: Arc::new(CertificateStore::new(mint)),
            authorities: options.authorities,
        })
    }

    /// The resolver that hands everything on as it is; a real address.
    #[must_use]
    pub fn resolver(&self) -> SocketAddr {
        self.dns.resolver()
    }

    /// The resolver that validates; a real address.
    #[must_use]
    pub fn validating_resolver(&self) -> SocketAddr {
        self.dns.validating_resolver()
    }

    /// What a validator needs to follow the signatures of all zones.
    #[must_use]
    pub fn trust_anchor(&self) -> TrustAnchor {
        self.dns.trust_anchor()
    }

    /// Logical addresses and the real ones behind them, live.
    #[must_use]
    pub fn addresses(&self) -> &Arc<AddressBook> {
        &self.book
    }

    /// The certificates of the run.
    #[must_use]
    pub fn certificates(&self) -> &Arc<CertificateStore> {
        &self.certificates
    }

    /// The authorities that sign them.
    #[must_use]
    pub fn authorities(&self) -> &Arc<Authorities> {
        &self.authorities
    }

    /// The authorities of a trust store, by the words of `settings.trust`.
    #[must_use]
    pub fn trust(&self, words: &[String]) -> Vec<CertificateDer<'static>> {
        let of_word = |word: &String| match word.as_str() {
            "root" => self.authorities.root_der(),
            "other-root" => vec![self.authorities.other_root_der()],
            _ => Vec::new(),
        };
        words
            .iter()
            .flat_map(of_word)
            .map(CertificateDer::from)
            .collect()
    }

    /// Brings up the world of the first step of a case.
    ///
    /// # Errors
    /// When something of it cannot be had; then nothing of it stays.
    pub async fn add(
        &self,
        planned: &PlannedCase,
        clock: &Arc<CaseClock>,
        recorder: &Recorder,
    ) -> Result<CaseWorld, WorldError> {
        CaseWorld::new(
            Arc::clone(&self.dns),
            (Arc::clone(&self.book), self.allowed.clone()),
            Arc::clone(&self.certificates),
            planned,
            clock,
            recorder,
        )
        .await
    }
}
