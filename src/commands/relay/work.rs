//! `mtaspec relay`: from the arguments to an engine that runs until it is asked to end.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use mtaspec_engine::outside::{
    FolderError, FolderStore, MappedNetwork, Network, Outside, ProxiedNetwork,
};
use mtaspec_engine::settings::{Settings, number_in_force};
use mtaspec_engine::{Engine, Options, Running, Service, StartError};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::address_map;
use crate::engine_settings::taken;
use crate::output::{complain, say_line};
use crate::runtime::runtime;
use crate::signals::{Wish, Wishes};
use crate::trouble::Trouble;

/// How long what is under way has to end when the relay is asked to end.
const END_LIMIT: Duration = Duration::from_secs(30);

/// How often a folder of saved settings is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a relay is started with.
#[derive(Debug, Args)]
pub(super) struct Work {
    /// Settings: who it is, its rules, routes and trust. A file, which SIGHUP reads again, or a folder of saved settings,
    /// which are taken up as they come into force
    #[arg(long, value_name = "FILE|DIR")]
    settings: PathBuf,
    /// Folder of the queue; made if it is not there
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Where it takes mail, once for each place: [SERVICE=]ADDR:PORT with SERVICE injection, mx, submission or
    /// submissions; port 0 takes a free one [default: injection=127.0.0.1:0]
    #[arg(long, value_name = "[SERVICE=]ADDR:PORT")]
    listen: Vec<Place>,
    /// Also listen at addresses beyond this machine; whoever reaches `injection` may send through it
    #[arg(long)]
    beyond_loopback: bool,
    /// Resolvers, instead of those of the settings
    #[arg(long, value_name = "ADDR:PORT")]
    resolver: Vec<SocketAddr>,
    /// TOML or JSON table of logical addresses and the loopback addresses behind them; all others are refused
    #[arg(long, value_name = "FILE", conflicts_with = "socks5")]
    address_map: Option<PathBuf>,
    /// Connect through this SOCKS5 proxy
    #[arg(long, value_name = "ADDR:PORT")]
    socks5: Option<SocketAddr>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A place where mail is taken.
#[derive(Debug, Clone, Copy)]
struct Place(Service, SocketAddr);

const SERVICES: [(&str, Service); 4] = [
    ("injection", Service::Injection),
    ("mx", Service::Mx),
    ("submission", Service::Submission),
    ("submissions", Service::Submissions),
];

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, address) = text.split_once('=').unwrap_or(("injection", text));
        let known = SERVICES.iter().find(|(word, _)| *word == service);
        let Some((_, service)) = known else {
            let words = SERVICES.map(|(word, _)| word).join(", ");
            return Err(format!("{service:?} is no service; any of {words}"));
        };
        let address = address
            .parse()
            .map_err(|_| format!("{address:?} is no address with a port, as in 127.0.0.1:2525"))?;
        Ok(Self(*service, address))
    }
}

