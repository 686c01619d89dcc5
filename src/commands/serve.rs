//! `mtaspec serve`: keeps the fake Internet up and tells who is where.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::{CaseWorld, HostUp, Internet, Options};
use mtaspec_harness::plan::{AddressMode, PlanOptions, PlannedCase};
use mtaspec_harness::recorder::Recorder;
use mtaspec_judge::scenario::{Case, StartTls, TlsVersion};
use serde_json::{Value, json};

use crate::output::{complain, say_line};
use crate::selection::SuiteFolder;
use crate::trouble::{Trouble, chain};

/// Keep the fake Internet up and tell who is where
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Ids, globs, or files and folders of your own [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Where the fakes listen
    #[arg(long, value_enum, default_value = "free")]
    ports: Ports,
    /// Where the addresses come from, with real ports: a part of 127.0.0.0/8 [default: 127.64.0.0/10]
    #[arg(long, value_name = "PREFIX")]
    pool: Option<Pool>,
    #[command(flatten)]
    suite: SuiteFolder,
}

/// `127.96.0.0/11`.
#[derive(Debug, Clone, Copy)]
struct Pool {
    first: Ipv4Addr,
    length: u8,
}

impl FromStr for Pool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(first, length)| {
            let pool = Self {
                first: first.parse().ok()?,
                length: length.parse().ok()?,
            };
            (pool.first.is_loopback() && (8..=30).contains(&pool.length)).then_some(pool)
        });
        parsed.ok_or_else(|| "write a part of 127.0.0.0/8, as 127.96.0.0/11".to_owned())
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ports {
    /// 127.0.0.1, on ports that happen to be free
    Free,
    /// 25 and 53, on addresses of 127.64.0.0/10
    Real,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let selection = self.suite.select(&self.patterns)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Trouble::run(format!("no runtime: {error}")))?;
        runtime.block_on(self.serve(&selection.cases))
    }

    async fn serve(&self, cases: &[Arc<Case>]) -> Result<ExitCode, Trouble> {
        let now = SystemTime::now();
        let options = Options {
            addresses: match (self.ports, self.pool) {
                (Ports::Free, None) => AddressMode::Mapped,
                (Ports::Free, Some(_)) => {
                    return Err(Trouble::usage("a pool is for real ports; add --ports real"));
                }
                (Ports::Real, None) => AddressMode::LOOPBACK_POOL,
                (Ports::Real, Some(Pool { first, length })) => AddressMode::Real {
                    pool: first,
                    length,
                },
            },
            ..Options::at(now)
        };
        let internet = Internet::start(options)
            .await
            .map_err(|error| Trouble::run(chain(&error)))?;
        let mut worlds = Vec::new();
        for case in cases {
            if case.needs_legacy_tls && !cfg!(feature = "legacy-tls") {
                complain(&format!(
                    "mtaspec: {} is left out: not in this build",
                    case.id
                ));
                continue;
            }
            match bring_up(&internet, case, now).await {
                Ok(world) => worlds.push((Arc::clone(case), world)),
                Err(reason) => complain(&format!("mtaspec: {} is left out: {reason}", case.id)),
            }
        }
        if worlds.is_empty() {
            return Err(Trouble::run("no world is up"));
        }
        let root = RootFile::write(&internet.authorities().root_pem())?;
        for (case, world) in &worlds {
            for host in world.hosts() {
                self.tell_host(&case.id, &host);
            }
        }
        self.tell_ready(&internet, &root);
        until_asked_to_stop().await;
        for (_, world) in worlds {
            world.end().await;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn tell_host(&self, scenario: &str, host: &HostUp) {
        let starttls = match host.starttls {
            StartTls::Offered => "offered",
            StartTls::Absent => "absent",
            StartTls::Hidden => "hidden",
        };
        let tls: Vec<Value> = host.tls.iter().map(version).collect();
        if self.json {
            let object = json!({
                "scenario": scenario,
                "role": host.role.as_str(),
                "name": host.name,
                "address": host.real.ip().to_string(),
                "port": host.real.port(),
                "certificate": host.certificate,
                "starttls": starttls,
                "tls": tls,
            });
            return say_line(&object.to_string());
        }
        let versions: Vec<&str> = tls.iter().filter_map(Value::as_str).collect();
        say_line(&format!(
            "{:<21} {:<4} {}  certificate {}, STARTTLS {starttls}, TLS {}  {scenario}",
            host.real.to_string(),
            host.role.as_str(),
            host.name,
            host.certificate,
            if versions.is_empty() {
                "scripted".to_owned()
            } else {
                versions.join(" ")
            },
        ));
    }

    fn tell_ready(&self, internet: &Internet, root: &RootFile) {
        let (resolver, validating) = (internet.resolver(), internet.validating_resolver());
        if self.json {
            let object = json!({
                "ready": true,
                "resolver": resolver.to_string(),
                "validating_resolver": validating.to_string(),
                "trust_root": root.0,
            });
            return say_line(&object.to_string());
        }
        say_line(&format!("resolver {resolver}, validating {validating}"));
        say_line(&format!("trust root {}", root.0.display()));
        say_line("ready; stop with Ctrl-C");
    }
}

fn version(version: &TlsVersion) -> Value {
    serde_json::to_value(version).unwrap_or_default()
}

async fn bring_up(
    internet: &Internet,
    case: &Arc<Case>,
    now: SystemTime,
) -> Result<CaseWorld, String> {
    let planned = PlannedCase::new(
        Arc::clone(case),
        &PlanOptions::default(),
        internet.addresses(),
    )
    .map_err(|error| chain(&error))?;
    let clock = CaseClock::real(now);
    let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
    internet
        .add(&planned, &clock, &recorder)
        .await
        .map_err(|error| chain(&error))
}

async fn until_asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without signals there is only the end of the process.
    let _ = tokio::signal::ctrl_c().await;
}

/// The trust root as a file, for programs that want one; it goes when the worlds go.
struct RootFile(PathBuf);

impl RootFile {
    fn write(pem: &str) -> Result<Self, Trouble> {
        let folder = std::env::temp_dir();
        for number in 0..100 {
            let path = folder.join(format!("mtaspec-root-{}-{number}.pem", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let root = Self(path);
                    return match file.write_all(pem.as_bytes()) {
                        Ok(()) => Ok(root),
                        Err(error) => Err(root.unwritable(&error)),
                    };
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Self(path).unwritable(&error)),
            }
        }
        Err(Trouble::run(format!(
            "{} is full of old trust roots; clear it",
            folder.display()
        )))
    }

    fn unwritable(&self, error: &std::io::Error) -> Trouble {
        Trouble::run(format!(
            "{} cannot be written: {error}; set TMPDIR",
            self.0.display()
        ))
    }
}

impl Drop for RootFile {
    fn drop(&mut self) {
        // A file that is gone already is what is wanted.
        let _ = std::fs::remove_file(&self.0);
    }
}
