//! The engine as a whole: it takes messages over SMTP and brings them where they belong.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::address::DomainName;
use crate::delivery::{Bounds, Queue, QueuedMessage, Workshop};
use crate::door::Door;
use crate::outside::Outside;
use crate::probe::{self, About, Probe};
use crate::published::{self, Published};
use crate::route::{Chance, Resolver};
use crate::settings::Settings;
use crate::smtp::{Host, Receiver, Taken};
use crate::sts;
use crate::tasks::{Phase, Tasks};
use crate::tls::{Acceptor, Stack, StackError, Trust};
use crate::tlsrpt;
use crate::traffic::{Meter, Traffic};

/// The reference enforcement engine.
#[derive(Debug, Clone, Copy)]
pub struct Engine;

/// What an address of the engine is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Mail of the engine's own users, who need no login: whoever reaches the address is trusted.
    Injection,
    /// Mail from everybody for the engine's own domains: the public MX host (RFC 5321 §2.3.5).
    Mx,
    /// Mail of users who log in (RFC 6409 §3.1).
    Submission,
    /// The same with TLS from the first byte (RFC 8314 §3.3).
    Submissions,
}

/// How an engine is started; what is no matter of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where messages are taken, and as what.
    pub listen: Vec<(Service, SocketAddr)>,
    /// How much is taken.
    pub bounds: Bounds,
    /// Decides the order of equal MX hosts, boundaries and message ids.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: vec![(Service::Injection, (Ipv4Addr::LOCALHOST, 0).into())],
            bounds: Bounds::default(),
            seed: 0,
        }
    }
}

