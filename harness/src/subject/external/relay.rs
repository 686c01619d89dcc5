//! The relay of a run: what it is, and what it is doing at this moment.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;

use super::at_case::{AtCase, Pace};
use super::keeper::Errands;
use super::relay_process::Log;
use super::run_state::RunState;
use super::started::Started;
use super::tables::{CaseTables, ToldCase};
use crate::plan::PlannedCase;
use crate::subject::contract::{Briefing, Instructions, Running, Subject, SubjectError};
use crate::subject::injection_command::InjectionCommand;
use crate::subject::profile::{CommandError, Data, InjectBy, Profile, Verb, write};
use crate::subject::silence::Patience;
use crate::subject::way_in::{Injection, Limits, Means, WayIn};

/// Whatever is in the queue so long after it was handed over has been tried. Where a profile says how long a message may
/// stay there, it is half of that: a relay with much to do comes late to the first attempt.
const TRIED: Duration = Duration::from_secs(2);

/// How the relay is reached and told: its profile, and what its templates see.
#[derive(Clone)]
pub(super) struct Ways {
    pub(super) profile: Arc<Profile>,
    told: Arc<Mutex<Told>>,
}

/// What the relay is told.
struct Told {
    /// Without what cases add.
    bare: Data,
    /// By label: the case, and what it tells now.
    cases: BTreeMap<String, (ToldCase, CaseTables)>,
}

impl Told {
    fn data(&self) -> Data {
        let mut data = self.bare.clone();
        for (_, tables) in self.cases.values() {
            tables.add_to(&mut data);
        }
        data
    }
}

impl Ways {
    /// The command that does something; none: the profile has none.
    pub(super) fn command(
        &self,
        verb: Verb<'_>,
    ) -> Result<Option<std::process::Command>, SubjectError> {
        // Commands depend on folders and names, and on nothing that cases add.
        let command = self.profile.command(verb, &self.told().bare);
        command.map_err(|error: CommandError| SubjectError::Start(error.to_string()))
    }

    /// It is to be told something else of a case, when its files are written next.
    pub(super) fn change(&self, label: &str, instructions: &Instructions) {
        let mut told = self.told();
        if let Some((case, tables)) = told.cases.get_mut(label) {
            let Instructions {
                rules,
                routes,
                settings,
                ..
            } = instructions;
            *tables = case.tables(rules, routes, settings);
        }
    }

    /// Writes its files.
    pub(super) fn write(&self) -> Result<(), SubjectError> {
        let data = self.told().data();
        let cannot = |error: &dyn std::error::Error| SubjectError::Start(error.to_string());
        let files = self.profile.render(&data).map_err(|error| cannot(&error))?;
        write(&files).map_err(|error| cannot(&error))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }
}

/// A relay that serves all cases of a run.
pub struct RelayOfRun {
    ways: Ways,
    version: String,
    injection: SocketAddr,
    way_in: WayIn,
    log: Log,
    duty: Mutex<Option<OnDuty>>,
    /// Between two shifts: what was not stopped behind the first.
    stayed: Mutex<Option<Started>>,
}

#[derive(Clone)]
struct OnDuty {
    state: Arc<RunState>,
    errands: Errands,
}

impl RelayOfRun {
    /// The relay of a profile, with what its templates see of itself. The version command is run.
    ///
    /// # Errors
    /// When the version cannot be had: the program is not there, or says something else.
    pub fn new(profile: Profile, bare: Data) -> Result<Self, SubjectError> {
        let version = version(&profile, &bare)?;
        let injection = SocketAddr::new(bare.listen, bare.port);
        Ok(Self {
            way_in: way_in(&profile, &bare, injection)?,
            injection,
            ways: Ways {
                profile: Arc::new(profile),
                told: Arc::new(Mutex::new(Told {
                    bare,
                    cases: BTreeMap::new(),
                })),
            },
            version,
            log: Log::default(),
            duty: Mutex::default(),
            stayed: Mutex::default(),
        })
    }

