//! The world of one case: its zones and hosts, from the first step to the last.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use mtaspec_judge::scenario::{
    Answering, Difference, FaultPlace, Host, HttpsHost, StartTls, World,
};

use super::collectors::PublishedKeys;
use super::connections::ConnectionCounter;
use super::dns::{CaseDns, CaseDnsSetup, DnsServer, PublishError};
use super::door::{Allowed, Door};
use super::faults::FaultBook;
use super::hosts::{HostCertificates, HostUp, Role, next_hop_domain, shown_word};
use super::https::{self, HttpsSetup, Site};
use super::post::{Post, PostError, Setup};
use super::smtp::FakeSetup;
use super::tls::CertificateStore;
use crate::clock::CaseClock;
use crate::plan::{AddressBook, AddressMode, HostAddresses, PlannedCase, ascii, warm_up};
use crate::recorder::Recorder;

/// Why a world could not be brought up or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A host.
    #[error("{host} cannot be brought up")]
    Host {
        /// Its name, as the file has it.
        host: String,
        /// Why.
        #[source]
        reason: PostError,
    },
    /// The zones.
    #[error(transparent)]
    Zones(#[from] PublishError),
    /// The story has no such step.
    #[error("the story has no step {0}")]
    NoStep(usize),
}

/// A running world. It is gone when it is dropped.
pub struct CaseWorld {
    dns: Arc<DnsServer>,
    book: Arc<AddressBook>,
    allowed: Allowed,
    certificates: Arc<CertificateStore>,
    planned: PlannedCase,
    clock: Arc<CaseClock>,
    recorder: Recorder,
    case: Arc<CaseDns>,
    faults: Arc<FaultBook>,
    connections: Arc<ConnectionCounter>,
    posts: BTreeMap<SocketAddr, Standing>,
}

/// What stands at a logical address, and what it was made of.
struct Standing {
    setup: Setup,
    post: Post,
}

/// What a world wants at a logical address.
struct Wanted {
    door: Door,
    answer: Answering,
    setup: Setup,
    /// What is shown to whoever is refused there.
    shown: Option<Difference>,
}

impl CaseWorld {
    pub(super) async fn new(
        dns: Arc<DnsServer>,
        (book, allowed): (Arc<AddressBook>, Allowed),
        certificates: Arc<CertificateStore>,
        planned: &PlannedCase,
        clock: &Arc<CaseClock>,
        recorder: &Recorder,
    ) -> Result<Self, WorldError> {
        let faults = Arc::new(FaultBook::default());
        let setup = CaseDnsSetup {
            faults: Arc::clone(&faults),
            recorder: recorder.clone(),
            clock: Arc::clone(clock),
        };
        let worlds = planned.labelled().steps.iter().map(|step| &step.world);
        let mut world = Self {
            dns,
            book,
            allowed,
            certificates,
            planned: planned.clone(),
            clock: Arc::clone(clock),
            recorder: recorder.clone(),
            case: CaseDns::new(setup, worlds),
            faults,
            connections: Arc::default(),
            posts: BTreeMap::new(),
        };
        world.change(0).await?;
        Ok(world)
    }

    /// The faults of the step that now is.
    pub(crate) fn faults(&self) -> &Arc<FaultBook> {
        &self.faults
    }

    /// Makes the world that of another step, from 0: hosts and zones come, change and go; connections are closed.
    ///
    /// # Errors
    /// When something of it cannot be had; the world is then of no further use.
    pub async fn change(&mut self, step: usize) -> Result<(), WorldError> {
        self.quiet().await;
        let labelled = Arc::clone(self.planned.labelled());
        let step = labelled.steps.get(step).ok_or(WorldError::NoStep(step))?;
        self.faults.spare(&[]);
        self.become_world(&step.world).await
    }

