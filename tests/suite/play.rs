//! Plays cases of the suite in this process, as the command does.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use mtaspec::builtin::BuiltIn;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::internet::{Internet, Options};
use mtaspec_harness::plan::Order;
use mtaspec_harness::runner::{Evidence, Player, Stop, play_all};
use mtaspec_harness::subject::Subject;
use mtaspec_judge::scenario::{Case, Catalogue, Suite};
use mtaspec_judge::verdict::{CaseResult, JudgeOptions};
use tokio::runtime::Runtime;

/// The suite as committed.
pub(crate) struct Loaded {
    pub(crate) cases: Vec<Arc<Case>>,
    pub(crate) catalogue: Catalogue,
}

/// All that the engine can play, played once, whichever test asks first.
pub(crate) fn by_the_engine() -> &'static [(CaseResult, Evidence)] {
    static PLAYED: LazyLock<Vec<(CaseResult, Evidence)>> = LazyLock::new(|| {
        let suite = Loaded::suite();
        let order = suite.order(&BuiltIn);
        suite.play(Arc::new(BuiltIn), &order.run, 2)
    });
    &PLAYED
}

/// The fake Internet, and what it lives on.
pub(crate) fn internet_at(now: SystemTime) -> (Runtime, Internet) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let internet = runtime.block_on(Internet::start(Options::at(now))).unwrap();
    (runtime, internet)
}

impl Loaded {
    pub(crate) fn suite() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let catalogue = Catalogue::load(&root.join("requirements.toml")).unwrap();
        let (suite, problems) = Suite::load(&[root], Some(&catalogue));
        assert!(problems.is_empty(), "{problems}");
        Self {
            cases: suite.cases.into_iter().map(Arc::new).collect(),
            catalogue,
        }
    }

    /// What this subject can play, in the order of the files; and the ids of the rest with the reason.
    pub(crate) fn order(&self, subject: &dyn Subject) -> Order {
        Order::of(
            self.cases.iter().cloned(),
            &subject.capabilities(),
            legacy_suites(),
            None,
        )
    }

    /// The cases whose ids begin so.
    pub(crate) fn family(&self, beginning: &str) -> Vec<Arc<Case>> {
        let of_family = |case: &&Arc<Case>| case.id.starts_with(beginning);
        self.cases.iter().filter(of_family).cloned().collect()
    }

    /// Plays these cases against a subject, so many at once; results in the order of the cases.
    pub(crate) fn play(
        &self,
        subject: Arc<dyn Subject>,
        cases: &[Arc<Case>],
        jobs: usize,
    ) -> Vec<(CaseResult, Evidence)> {
        let now = SystemTime::now();
        let (_runtime, internet) = internet_at(now);
        let player = Player::new(internet, subject, now);
        let mut played = Vec::new();
        let jobs = NonZeroUsize::new(jobs).unwrap();
        play_all(
            &player,
            cases,
            &self.cases,
            jobs,
            &Stop::default(),
            |evidence| {
                played.push((evidence.judge(&JudgeOptions::default()), evidence));
            },
        );
        played.sort_by_key(|(_, evidence)| evidence.index);
        played
    }
}
