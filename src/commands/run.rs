//! `mtaspec run`: the main job.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufWriter;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, ValueEnum};
use mtaspec::builtin::BuiltIn;
use mtaspec::own_relay::OwnRelay;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::internet::{Internet, Options};
use mtaspec_harness::plan::{Order, PlanOptions, Shard};
use mtaspec_harness::runner::{Evidence, Player, Stop, play_all, with_causes};
use mtaspec_harness::subject::Subject;
use mtaspec_judge::events::{Recording, SubjectName, file_name};
use mtaspec_judge::report::{self, RunReport};
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::{CaseResult, JudgeOptions, RowProfile, Verdict};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::known_failures::KnownFailures;
use super::report_file::{self, ReportFile};
use crate::output::{complain, say, say_line};
use crate::progress::{Progress, colour};
use crate::running_relay::RunningRelay;
use crate::selection::{Selection, SuiteFolder};
use crate::signals::asked_to_stop;
use crate::trouble::Trouble;
use crate::whereabouts::Whereabouts;

/// Run cases and say what is right and wrong
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Ids, globs such as `tls-versions/**`, or files and folders of your own [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Who is tested
    #[arg(long, value_enum, default_value = "engine")]
    subject: SubjectWord,
    /// Count the rows of one set alone
    #[arg(long, value_enum)]
    profile: Option<ProfileWord>,
    /// Run one of several equal parts, as 1/4
    #[arg(long, value_name = "PART")]
    shard: Option<Shard>,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SubjectWord {
    /// The built-in engine, in this process and by a clock of its own
    Engine,
    /// The same as `mtaspec relay`, a process for each case; what needs its clock moved is skipped
    Relay,
}

impl SubjectWord {
    fn subject(self) -> Result<Arc<dyn Subject>, Trouble> {
        match self {
            Self::Engine => Ok(Arc::new(BuiltIn)),
            Self::Relay => {
                let program = std::env::current_exe().map_err(|error| {
                    Trouble::run(format!("this program cannot tell where it is: {error}"))
                })?;
                Ok(Arc::new(OwnRelay::of(program)))
            }
        }
    }
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

impl Run {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let selection = self.suite.select(&self.patterns)?;
        let subject = match self.running.subject(&self.whereabouts)? {
            Some(relay) => relay,
            None if self.whereabouts.is_said() => {
                return Err(Trouble::usage(
                    "where the fake Internet stands matters to a relay that runs already; add --relay HOST:PORT",
                ));
            }
            None => self.subject.subject()?,
        };
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
        let options = self.judge_options()?;
        let mut ran = self.play(&selection, &order, subject, &options)?;
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
                .map_err(|error| report_file::unwritable("folder for recordings", folder, &error)),
        }
    }

    fn play(
        &self,
        selection: &Selection,
        order: &Order,
        subject: Arc<dyn Subject>,
        options: &JudgeOptions,
    ) -> Result<Ran, Trouble> {
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| Trouble::run(format!("no runtime: {error}")))?;
        let now = SystemTime::now();
        let (internet_options, plan) = self.internet(now)?;
        let internet = runtime
            .block_on(Internet::start(internet_options))
            .map_err(|error| Trouble::run(with_causes(&error)))?;
        let stop = Stop::default();
        let (interrupted, on_interrupt) = (Stop::default(), stop.clone());
        let noted = interrupted.clone();
        let asked = {
            let _entered = runtime.enter();
            asked_to_stop()
        };
        runtime.spawn(async move {
            asked.await;
            noted.now();
            on_interrupt.now();
        });
        let progress = Progress::new(order.run.len() + order.skipped.len());
        let mut ran = Ran {
            subject: SubjectName {
                name: subject.name().to_owned(),
                version: subject.version(),
                capabilities: subject.capabilities(),
            },
            judged: Vec::new(),
            skipped: (order.skipped.iter())
                .map(|skipped| CaseResult::skipped(&skipped.case, &skipped.why.to_string()))
                .collect(),
            began: now,
            lasted: Duration::ZERO,
            interrupted: false,
            unwritten: Vec::new(),
        };
        ran.skipped.iter().for_each(|result| progress.done(result));
        let player = Player {
            plan,
            ..Player::new(internet, subject, now)
        };
        play_all(
            &player,
            &order.run,
            &selection.known,
            self.jobs(),
            &stop,
            |evidence| {
                let result = evidence.judge(options);
                progress.done(&result);
                if self.fail_fast && matches!(result.verdict, Verdict::Fail | Verdict::Error) {
                    stop.now();
                }
                if let Some(folder) = &self.record {
                    ran.unwritten.extend(write_recordings(folder, &evidence));
                }
                ran.judged.push((result, evidence.recording));
            },
        );
        progress.end();
        ran.interrupted = interrupted.is_wanted();
        ran.lasted = began.elapsed();
        // Fakes that still hold a connection open must not hold up the end.
        runtime.shutdown_background();
        Ok(ran)
    }

    fn judge_options(&self) -> Result<JudgeOptions, Trouble> {
        Ok(JudgeOptions {
            profile: self.profile.map(RowProfile::from),
            strict: self.strict,
            known_failures: self.known.read()?,
        })
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
    fn internet(&self, now: SystemTime) -> Result<(Options, PlanOptions), Trouble> {
        if self.whereabouts.is_said() {
            self.whereabouts.options(now)
        } else {
            Ok((Options::at(now), PlanOptions::default()))
        }
    }

    fn jobs(&self) -> NonZeroUsize {
        if let (None, Some(at_once)) = (self.jobs, self.running.cases_at_once()) {
            return at_once;
        }
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(processors)
    }

    fn tell(&self, ran: &Ran, results: &[CaseResult], selection: &Selection) {
        for (result, recording) in &ran.judged {
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

/// Why cases were skipped, and how many for each reason.
fn reasons(skipped: &[CaseResult]) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for result in skipped {
        *reasons
            .entry(result.reason.as_deref().unwrap_or_default())
            .or_default() += 1;
    }
    reasons
}

/// What a run brought.
struct Ran {
    subject: SubjectName,
    judged: Vec<(CaseResult, Arc<Recording>)>,
    skipped: Vec<CaseResult>,
    began: SystemTime,
    lasted: Duration,
    interrupted: bool,
    unwritten: Vec<String>,
}

impl Ran {
    /// The results in the order of the cases, whichever ended first.
    fn in_order_of(&mut self, cases: &[Arc<Case>]) -> Vec<CaseResult> {
        let place: HashMap<&str, usize> = cases
            .iter()
            .enumerate()
            .map(|(index, case)| (case.id.as_str(), index))
            .collect();
        self.judged
            .sort_by_key(|(result, _)| place.get(result.id.as_str()).copied());
        let judged = self.judged.iter().map(|(result, _)| result.clone());
        let mut results: Vec<_> = judged.chain(self.skipped.iter().cloned()).collect();
        results.sort_by_key(|result| place.get(result.id.as_str()).copied());
        results
    }

    fn exit_code(&self, results: &[CaseResult], as_listed: bool) -> ExitCode {
        if self.interrupted || !self.unwritten.is_empty() {
            return ExitCode::from(3);
        }
        let code = report::exit_code(results, true);
        ExitCode::from(if as_listed { code } else { code.max(1) })
    }
}

fn write_recordings(folder: &Path, evidence: &Evidence) -> Vec<String> {
    let recordings = std::iter::once(&evidence.recording).chain(&evidence.twins);
    let write = |recording: &Arc<Recording>| {
        let path = folder.join(file_name(&recording.case.id));
        let written = File::create(&path).and_then(|file| recording.write_to(BufWriter::new(file)));
        written.err().map(|error| {
            format!(
                "the recording {} cannot be written: {error}",
                path.display()
            )
        })
    };
    recordings.filter_map(write).collect()
}