/// Why an engine could not be started, or settings not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Nothing can be taken at the address.
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The store cannot be read.
    #[error("the store cannot be used")]
    Store(#[source] io::Error),
    /// The TLS settings cannot be used.
    #[error(transparent)]
    Tls(#[from] StackError),
    /// A trusted authority is no certificate.
    #[error("a trusted authority cannot be read: {0:?}")]
    Trust(webpki::Error),
}

impl Engine {
    /// What it calls itself.
    pub const NAME: &'static str = "mtaspec-engine";
    /// Its version.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// What it can do, in the words of the scenario language. Only what is built stands here.
    #[must_use]
    pub fn capabilities() -> Vec<&'static str> {
        vec![
            "tls-rule",
            "tls-rule-ca",
            "tls-rule-hostname",
            "tls-rule-ca-without-hostname",
            "tls-rule-hostname-without-ca",
            "tls-rule-address",
            "units",
            "tls-rule-inbound",
            "tls-rule-inbound-certificate",
            "sender-authentication",
            "rule-change",
            "route",
            "secure-route",
            "alternate-route",
            "other-port",
            "smtputf8",
            "dsn",
            "clock",
            "retry",
            "queue",
            "ask-test-connection",
            "ask-padlock",
            "ask-check-domain",
            "ask-read-report",
            "ipv6",
            "dane",
            "requiretls",
            "setting-resolver",
            "setting-minimum-tls",
            "setting-aliases",
            "setting-trust",
            "setting-queue-lifetime",
            "setting-client-certificate",
            "setting-demand-tls",
            "tlsrpt",
            "inbound",
            "submission",
            "mta-sts",
            "sts-at-once",
        ]
    }

    /// Tests the connection to all that would take mail for somebody, without an engine that runs.
    ///
    /// # Errors
    /// `StartError` when the settings cannot be used.
    pub async fn probe(
        settings: Settings,
        outside: Outside,
        about: About,
    ) -> Result<Probe, StartError> {
        let workshop = lone_workshop(settings, outside)?;
        Ok(probe::probe(&workshop, about).await)
    }

    /// Looks at what a domain has published about the security of its mail, without an engine that runs.
    ///
    /// # Errors
    /// `StartError` when the settings cannot be used.
    pub async fn check_domain(
        settings: Settings,
        outside: Outside,
        domain: DomainName,
    ) -> Result<Published, StartError> {
        let workshop = lone_workshop(settings, outside)?;
        Ok(published::look(&workshop, domain).await)
    }

    /// Starts an engine. It runs until it is stopped or the handle goes away.
    ///
    /// # Errors
    /// `StartError` when the settings cannot be used or the address is taken.
    pub async fn start(
        settings: Settings,
        outside: Outside,
        options: Options,
    ) -> Result<Running, StartError> {
        let chance = Arc::new(Chance::from_seed(options.seed));
        let hostname = settings.hostname.clone();
        let policies = sts::Keeper::load(&outside).await;
        let tallies = tlsrpt::Keeper::load(&outside, Arc::clone(&chance)).await;
        let kept = Kept {
            meter: Meter::default(),
            policies: policies.map_err(StartError::Store)?,
            tallies: tallies.map_err(StartError::Store)?,
            inbox: tlsrpt::Inbox::default(),
        };
        let workshop = workshop(settings, outside.clone(), chance, kept.clone())?;
        let queue = Queue::new(workshop, options.bounds);
        let mut listeners = Vec::new();
        for (service, address) in options.listen {
            let refused = |source| StartError::Listen { address, source };
            let listener = outside.network.listen(address).await.map_err(refused)?;
            let bound = listener.local_addr().map_err(refused)?;
            listeners.push((service, bound, listener));
        }
        queue.resume().await.map_err(StartError::Store)?;
        let (tasks, phase) = Tasks::new(outside.clone());
        tasks.spawn(queue.clone().run(tasks.clone()));
        let current = queue.clone();
        tasks.spawn(kept.policies.keep_fresh(move || current.workshop()));
        tasks.spawn(kept.tallies.report(queue.clone(), tasks.clone()));
        let sessions = Arc::new(Semaphore::new(options.bounds.sessions));
        let mut addresses = Vec::new();
        for (service, bound, listener) in listeners {
            addresses.push((service, bound));
            let (kept, told, closing) = (queue.clone(), queue.clone(), tasks.clone());
            let host = Host {
                keep: Box::new(move |taken: Taken| {
                    let kept = kept.clone();
                    Box::pin(async move { kept.take(taken.message, taken.recipients).await })
                }),
                closing: Box::new(move || {
                    let closing = closing.clone();
                    Box::pin(async move { closing.closing().await })
                }),
                workshop: Box::new(move || told.workshop()),
            };
            let receiver = Receiver::new(outside.clone(), hostname.clone(), service, host);
            let door = Door::new(receiver, Arc::clone(&sessions), tasks.clone());
            tasks.spawn(door.take(listener, outside.clone()));
        }
        Ok(Running {
            addresses,
            queue,
            sessions: (sessions, options.bounds.sessions),
            outside,
            phase,
        })
    }
}

/// An engine that runs.
pub struct Running {
    addresses: Vec<(Service, SocketAddr)>,
    queue: Queue,
    sessions: (Arc<Semaphore>, usize),
    outside: Outside,
    phase: watch::Sender<Phase>,
}

impl Running {
    /// Where it takes messages, and as what, in the order of `Options::listen`; ports are the real ones.
    #[must_use]
    pub fn addresses(&self) -> &[(Service, SocketAddr)] {
        &self.addresses
    }

    /// The first address of a service; none: it was not asked for.
    #[must_use]
    pub fn address_of(&self, service: Service) -> Option<SocketAddr> {
        let of_service = |(kind, _): &&(Service, SocketAddr)| *kind == service;
        self.addresses.iter().find(of_service).map(|(_, at)| *at)
    }

    /// What waits or is under way.
    #[must_use]
    pub fn queue(&self) -> Vec<QueuedMessage> {
        self.queue.list()
    }

    /// The MTA-STS policies that hold, and what became of the attempts to refresh them.
    #[must_use]
    pub fn policies(&self) -> Vec<sts::HeldPolicy> {
        self.queue.workshop().policies.list()
    }

    /// The last TLS report about an own domain that came in by mail and was signed by who has made it, since the start.
    #[must_use]
    pub fn last_report(&self) -> Option<tlsrpt::ReadReport> {
        self.queue.workshop().inbox.last()
    }