    /// Its profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.ways.profile
    }

    /// Adds a case to what the relay is told when it is started.
    pub fn add(&self, planned: &PlannedCase) {
        let case = ToldCase::of(planned);
        let tables = case.at_first();
        let label = planned.label().as_str().to_owned();
        self.ways.told().cases.insert(label, (case, tables));
    }

    /// Stops it, if it stayed when the last shift ended.
    pub fn dismiss(&self) {
        let stayed = lock(&self.stayed).take();
        drop(stayed);
    }

    /// What it has said last, each line begun on a line of its own.
    #[must_use]
    pub fn last_said(&self) -> String {
        self.log.last_lines()
    }

    /// Writes all that it has said to a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_log(&self, file: &Path) -> std::io::Result<()> {
        self.log.write_to(file)
    }

    /// Puts it to work for the cases with these labels, until nothing has happened for so long behind the last of them. It is
    /// started, unless it stayed when the shift before ended, and lives.
    ///
    /// # Errors
    /// When it does not start and greet.
    pub fn begin(
        &self,
        labels: BTreeSet<String>,
        quiet: Duration,
    ) -> Result<Shift<'_>, SubjectError> {
        let stayed = lock(&self.stayed).take();
        let mut started = match stayed.and_then(Started::alive) {
            Some(started) => started,
            None => Started::new(self.ways.clone(), self.log.clone(), self.injection)?,
        };
        let state = Arc::new(RunState::new(labels));
        let (errands, ordered) = Errands::new();
        let of_keeper = Arc::clone(&state);
        let keep = move || {
            started.keep(of_keeper, ordered, quiet);
            started
        };
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(keep)
            .map_err(|error| SubjectError::Start(error.to_string()))?;
        *lock(&self.duty) = Some(OnDuty {
            state: Arc::clone(&state),
            errands,
        });
        Ok(Shift {
            relay: self,
            state,
            thread: Some(thread),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections are not kept for a next message: those who hand messages over have nothing in common but the relay.
fn way_in(profile: &Profile, bare: &Data, injection: SocketAddr) -> Result<WayIn, SubjectError> {
    let means = match &profile.inject.by {
        InjectBy::Port(_) => Means::Smtp(Injection {
            address: injection,
            starttls: false,
            login: None,
        }),
        InjectBy::Command(_) => Means::Command(injection_command(profile, bare)?),
    };
    let at_once = NonZeroUsize::new(profile.inject.connections).unwrap_or(NonZeroUsize::MIN);
    let limits = Limits {
        at_once,
        ..Limits::NONE
    };
    Ok(WayIn::new(means, limits))
}

/// The command of the profile, with a word each that stands for the sender and for the recipients.
fn injection_command(profile: &Profile, bare: &Data) -> Result<InjectionCommand, SubjectError> {
    let cannot = |why: String| SubjectError::Start(why);
    let verb = Verb::Inject {
        sender: InjectionCommand::SENDER,
        recipients: &[InjectionCommand::RECIPIENTS.to_owned()],
    };
    let command = profile
        .command(verb, bare)
        .map_err(|error| cannot(error.to_string()))?;
    let command = command.ok_or_else(|| cannot("its profile hands over nothing".to_owned()))?;
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    InjectionCommand::new(words).map_err(|error| cannot(error.to_string()))
}

fn version(profile: &Profile, bare: &Data) -> Result<String, SubjectError> {
    let start = |why: String| SubjectError::Start(why);
    let command = profile.command(Verb::Version, bare);
    let mut command = (command.map_err(|error| start(error.to_string()))?)
        .ok_or_else(|| start("its profile has no version command".to_owned()))?;
    let output = command.output().map_err(|error| start(error.to_string()))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    profile
        .read_version(&said)
        .ok_or_else(|| start(format!("its version is not in {:?}", said.trim())))
}

/// The relay at work for some cases.
pub struct Shift<'r> {
    relay: &'r RelayOfRun,
    state: Arc<RunState>,
    thread: Option<JoinHandle<Started>>,
}

impl Shift<'_> {
    /// The case with this label is over, in whatever way.
    pub fn leave(&self, label: &str) {
        self.state.leave(label);
    }

    /// Waits until all cases have left and all is quiet, and stops the relay.
    pub fn end(mut self) {
        self.finish();
    }

    /// Waits until all cases have left and all is quiet, and leaves the relay at work for the next shift.
    pub fn stay(mut self) {
        *lock(&self.relay.stayed) = self.finish();
    }

    fn finish(&mut self) -> Option<Started> {
        self.state.leave_all();
        // A keeper that panicked has told so by itself.
        let started = self.thread.take()?.join().ok();
        *lock(&self.relay.duty) = None;
        started
    }
}

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

#[async_trait]
impl Subject for RelayOfRun {
    fn name(&self) -> &str {
        &self.ways.profile.name
    }

    fn version(&self) -> String {
        self.version.clone()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        self.ways.profile.capabilities.clone()
    }

    fn keeps_real_time(&self) -> bool {
        true
    }

    fn gives_up_after(&self) -> Option<Duration> {
        self.ways.profile.times.lifetime
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        let duty = lock(&self.duty).clone();
        let OnDuty { state, errands } =
            duty.ok_or_else(|| SubjectError::Start("the relay does not run".to_owned()))?;
        state.begin(&briefing.recorder);
        let receives = self.ways.profile.capabilities.contains("inbound");
        Ok(Box::new(AtCase {
            state,
            errands,
            pace: Pace {
                kept_after: (self.gives_up_after())
                    .map_or(TRIED, |lifetime| TRIED.max(lifetime / 2)),
                patience: Patience {
                    quiet: self.ways.profile.times.quiet,
                    longest: self.ways.profile.times.longest,
                },
            },
            shows_queue: self.ways.profile.queue.is_some(),
            can_remove: self.ways.profile.remove.is_some(),
            label: briefing.label.clone(),
            injection: self.injection,
            way_in: self.way_in.clone(),
            receiver: receives.then_some(SocketAddr::new(
                self.injection.ip(),
                self.ways.profile.inbound_port,
            )),
            briefing,
            kept: BTreeSet::new(),
            has_ended: false,
        }))
    }
}

/// The folder of a relay in the scratch of its namespace.
#[must_use]
pub fn relay_folder(scratch: &Path, name: &str) -> PathBuf {
    scratch.join("mtaspec").join(name)
}
