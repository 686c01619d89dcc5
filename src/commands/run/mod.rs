//! `mtaspec run`: the main job.

mod begin;
mod proof;
mod ran;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, ValueEnum};
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::internet::{Internet, Options};
use mtaspec_harness::plan::{Order, PlanOptions, Shard, is_in_build};
use mtaspec_harness::runner::{Player, Stop, play_all, play_at_once, twins_beside, with_causes};
use mtaspec_harness::subject::RelayOfRun;
use mtaspec_judge::report::{self, RunReport};
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::{CaseResult, JudgeOptions, RowProfile, Verdict};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::begin::{begin, time_of_cases};
use self::proof::{Proof, judgeable};
use self::ran::{Listener, Ran, reasons};
use super::known_failures::KnownFailures;
use super::report_file::{self, ReportFile, unwritable};
use crate::output::{complain, say, say_line};
use crate::progress::{Progress, colour};
use crate::running_relay::RunningRelay;
use crate::selection::{Selection, SuiteFolder};
use crate::signals::interrupted;
use crate::subjects::{SubjectWord, Tested};
use crate::trouble::Trouble;
use crate::whereabouts::Whereabouts;

/// Run cases and say what is right and wrong
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Ids, globs such as `tls-versions/**`, or files and folders of your own [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Who is tested: `engine`, built in; `relay`, the same as a process for each case; or a relay by the name or folder of its
    /// profile, as `postfix`
    #[arg(long, value_name = "NAME|DIR", default_value = "engine")]
    subject: SubjectWord,
    /// This program is inside the namespaces already
    #[arg(long, hide = true)]
    inside: bool,
    /// Count the rows of one set alone
    #[arg(long, value_enum)]
    profile: Option<ProfileWord>,
    /// Run one of several equal parts, as 1/4
    #[arg(long, value_name = "PART")]
    shard: Option<Shard>,
    /// Begin the cases of the built-in engine at this time, as 2026-11-22T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time_of_cases)]
    at: Option<SystemTime>,
    /// How many cases run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Write a report; may be given again
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<ReportFile>,
    /// Keep what was seen, one file a case
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Stop at the first case that fails
    #[arg(long)]
    fail_fast: bool,
    /// A missed should fails
    #[arg(long)]
    strict: bool,
    /// Tell how long the slowest cases took
    #[arg(long)]
    timing: bool,
    #[command(flatten)]
    running: RunningRelay,
    #[command(flatten)]
    whereabouts: Whereabouts,
    #[command(flatten)]
    known: KnownFailures,
    #[command(flatten)]
    suite: SuiteFolder,
}

/// A set of rows.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProfileWord {
    /// All rows but the documented ones
    Rfc,
    /// The documented ones
    Google,
}

impl From<ProfileWord> for RowProfile {
    fn from(word: ProfileWord) -> Self {
        match word {
            ProfileWord::Rfc => Self::Rfc,
            ProfileWord::Google => Self::Google,
        }
    }
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "write a number from 1 on".to_owned())
}

fn skipped(order: &Order) -> Vec<CaseResult> {
    let skipped = order.skipped.iter();
    skipped
        .map(|skipped| CaseResult::skipped(&skipped.case, &skipped.why.to_string()))
        .collect()
}

/// Gives every case, twins behind them, the addresses that `config` gives it, whichever are played. What cannot be planned is
/// told when it is played.
fn plan_as_told(player: &mut Player, selection: &Selection) {
    let twins = twins_beside(&selection.cases, &selection.known);
    for case in selection.cases.iter().chain(&twins) {
        if is_in_build(case, legacy_suites())
            && let Ok(planned) = player.plan(case)
        {
            player.planned.insert(case.id.clone(), planned);
        }
    }
}

/// What a relay has said, beside its recordings.
const RELAY_LOG: &str = "relay.log";

