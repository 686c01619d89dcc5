//! `mtaspec serve`: keeps the fake Internet up and tells who is where.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::internet::{CaseWorld, HostUp, Internet, Role};
use mtaspec_harness::plan::{PlanError, PlanOptions, PlannedCase, is_in_build};
use mtaspec_harness::recorder::Recorder;
use mtaspec_harness::runner::with_causes;
use mtaspec_judge::scenario::{Case, StartTls, TlsVersion};
use serde_json::{Value, json};

use crate::output::{complain, say_line};
use crate::runtime::runtime;
use crate::selection::SuiteFolder;
use crate::signals::asked_to_stop;
use crate::trouble::Trouble;
use crate::whereabouts::Whereabouts;

/// Keep the fake Internet up and tell who is where
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Ids, globs, or files and folders of your own [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whereabouts: Whereabouts,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let selection = self.suite.select(&self.patterns)?;
        let runtime = runtime()?;
        runtime.block_on(self.serve(&selection.cases))
    }

    async fn serve(&self, cases: &[Arc<Case>]) -> Result<ExitCode, Trouble> {
        let now = SystemTime::now();
        let (options, plan_options) = self.whereabouts.options(now)?;
        let internet = Internet::start(options)
            .await
            .map_err(|error| Trouble::run(with_causes(&error)))?;
        let mut worlds = Vec::new();
        for case in cases {
            if !is_in_build(case, legacy_suites()) {
                complain(&format!(
                    "mtaspec: {} is left out: it needs the feature `legacy-tls`, which is not in this build",
                    case.id
                ));
                continue;
            }
            match plan(&internet, case, &plan_options) {
                Ok(planned) => {
                    let world = bring_up(&internet, &planned, now).await?;
                    worlds.push((Arc::clone(case), world));
                }
                Err(error) if error.needs_another_pool() => {
                    complain(&format!("mtaspec: left out: {}", with_causes(&error)));
                }
                Err(error) => return Err(Trouble::run(with_causes(&error))),
            }
        }
        if worlds.is_empty() {
            return Err(Trouble::run("no case is left to serve; choose others"));
        }
        let stop = asked_to_stop();
        let root = RootFile::write(&internet.authorities().root_pem())?;
        for (case, world) in &worlds {
            for host in world.hosts() {
                self.tell_host(&case.id, &host);
            }
        }
        self.tell_ready(&internet, &root, plan_options.token.as_deref());
        stop.await;
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
        let starttls = match host.role {
            Role::Https => String::new(),
            Role::Mx | Role::Home => format!(" STARTTLS {starttls},"),
        };
        say_line(&format!(
            "{:<21} {:<5} {}  certificate {},{starttls} TLS {}  {scenario}",
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

    fn tell_ready(&self, internet: &Internet, root: &RootFile, token: Option<&str>) {
        let (resolver, validating) = (internet.resolver(), internet.validating_resolver());
        if self.json {
            for (name, address) in [("resolver", resolver), ("validating-resolver", validating)] {
                let object = json!({
                    "scenario": null,
                    "role": "dns",
                    "name": name,
                    "address": address.ip().to_string(),
                    "port": address.port(),
                    "certificate": null,
                    "starttls": "absent",
                    "tls": [],
                });
                say_line(&object.to_string());
            }
            let object = json!({
                "version": 1,
                "ready": true,
                "resolver": resolver.to_string(),
                "validating_resolver": validating.to_string(),
                "trust_root": root.0,
                "trust_anchor": internet.trust_anchor().to_string(),
                "token": token,
            });
            return say_line(&object.to_string());
        }
        say_line(&format!("resolver {resolver}, validating {validating}"));
        say_line(&format!("trust root {}", root.0.display()));
        say_line(&format!("trust anchor {}", internet.trust_anchor()));
        if let Some(token) = token {
            say_line(&format!("token {token}"));
        }
        say_line("ready; stop with Ctrl-C");
    }
}

fn version(version: &TlsVersion) -> Value {
    serde_json::to_value(version).unwrap_or_default()
}

fn plan(
    internet: &Internet,
    case: &Arc<Case>,
    options: &PlanOptions,
) -> Result<PlannedCase, PlanError> {
    PlannedCase::new(Arc::clone(case), options, internet.addresses())
}

/// A port that is in use or a right that is missing ends all: it would be the same for the next world.
async fn bring_up(
    internet: &Internet,
    planned: &PlannedCase,
    now: SystemTime,
) -> Result<CaseWorld, Trouble> {
    let clock = CaseClock::real(now);
    let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
    internet
        .add(planned, &clock, &recorder)
        .await
        .map_err(|error| Trouble::run(with_causes(&error)))
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