impl Work {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        self.check_places()?;
        let settings = self.read_settings()?;
        let outside = self.outside()?;
        log_to_stderr();
        let runtime = runtime()?;
        let ended = runtime.block_on(self.work(settings, outside));
        // What the disk has not yet taken is taken; who still waits for the network does not hold up the end.
        runtime.shutdown_timeout(Duration::from_secs(1));
        ended
    }

    fn check_places(&self) -> Result<(), Trouble> {
        let beyond = self
            .listen
            .iter()
            .find(|Place(_, at)| !at.ip().is_loopback());
        match beyond {
            Some(Place(_, at)) if !self.beyond_loopback => Err(Trouble::usage(format!(
                "{at} can be reached from beyond this machine; if that is meant, say --beyond-loopback"
            ))),
            _ => Ok(()),
        }
    }

    fn read_settings(&self) -> Result<Settings, Trouble> {
        let mut settings = taken(&self.settings)?.settings().clone();
        if !self.resolver.is_empty() {
            settings.resolvers.clone_from(&self.resolver);
        }
        Ok(settings)
    }

    fn outside(&self) -> Result<Outside, Trouble> {
        let mut outside = Outside::system();
        if let Some(path) = &self.address_map {
            let network = MappedNetwork::new(address_map::read(path)?);
            outside.network = Arc::new(network) as Arc<dyn Network>;
        }
        if let Some(proxy) = self.socks5 {
            outside.network = Arc::new(ProxiedNetwork::new(proxy));
        }
        let store = FolderStore::open(&self.store).map_err(|error| match error {
            FolderError::InUse(_) | FolderError::Disk { .. } => Trouble::run(error),
            other => Trouble::usage(other),
        })?;
        outside.store = Arc::new(store);
        Ok(outside)
    }

    async fn work(&self, settings: Settings, outside: Outside) -> Result<ExitCode, Trouble> {
        let mut wishes = Wishes::listen();
        let mut number = self.number_in_force();
        let listen = if self.listen.is_empty() {
            vec![(Service::Injection, (Ipv4Addr::LOCALHOST, 0).into())]
        } else {
            self.listen
                .iter()
                .map(|Place(service, at)| (*service, *at))
                .collect()
        };
        let options = Options {
            listen,
            // Keyed by chance of the system, which nobody sees.
            seed: RandomState::new().build_hasher().finish(),
            ..Options::default()
        };
        let engine = Engine::start(settings, outside, options)
            .await
            .map_err(not_started)?;
        self.tell_ready(&engine);
        loop {
            let wish = tokio::select! {
                wish = wishes.next() => wish,
                () = self.overtaken(number) => Wish::Reload,
            };
            match wish {
                Wish::End => break,
                Wish::Reload => {
                    // Those that cannot be used are told once.
                    number = self.number_in_force();
                    self.reload(&engine);
                }
                Wish::Retry => {
                    engine.retry_now().await;
                    let count = engine.queue().len();
                    self.tell(
                        json!({"retrying": count}),
                        &format!("everything that waits is due now: {count}"),
                    );
                }
            }
        }
        let left = engine.queue().len();
        self.tell_traffic(&engine);
        let in_order = engine.finish(END_LIMIT).await;
        self.tell(
            json!({"ended": true, "in_order": in_order}),
            if in_order {
                "ended"
            } else {
                "ended; what was still under way is tried again at the next start"
            },
        );
        tracing::info!(left, in_order, "ended");
        Ok(ExitCode::SUCCESS)
    }

    /// Of saved settings; a file has no number.
    fn number_in_force(&self) -> Option<u64> {
        number_in_force(&self.settings, SystemTime::now()).ok()?
    }

    /// Ends when others than these are in force in the folder of saved settings.
    async fn overtaken(&self, number: Option<u64>) {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let now = self.number_in_force();
            if now.is_some() && now != number {
                break;
            }
        }
    }

    /// Settings that cannot be used leave the old ones in force.
    fn reload(&self, engine: &Running) {
        let applied = self
            .read_settings()
            .and_then(|settings| engine.set_settings(settings).map_err(not_started));
        match applied {
            Ok(()) => self.tell(json!({"reloaded": true}), "the settings were read again"),
            Err(trouble) => {
                complain(&trouble.to_string());
                self.tell(
                    json!({"reloaded": false, "reason": trouble.to_string()}),
                    "the settings stay as they were",
                );
            }
        }
    }

    fn tell_ready(&self, engine: &Running) {
        let word = |service: Service| {
            let known = SERVICES.iter().find(|(_, known)| *known == service);
            known.map_or("", |(word, _)| *word)
        };
        let places = engine.addresses();
        let listed: Vec<Value> = places
            .iter()
            .map(|(service, at)| json!({"service": word(*service), "address": at.to_string()}))
            .collect();
        let told: Vec<String> = places
            .iter()
            .map(|(service, at)| format!("{} {at}", word(*service)))
            .collect();
        self.tell(
            json!({"version": 1, "ready": true, "listen": listed}),
            &format!("ready: {}; stop with Ctrl-C", told.join(", ")),
        );
    }

    /// How much mail came and went, in what TLS and in plaintext.
    fn tell_traffic(&self, engine: &Running) {
        for count in engine.traffic() {
            let object = json!({"traffic": {
                "direction": count.direction.to_string(),
                "version": count.tls.map(|tls| tls.version.to_string()),
                "cipher": count.tls.map(|tls| tls.cipher),
                "messages": count.messages,
            }});
            self.tell(object, &count.to_string());
        }
    }

    fn tell(&self, object: Value, line: &str) {
        if self.json {
            say_line(&object.to_string());
        } else {
            say_line(line);
        }
    }
}

/// What is wrong with settings is a bad file; all else keeps the relay from starting.
fn not_started(error: StartError) -> Trouble {
    let told = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    match error {
        StartError::Listen { .. } | StartError::Store(_) => Trouble::run(told),
        _ => Trouble::usage(told),
    }
}

/// Which mail used TLS, of which version and with which cipher, and what became of each message. `RUST_LOG` chooses.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A subscriber that is there already is the one that was wanted.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}
