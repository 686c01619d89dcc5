//! The engine as a whole: it takes messages over SMTP and brings them where they belong.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::delivery::{Queue, QueuedMessage, Workshop};
use crate::outside::{Listener, Outside};
use crate::route::{Chance, Resolver};
use crate::settings::Settings;
use crate::smtp::{Receiver, Taken};
use crate::tasks::Tasks;
use crate::tls::{Stack, StackError, Trust};

/// How long nothing is taken after a connection that could not be.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

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
    /// Decides the order of equal MX hosts, boundaries and message ids.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: vec![(Service::Injection, (Ipv4Addr::LOCALHOST, 0).into())],
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
        source: std::io::Error,
    },
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
            "ipv6",
            "setting-minimum-tls",
            "setting-trust",
            "setting-queue-lifetime",
            "setting-client-certificate",
        ]
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
        let queue = Queue::new(workshop(settings, outside.clone(), chance)?);
        let mut listeners = Vec::new();
        for (service, address) in options.listen {
            let refused = |source| StartError::Listen { address, source };
            let listener = outside.network.listen(address).await.map_err(refused)?;
            let bound = listener.local_addr().map_err(refused)?;
            listeners.push((service, bound, listener));
        }
        let (tasks, stop) = Tasks::new(outside.clone());
        tasks.spawn(queue.clone().run(tasks.clone()));
        let mut addresses = Vec::new();
        for (service, bound, listener) in listeners {
            addresses.push((service, bound));
            let kept = queue.clone();
            let receiver = Receiver::new(
                outside.clone(),
                hostname.clone(),
                Arc::new(move |taken: Taken| kept.add(taken.message, taken.recipients)),
            );
            tasks.spawn(take(listener, receiver, outside.clone(), tasks.clone()));
        }
        Ok(Running {
            addresses,
            queue,
            stop,
        })
    }
}

/// An engine that runs.
pub struct Running {
    addresses: Vec<(Service, SocketAddr)>,
    queue: Queue,
    stop: watch::Sender<bool>,
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

    /// Makes all that waits due now.
    pub fn retry_now(&self) {
        self.queue.retry_now();
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
        )?);
        Ok(())
    }

    /// Ends it. What is in the queue is lost; messages are kept in memory alone.
    pub fn stop(self) {
        self.stop.send_replace(true);
    }
}

fn workshop(
    settings: Settings,
    outside: Outside,
    chance: Arc<Chance>,
) -> Result<Workshop, StartError> {
    Ok(Workshop {
        resolver: Resolver::new(
            outside.clone(),
            settings.resolvers.clone(),
            Arc::clone(&chance),
        ),
        stack: Stack::new(&settings, Arc::clone(&outside.clock))?,
        trust: Trust::new(&settings.trust).map_err(StartError::Trust)?,
        settings,
        outside,
        chance,
    })
}

/// Takes connections, each into a task of its own.
async fn take(listener: Box<dyn Listener>, receiver: Receiver, outside: Outside, tasks: Tasks) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let receiver = receiver.clone();
                tasks.spawn(async move { receiver.serve(stream, from).await });
            }
            Err(error) => {
                // Out of files, most likely: waiting gives others time to end.
                tracing::error!(%error, "a connection could not be taken");
                let later = outside.clock.now() + ACCEPT_PAUSE;
                outside.clock.sleep_until(later).await;
            }
        }
    }
}
