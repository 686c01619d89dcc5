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

/// How an engine is started; what is no matter of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where messages are taken.
    pub listen: SocketAddr,
    /// Decides the order of equal MX hosts, boundaries and message ids.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
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
        let refused = |source| StartError::Listen {
            address: options.listen,
            source,
        };
        let listener = outside
            .network
            .listen(options.listen)
            .await
            .map_err(refused)?;
        let injection_address = listener.local_addr().map_err(refused)?;
        let (tasks, stop) = Tasks::new(outside.clone());
        tasks.spawn(queue.clone().run(tasks.clone()));
        let kept = queue.clone();
        let receiver = Receiver::new(
            outside.clone(),
            hostname,
            Arc::new(move |taken: Taken| kept.add(taken.message, taken.recipients)),
        );
        tasks.spawn(take(listener, receiver, outside, tasks.clone()));
        Ok(Running {
            injection_address,
            queue,
            stop,
        })
    }
}

/// An engine that runs.
pub struct Running {
    injection_address: SocketAddr,
    queue: Queue,
    stop: watch::Sender<bool>,
}

impl Running {
    /// Where it takes messages.
    #[must_use]
    pub fn injection_address(&self) -> SocketAddr {
        self.injection_address
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