    /// Makes the world that of the warm-up. The next step begins as if no SMTP host had been called before.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub(crate) async fn warm_up(&mut self) -> Result<(), WorldError> {
        self.quiet().await;
        let labelled = Arc::clone(self.planned.labelled());
        let first = &labelled.steps.first().ok_or(WorldError::NoStep(0))?.world;
        self.faults.spare(&warm_up::spared(first));
        self.become_world(&warm_up::world(first)).await
    }

    /// What was counted at SMTP hosts in the warm-up is forgotten.
    pub(crate) async fn end_warm_up(&mut self) -> Result<(), WorldError> {
        self.quiet().await;
        let labelled = Arc::clone(self.planned.labelled());
        let first = &labelled.steps.first().ok_or(WorldError::NoStep(0))?.world;
        let https: Vec<String> = first.https.keys().map(|name| ascii(name)).collect();
        self.connections.forget_all_but(&https);
        self.change(0).await
    }

    async fn become_world(&mut self, world: &World) -> Result<(), WorldError> {
        let addresses = self.planned.addresses_in(world);
        self.faults.replace(world.faults.clone());
        let mut wanted = self.wanted(world, &addresses);
        self.posts.retain(|logical, _| {
            let stays = wanted.contains_key(logical);
            if !stays {
                self.book.remove(*logical);
            }
            stays
        });
        while let Some((logical, wanted)) = wanted.pop_first() {
            let name = wanted.setup.shown_name().to_owned();
            self.put(logical, wanted)
                .await
                .map_err(|reason| WorldError::Host {
                    host: self.planned.names().plain(&name),
                    reason,
                })?;
        }
        let certificates = HostCertificates {
            store: &self.certificates,
            world,
            addresses: &addresses,
        };
        let origin = self.planned.names().origin();
        self.dns
            .publish(&origin, &self.case, world, &addresses, &certificates)?;
        Ok(())
    }

    /// Ends all connections and waits until everything is told that they had to tell.
    pub async fn quiet(&self) {
        for standing in self.posts.values() {
            standing.post.close_connections().await;
        }
    }

    /// Ends the world in order: what its connections had to tell is told.
    pub async fn end(self) {
        self.quiet().await;
    }

    /// The hosts that are up.
    #[must_use]
    pub fn hosts(&self) -> Vec<HostUp> {
        let home = self.planned.names().labelled("mx.home.test");
        (self.posts.iter())
            .filter_map(|(logical, standing)| {
                let name = standing.setup.shown_name();
                let (role, certificate, starttls, tls) = match (&standing.post, &standing.setup) {
                    (Post::Smtp(fake), Setup::Smtp(setup)) => (
                        Role::of(name, &home),
                        &setup.host.certificate,
                        setup.host.starttls,
                        fake.versions_spoken(),
                    ),
                    (Post::Https(fake), Setup::Https(setup)) => (
                        Role::Https,
                        &setup.host.certificate,
                        StartTls::Absent,
                        fake.versions_spoken(),
                    ),
                    _ => return None,
                };
                Some(HostUp {
                    role,
                    name: ascii(name),
                    logical: *logical,
                    real: standing.post.address(),
                    certificate: shown_word(certificate),
                    starttls,
                    tls,
                })
            })
            .collect()
    }

    /// Logical addresses and the real ones behind them, live.
    #[must_use]
    pub fn address_map(&self) -> &Arc<AddressBook> {
        &self.book
    }

    async fn put(&mut self, logical: SocketAddr, wanted: Wanted) -> Result<(), PostError> {
        let setup = wanted.setup.clone();
        let mut kept = None;
        if let Some(standing) = self.posts.remove(&logical) {
            // What is not kept ends here, so that its port is free for what comes next.
            let stays = standing.post.change(wanted.answer, wanted.setup.clone())?;
            kept = stays.then_some(standing.post);
        }
        let post = match kept {
            Some(post) => post,
            None => Post::put(&wanted.door, wanted.answer, wanted.setup).await?,
        };
        self.book.put(logical, post.address());
        self.book.show_when_refused(logical, wanted.shown);
        self.posts.insert(logical, Standing { setup, post });
        Ok(())
    }

    fn wanted(&self, world: &World, addresses: &HostAddresses) -> BTreeMap<SocketAddr, Wanted> {
        let mut all = BTreeMap::new();
        let keys = Arc::new(PublishedKeys::of(world));
        let smtp = world.hosts.iter().filter(|(_, host)| host.cname.is_none());
        for (name, host) in smtp {
            let given = addresses.get(name).map(Vec::as_slice).unwrap_or_default();
            for (index, (ip, address)) in given.iter().zip(&host.addresses).enumerate() {
                let setup = self.setup(name, host, index, given, (world, &keys));
                let logical = SocketAddr::new(*ip, host.port);
                all.insert(
                    logical,
                    self.wanted_at(logical, address.answer, name, setup),
                );
            }
        }
        let https = world.https.iter().filter(|(_, host)| host.cname.is_none());
        for (name, host) in https {
            let given = addresses.get(name).map(Vec::as_slice).unwrap_or_default();
            let site = Arc::new(Site::of(name, world));
            for (index, (ip, address)) in given.iter().zip(&host.addresses).enumerate() {
                let setup = self.https_setup(name, host, index, given, &site);
                let logical = SocketAddr::new(*ip, https::PORT);
                all.insert(
                    logical,
                    self.wanted_at(logical, address.answer, name, setup),
                );
            }
        }
        all
    }

    fn wanted_at(
        &self,
        logical: SocketAddr,
        answer: Answering,
        name: &str,
        setup: Setup,
    ) -> Wanted {
        let refusal = self.refusal(name);
        Wanted {
            door: Door::new(self.book.bind_address(logical), self.allowed.clone()),
            answer: match answer {
                Answering::Server if refusal.is_some() => Answering::Refused,
                answer => answer,
            },
            setup,
            shown: refusal,
        }
    }

    /// The fault by which every connection to a host is refused, where whoever dials tells of it. On real ports nobody would:
    /// there the fake itself refuses, as near as one who listens can.
    fn refusal(&self, name: &str) -> Option<Difference> {
        if matches!(self.book.mode(), AddressMode::Real(_)) {
            return None;
        }
        let places = [
            FaultPlace::AttackerOf(name.to_owned()),
            FaultPlace::Host(name.to_owned()),
        ];
        let fault = (places.iter()).find_map(|place| self.faults.standing_refusal(place));
        fault.map(|fault| Difference::Fault(fault.written))
    }

    fn setup(
        &self,
        name: &str,
        host: &Host,
        address_index: usize,
        addresses: &[std::net::IpAddr],
        (world, keys): (&World, &Arc<PublishedKeys>),
    ) -> Setup {
        Setup::Smtp(Box::new(FakeSetup {
            name: ascii(name),
            shown_name: name.to_owned(),
            address_index,
            addresses: addresses.to_vec(),
            next_hop_domain: next_hop_domain(name, world),
            host: host.clone(),
            attacker: world.attackers.get(name).cloned(),
            faults: Arc::clone(&self.faults),
            keys: Arc::clone(keys),
            mail: Arc::clone(self.planned.mail()),
            certificates: Arc::clone(&self.certificates),
            recorder: self.recorder.clone(),
            clock: Arc::clone(&self.clock),
            connections: Arc::clone(&self.connections),
        }))
    }

    fn https_setup(
        &self,
        name: &str,
        host: &HttpsHost,
        address_index: usize,
        addresses: &[std::net::IpAddr],
        site: &Arc<Site>,
    ) -> Setup {
        Setup::Https(Box::new(HttpsSetup {
            name: ascii(name),
            shown_name: name.to_owned(),
            address_index,
            addresses: addresses.to_vec(),
            host: host.clone(),
            site: Arc::clone(site),
            faults: Arc::clone(&self.faults),
            certificates: Arc::clone(&self.certificates),
            recorder: self.recorder.clone(),
            clock: Arc::clone(&self.clock),
            connections: Arc::clone(&self.connections),
        }))
    }
}

#[cfg(test)]
impl CaseWorld {
    /// The setup of one of its fakes.
    pub(super) fn any_setup(&self) -> Setup {
        let world = &self.planned.labelled().steps[0].world;
        let addresses = self.planned.addresses_in(world);
        let mut wanted = self.wanted(world, &addresses);
        let (_, wanted) = wanted.pop_first().expect("the healthy world has hosts");
        wanted.setup
    }
}

impl Drop for CaseWorld {
    fn drop(&mut self) {
        let origin = self.planned.names().origin();
        self.dns.withdraw(&origin, &self.case);
        for logical in self.posts.keys() {
            self.book.remove(*logical);
        }
    }
}