impl Run {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let selection = self.suite.select(&self.patterns)?;
        let tested = match (
            self.running.subject(&self.whereabouts)?,
            self.subject.external()?,
        ) {
            (Some(relay), _) => Tested::Anew(relay),
            (None, _) if self.whereabouts.is_said() => {
                return Err(Trouble::usage(
                    "where the fake Internet stands matters to a relay that runs already; add --relay HOST:PORT",
                ));
            }
            (None, None) => self.subject.made_anew()?,
            (None, Some(external)) if self.inside => Tested::Relay(external.relay()?),
            (None, Some(external)) => return external.run_inside(self.folders_written_to()?),
        };
        let subject = tested.subject();
        let cases = self.of_profile(&selection.cases);
        let order = Order::of(
            cases.iter().cloned(),
            &subject.capabilities(),
            legacy_suites(),
            self.shard,
        );
        if cases.is_empty() || (order.run.is_empty() && order.skipped.is_empty()) {
            return Err(Trouble::usage(
                "nothing is left to run; take away --profile or --shard, or widen the pattern",
            ));
        }
        let reports = report_file::open(&self.report)?;
        self.prepare_records()?;
        let options = self.judge_options(&tested)?;
        let mut ran = self.play(&selection, &order, &tested, &options)?;
        let results = ran.in_order_of(&cases);
        self.tell(&ran, &results, &selection);
        let report = self.report_of(&ran, &results);
        for (path, file) in reports {
            report_file::write(&path, file, &report)?;
        }
        let is_whole = self.patterns.is_empty();
        let as_listed = self
            .known
            .tell(&options.known_failures, &results, &selection, is_whole);
        self.known
            .write(&options.known_failures, &results, &selection)?;
        Ok(ran.exit_code(&results, as_listed))
    }

    /// Cases that have a table of the profile.
    fn of_profile(&self, cases: &[Arc<Case>]) -> Vec<Arc<Case>> {
        let Some(profile) = self.profile.map(RowProfile::from) else {
            return cases.to_vec();
        };
        let has_table = |case: &&Arc<Case>| {
            let mut tables = case.steps.iter().flat_map(|step| &step.expect);
            tables.any(|table| profile.has(table.level))
        };
        cases.iter().filter(has_table).cloned().collect()
    }

    fn prepare_records(&self) -> Result<(), Trouble> {
        match &self.record {
            None => Ok(()),
            Some(folder) => std::fs::create_dir_all(folder)
                .map_err(|error| unwritable("folder for recordings", folder, &error)),
        }
    }

    fn play(
        &self,
        selection: &Selection,
        order: &Order,
        tested: &Tested,
        options: &JudgeOptions,
    ) -> Result<Ran, Trouble> {
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| Trouble::run(format!("no runtime: {error}")))?;
        let now = begin(self.at, tested.subject().as_ref())?;
        let (internet_options, plan) = self.internet(now, tested)?;
        let internet = runtime
            .block_on(Internet::start(internet_options))
            .map_err(|error| Trouble::run(with_causes(&error)))?;
        let stop = Stop::default();
        let interrupted = interrupted(&runtime, &stop);
        let mut player = Player {
            plan,
            ..Player::new(internet, tested.subject(), now)
        };
        if self.whereabouts.is_said() {
            plan_as_told(&mut player, selection);
        }
        let (mut run, mut skipped) = (order.run.clone(), skipped(order));
        let mut proof = None;
        if let Tested::Relay(relay) = tested {
            let (judgeable, silent) = judgeable(relay, &run);
            (run, skipped) = (judgeable, [skipped, silent].concat());
            let begun = Proof::begin(&mut player, relay, &run, &selection.known, &stop);
            proof = Some((relay, self.with_log(relay, begun)?));
        }
        let progress = Progress::new(run.len() + skipped.len());
        let mut ran = Ran {
            subject: tested.subject().told(),
            judged: Vec::new(),
            skipped,
            began: now,
            lasted: Duration::ZERO,
            interrupted: false,
            unwritten: Vec::new(),
        };
        ran.skipped.iter().for_each(|result| progress.done(result));
        let mut listener = Listener {
            ran: &mut ran,
            progress: &progress,
            options,
            record: self.record.as_deref(),
            at_failure: self.fail_fast.then_some(&stop),
        };
        let known = &selection.known;
        match proof {
            None => {
                let played = |evidence| listener.judged(evidence);
                play_all(&player, &run, known, self.jobs(), &stop, played);
            }
            Some((relay, mut proof)) => {
                let (run, known) = (proof.before(&run), proof.before(known));
                let played = play_at_once(&player, relay, &run, &known, &stop, |played| {
                    for evidence in proof.sift(played) {
                        match proof.lacks(&evidence.recording.case) {
                            None => listener.judged(evidence),
                            Some(why) => listener.skipped(&evidence, &why),
                        }
                    }
                });
                let named = |error| Trouble::run(format!("{}: {error}", relay.profile().name));
                self.with_log(relay, played.map_err(named))?;
            }
        }
        progress.end();
        ran.interrupted = interrupted.is_wanted();
        ran.lasted = began.elapsed();
        // Fakes that still hold a connection open must not hold up the end.
        runtime.shutdown_background();
        Ok(ran)
    }

    /// Above all where something went wrong it is wanted what the relay said.
    fn with_log<T>(&self, relay: &RelayOfRun, done: Result<T, Trouble>) -> Result<T, Trouble> {
        let kept = self.keep_log(relay);
        let done = done?;
        kept.map(|()| done)
    }

    /// What the relay has said stands beside its recordings.
    fn keep_log(&self, relay: &RelayOfRun) -> Result<(), Trouble> {
        let Some(folder) = &self.record else {
            return Ok(());
        };
        let file = folder.join(RELAY_LOG);
        relay
            .write_log(&file)
            .map_err(|error| unwritable("log of the relay", &file, &error))
    }

    fn judge_options(&self, tested: &Tested) -> Result<JudgeOptions, Trouble> {
        let mut known_failures = tested.known_failures();
        known_failures.extend(self.known.read()?);
        Ok(JudgeOptions {
            profile: self.profile.map(RowProfile::from),
            strict: self.strict,
            known_failures,
        })
    }

    /// The folders in which this run writes what was asked for.
    fn folders_written_to(&self) -> Result<Vec<PathBuf>, Trouble> {
        self.prepare_records()?;
        let files = self.report.iter().map(ReportFile::path);
        let folders = files.chain(self.known.written()).map(|file| {
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            folder.unwrap_or(Path::new("."))
        });
        folders
            .chain(self.record.as_deref())
            .map(|folder| {
                std::fs::canonicalize(folder).map_err(|error| unwritable("folder", folder, &error))
            })
            .collect()
    }

    fn report_of(&self, ran: &Ran, results: &[CaseResult]) -> RunReport {
        RunReport {
            began: OffsetDateTime::from(ran.began).format(&Rfc3339).ok(),
            milliseconds: u64::try_from(ran.lasted.as_millis()).unwrap_or(u64::MAX),
            rows: self.profile.map(RowProfile::from),
            strict: self.strict,
            ..RunReport::of(results, &ran.subject)
        }
    }

    /// For a subject of our own the Internet stands on loopback, wherever there is room.
    fn internet(
        &self,
        now: SystemTime,
        tested: &Tested,
    ) -> Result<(Options, PlanOptions), Trouble> {
        if self.whereabouts.is_said() {
            return self.whereabouts.options(now);
        }
        let options = Options {
            addresses: tested.addresses(),
            ..Options::at(now)
        };
        Ok((options, PlanOptions::default()))
    }

    fn jobs(&self) -> NonZeroUsize {
        if let (None, Some(at_once)) = (self.jobs, self.running.cases_at_once()) {
            return at_once;
        }
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(processors)
    }

    fn tell(&self, ran: &Ran, results: &[CaseResult], selection: &Selection) {
        // What nobody expected stands last, where it is seen first.
        let (unexpected, expected): (Vec<_>, Vec<_>) =
            (ran.judged.iter()).partition(|(result, _)| result.is_unexpected());
        for (result, recording) in expected.into_iter().chain(unexpected) {
            if !matches!(result.verdict, Verdict::Pass | Verdict::Skip) {
                let detail = report::detail(result, recording, &selection.catalogue, colour());
                say(&format!("\n{detail}"));
            }
        }
        if self.timing {
            let mut slowest: Vec<_> = results.iter().collect();
            slowest.sort_by_key(|result| std::cmp::Reverse(result.milliseconds));
            say_line("\nslowest cases:");
            for result in slowest.into_iter().take(10) {
                say_line(&format!("{:>7} ms  {}", result.milliseconds, result.id));
            }
        }
        say_line("");
        for (reason, count) in reasons(&ran.skipped) {
            say_line(&format!("{count:>4} skipped: {reason}"));
        }
        say_line(&report::summary(results, colour()));
        for failure in &ran.unwritten {
            complain(&format!("mtaspec: {failure}"));
        }
        if ran.interrupted {
            complain("mtaspec: interrupted; what was done by then is told above");
        }
    }
}