    /// Makes all that waits due now.
    pub async fn retry_now(&self) {
        self.queue.retry_now().await;
    }

    /// How much mail came and went since the start, in what TLS and in plaintext.
    #[must_use]
    pub fn traffic(&self) -> Vec<Traffic> {
        self.queue.workshop().meter.read()
    }

    /// Takes other settings, from the next round on. The name under which messages are taken stays as it was.
    ///
    /// # Errors
    /// `StartError` when they cannot be used; the old ones then stay.
    pub fn set_settings(&self, settings: Settings) -> Result<(), StartError> {
        let now = self.queue.workshop();
        self.queue.refit(workshop(
            settings,
            now.outside.clone(),
            Arc::clone(&now.chance),
            Kept {
                meter: now.meter.clone(),
                policies: now.policies.clone(),
                tallies: now.tallies.clone(),
                inbox: now.inbox.clone(),
            },
        )?);
        Ok(())
    }

    /// Tests the connection to all that would take mail for somebody, with the settings that hold now.
    pub fn probe(&self, about: About) -> impl Future<Output = Probe> + Send + 'static {
        let workshop = self.queue.workshop();
        async move { probe::probe(&workshop, about).await }
    }

    /// Looks at what a domain has published about the security of its mail.
    pub fn check_domain(
        &self,
        domain: DomainName,
    ) -> impl Future<Output = Published> + Send + 'static {
        let workshop = self.queue.workshop();
        async move { published::look(&workshop, domain).await }
    }

    /// The settings that hold now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.queue.workshop().settings.clone()
    }

    /// Ends it at once. What is in the queue stays in the store.
    pub fn stop(self) {
        self.phase.send_replace(Phase::Stopped);
    }

    /// Ends it in order: nothing new begins, and what is under way has so long to end. Says whether it has.
    pub async fn finish(self, limit: Duration) -> bool {
        self.phase.send_replace(Phase::Closing);
        let (sessions, all) = &self.sessions;
        let all = u32::try_from(*all).unwrap_or(u32::MAX);
        let ended = async {
            // All permits are back when no session is left; it fails only when the semaphore is closed.
            let _ = sessions.acquire_many(all).await;
            self.queue.close().await;
        };
        let is_over = self.outside.within(limit, ended).await.is_ok();
        self.phase.send_replace(Phase::Stopped);
        is_over
    }
}

/// A workshop for one question.
fn lone_workshop(settings: Settings, outside: Outside) -> Result<Workshop, StartError> {
    let chance = Arc::new(Chance::from_seed(0));
    let kept = Kept {
        meter: Meter::default(),
        policies: sts::Keeper::new(&outside),
        tallies: tlsrpt::Keeper::new(&outside, Arc::clone(&chance)),
        inbox: tlsrpt::Inbox::default(),
    };
    workshop(settings, outside, chance, kept)
}

/// What outlives a change of settings.
#[derive(Clone)]
struct Kept {
    meter: Meter,
    policies: sts::Keeper,
    tallies: tlsrpt::Keeper,
    inbox: tlsrpt::Inbox,
}

fn workshop(
    settings: Settings,
    outside: Outside,
    chance: Arc<Chance>,
    kept: Kept,
) -> Result<Workshop, StartError> {
    Ok(Workshop {
        resolver: Resolver::new(
            outside.clone(),
            settings.resolvers.clone(),
            &settings.dnssec,
            Arc::clone(&chance),
        ),
        stack: Stack::new(&settings, Arc::clone(&outside.clock))?,
        web: Stack::for_web(Arc::clone(&outside.clock))?,
        acceptor: Acceptor::new(&settings, Arc::clone(&outside.clock))?,
        trust: Trust::new(&settings.trust).map_err(StartError::Trust)?,
        settings,
        outside,
        chance,
        meter: kept.meter,
        policies: kept.policies,
        tallies: kept.tallies,
        inbox: kept.inbox,
    })
}
