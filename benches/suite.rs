//! The whole suite against the built-in engine, as the command runs it, and the verdicts of all that it recorded.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::ensure;
use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::internet::{Internet, Options};
use mtaspec_harness::plan::Order;
use mtaspec_harness::runner::{Evidence, Player, Stop, play_all};
use mtaspec_harness::subject::Subject;
use mtaspec_judge::scenario::{Case, Catalogue, Suite};
use mtaspec_judge::verdict::{JudgeOptions, Verdict};
use tokio::runtime::Runtime;

/// The suite and everybody who takes part in it.
struct Bench {
    known: Vec<Arc<Case>>,
    played: Vec<Arc<Case>>,
    /// The fake Internets live in it.
    runtime: Runtime,
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let catalogue = Catalogue::load(&root.join("requirements.toml"))?;
        let (suite, problems) = Suite::load(&[root], Some(&catalogue));
        ensure!(problems.is_empty(), "{problems}");
        let known: Vec<_> = suite.cases.into_iter().map(Arc::new).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let order = Order::of(
            known.iter().cloned(),
            &BuiltIn.capabilities(),
            legacy_suites(),
            None,
        );
        Ok(Self {
            known,
            played: order.run,
            runtime,
        })
    }

    /// Everything that a run needs but the cases. Each run has an Internet of its own, as each command has: addresses
    /// are given out once.
    fn player(&self) -> Player {
        let now = SystemTime::now();
        let internet = self.runtime.block_on(Internet::start(Options::at(now)));
        let internet = internet.expect("two ports of loopback are free");
        Player::new(internet, Arc::new(BuiltIn), now)
    }

    /// Plays and judges every case; no play may fail for a reason of ours.
    fn play(&self, player: &Player, jobs: NonZeroUsize) -> Vec<Evidence> {
        let mut played = Vec::with_capacity(self.played.len());
        let stop = Stop::default();
        play_all(player, &self.played, &self.known, jobs, &stop, |evidence| {
            let result = evidence.judge(&JudgeOptions::default());
            assert_ne!(
                result.verdict,
                Verdict::Error,
                "{}: {:?}",
                result.id,
                result.reason
            );
            played.push(evidence);
        });
        assert_eq!(played.len(), self.played.len(), "every case is played");
        played
    }
}

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let bench = Bench::new()?;
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut group = criterion.benchmark_group("suite");
    group.throughput(Throughput::Elements(bench.played.len() as u64));
    group.sample_size(10);
    group.sampling_mode(SamplingMode::Flat);
    // Few runs: each leaves a thousand ports in TIME_WAIT, and loopback has no more than some thirty thousand.
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(5));
    let mut played = Vec::new();
    group.bench_function("all-processors", |bencher| {
        bencher.iter_batched_ref(
            || bench.player(),
            |player| played = bench.play(player, processors),
            BatchSize::PerIteration,
        );
    });
    let options = JudgeOptions::default();
    group.bench_function("verdicts", |bencher| {
        if played.is_empty() {
            played = bench.play(&bench.player(), processors);
        }
        bencher.iter(|| -> Vec<_> {
            let verdicts = played.iter().map(|evidence| evidence.judge(&options));
            verdicts.collect()
        });
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}
