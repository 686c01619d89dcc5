//! What a keeper does with a source that counts and fails, and a clock that stands where it is put.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;

use super::keeper::Keeper;
use super::policy::Policy;
use super::record::{PolicyId, RecordFault};
use super::source::{DiscoveryFault, FetchFault, Source};
use super::standing::Standing;
use crate::address::DomainName;
use crate::outside::{BoxFuture, Clock, EntryName, Kind, MemoryStore, Outside, Store};
use crate::route::LookupFault;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A clock that stands where it is put; nobody's deadline ever comes.
#[derive(Clone)]
struct Put(Arc<Mutex<SystemTime>>);

impl Put {
    fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Put {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn sleep_until(&self, _: SystemTime) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}

/// What a domain publishes, and how often its policy was fetched.
struct Publisher {
    id: Mutex<Result<PolicyId, DiscoveryFault>>,
    policy: Mutex<Result<Policy, FetchFault>>,
    fetches: AtomicUsize,
}

impl Source for Publisher {
    async fn id(&self, _: &DomainName) -> Result<PolicyId, DiscoveryFault> {
        tokio::task::yield_now().await;
        self.id.lock().unwrap().clone()
    }

    async fn policy(&self, _: &DomainName) -> Result<Policy, FetchFault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        // Others have every chance to come meanwhile.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.policy.lock().unwrap().clone()
    }
}

fn id(text: &str) -> PolicyId {
    PolicyId::parse(text).unwrap()
}

fn policy(mode: &str) -> Policy {
    let text = format!("version: STSv1\nmode: {mode}\nmx: mx.a.test\nmax_age: 604800\n");
    Policy::parse(text.as_bytes()).unwrap()
}

fn domain() -> DomainName {
    DomainName::parse("a.test").unwrap()
}

/// A publisher, a keeper, and what both live in.
struct Scene {
    publisher: Publisher,
    clock: Put,
    store: MemoryStore,
    keeper: Keeper,
}

impl Scene {
    /// With a policy in enforce mode that has the id `1`.
    fn new() -> Self {
        let clock = Put(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + 20_000 * DAY)));
        let store = MemoryStore::default();
        Self {
            publisher: Publisher {
                id: Mutex::new(Ok(id("1"))),
                policy: Mutex::new(Ok(policy("enforce"))),
                fetches: AtomicUsize::new(0),
            },
            keeper: Keeper::new(&outside(&clock, &store)),
            clock,
            store,
        }
    }

    fn says(&self, id: Result<PolicyId, DiscoveryFault>) {
        *self.publisher.id.lock().unwrap() = id;
    }

    fn serves(&self, policy: Result<Policy, FetchFault>) {
        *self.publisher.policy.lock().unwrap() = policy;
    }

    async fn standing(&self) -> Standing {
        self.keeper.standing(&self.publisher, &domain()).await
    }

    /// The id and mode of the policy that holds.
    async fn holds(&self) -> String {
        match self.standing().await.cached {
            None => "nothing".to_owned(),
            Some(cached) => format!("{} {}", cached.id, cached.policy.mode()),
        }
    }

    fn fetches(&self) -> usize {
        self.publisher.fetches.load(Ordering::SeqCst)
    }

    async fn restart(&mut self) {
        let outside = outside(&self.clock, &self.store);
        self.keeper = Keeper::load(&outside).await.unwrap();
    }
}

fn outside(clock: &Put, store: &MemoryStore) -> Outside {
    Outside {
        clock: Arc::new(clock.clone()),
        store: Arc::new(store.clone()),
        ..Outside::system()
    }
}

#[tokio::test]
async fn one_fetch_serves_all_messages_that_wait_for_it() {
    for is_served in [true, false] {
        let scene = Scene::new();
        if !is_served {
            scene.serves(Err(FetchFault::Status(500)));
        }
        let standings = join_all((0..20).map(|_| scene.standing())).await;
        assert_eq!(scene.fetches(), 1, "{is_served}");
        assert!(
            standings
                .iter()
                .all(|one| one.cached.is_some() == is_served)
        );
    }
}

#[tokio::test]
async fn a_new_id_brings_the_new_policy_and_the_same_id_does_not() {
    let scene = Scene::new();
    assert_eq!(scene.holds().await, "1 enforce");
    scene.serves(Ok(policy("testing")));
    assert_eq!(
        (scene.holds().await.as_str(), scene.fetches()),
        ("1 enforce", 1)
    );
    scene.says(Ok(id("0")));
    assert_eq!(
        (scene.holds().await.as_str(), scene.fetches()),
        ("0 testing", 2)
    );
}

#[tokio::test]
async fn no_failure_takes_a_policy_away_before_it_expires() {
    let lookup = || DiscoveryFault::Lookup(LookupFault::Silence);
    let absent = || DiscoveryFault::Record(RecordFault::Absent);
    // (what the record says, what the policy host serves)
    let cases = [
        (Err(lookup()), Ok(policy("none"))),
        (Err(absent()), Ok(policy("none"))),
        (Ok(id("2")), Err(FetchFault::Status(404))),
        (Ok(id("2")), Err(FetchFault::MediaType("text/html".into()))),
        (
            Ok(id("2")),
            Policy::parse(b"<html>").map_err(FetchFault::Policy),
        ),
    ];
    for (record, served) in cases {
        let scene = Scene::new();
        assert_eq!(scene.holds().await, "1 enforce");
        scene.says(record.clone());
        scene.serves(served.clone());
        for _ in 0..7 {
            assert_eq!(scene.holds().await, "1 enforce", "{record:?} {served:?}");
            scene.clock.forward(DAY);
        }
        assert_eq!(scene.holds().await, "1 enforce", "{record:?} {served:?}");
        scene.clock.forward(Duration::from_secs(1));
        assert_eq!(scene.holds().await, "nothing", "{record:?} {served:?}");
    }
}

#[tokio::test]
async fn a_failed_fetch_is_made_again_after_five_minutes() {
    let scene = Scene::new();
    scene.serves(Err(FetchFault::Status(404)));
    for (minutes, fetches) in [(0, 1), (4, 1), (1, 2), (4, 2), (1, 3)] {
        scene.clock.forward(minutes * MINUTE);
        assert_eq!(scene.holds().await, "nothing");
        assert_eq!(scene.fetches(), fetches);
    }
}

#[tokio::test]
async fn what_is_in_the_store_holds_after_a_restart_for_as_long_as_before() {
    let mut scene = Scene::new();
    assert_eq!(scene.holds().await, "1 enforce");
    scene.says(Err(DiscoveryFault::Lookup(LookupFault::Silence)));
    scene.clock.forward(7 * DAY);
    scene.restart().await;
    assert_eq!(
        (scene.holds().await.as_str(), scene.fetches()),
        ("1 enforce", 1)
    );
    scene.clock.forward(Duration::from_secs(1));
    scene.restart().await;
    assert_eq!(scene.holds().await, "nothing");
    assert!(scene.store.names(Kind::Policies).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_set_aside_and_the_others_hold() {
    let mut scene = Scene::new();
    assert_eq!(scene.holds().await, "1 enforce");
    let broken = EntryName::parse("b.test").unwrap();
    let bytes = b"no policy".to_vec();
    scene
        .store
        .put(Kind::Policies, &broken, bytes)
        .await
        .unwrap();
    scene.restart().await;
    scene.says(Err(DiscoveryFault::Lookup(LookupFault::Silence)));
    assert_eq!(scene.holds().await, "1 enforce");
    let names = scene.store.names(Kind::Policies).await.unwrap();
    assert_eq!(names, [EntryName::parse("a.test").unwrap()]);
}

#[tokio::test]
async fn domains_that_do_not_matter_any_more_are_let_go() {
    let scene = Scene::new();
    let ask = async |number: u32| {
        let name = DomainName::parse(&format!("a{number}.test")).unwrap();
        scene.keeper.standing(&scene.publisher, &name).await;
    };
    for number in 0..60 {
        ask(number).await;
    }
    scene.clock.forward(8 * DAY);
    for number in 60..70 {
        ask(number).await;
    }
    let kept = scene.store.names(Kind::Policies).await.unwrap();
    assert_eq!(kept.len(), 10);
    assert_eq!(scene.keeper.known_domains(), 10);
}

#[tokio::test]
async fn a_policy_for_which_there_is_no_room_is_not_taken() {
    let mut scene = Scene::new();
    let room = policy("enforce").text().len();
    scene.keeper = Keeper::with_room(&outside(&scene.clock, &scene.store), room);
    assert_eq!(scene.holds().await, "1 enforce");
    let other = DomainName::parse("b.test").unwrap();
    let standing = scene.keeper.standing(&scene.publisher, &other).await;
    let failure = standing.failure.unwrap();
    assert_eq!(failure.fault, FetchFault::NoRoom);
    // What takes the place of something as long needs none.
    scene.says(Ok(id("2")));
    assert_eq!(scene.holds().await, "2 enforce");
}

#[tokio::test]
async fn a_report_names_what_went_wrong_with_the_policy_itself() {
    let absent = || Err(DiscoveryFault::Record(RecordFault::Absent));
    let status = || Err(FetchFault::Status(404));
    let broken = || Policy::parse(b"").map_err(FetchFault::Policy);
    // (mode of the policy in the cache, what the record says, what is served, failure type)
    let cases = [
        ("", Ok(id("2")), status(), "sts-policy-fetch-error"),
        ("", Ok(id("2")), broken(), "sts-policy-invalid"),
        ("", absent(), status(), ""),
        ("enforce", Ok(id("2")), status(), "sts-policy-fetch-error"),
        ("enforce", absent(), status(), "sts-policy-fetch-error"),
        ("enforce", Ok(id("1")), status(), ""),
        ("testing", absent(), status(), "sts-policy-fetch-error"),
        ("none", Ok(id("2")), status(), ""),
        ("none", absent(), status(), ""),
    ];
    for (cached, record, served, want) in cases {
        let scene = Scene::new();
        if !cached.is_empty() {
            scene.serves(Ok(policy(cached)));
            scene.standing().await;
        }
        scene.says(record.clone());
        scene.serves(served.clone());
        let told = scene.standing().await.reportable();
        let told = told.map_or("", |failure| failure.failure_type);
        assert_eq!(told, want, "{cached} {record:?} {served:?}");
    }
}

/// Counts warnings, which are what administrators look at.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &tracing::Id) {}

    fn exit(&self, _: &tracing::Id) {}
}

#[tokio::test]
async fn a_refresh_that_fails_is_a_warning_unless_the_domain_has_left() {
    // (mode of the policy in the cache, warnings)
    for (mode, want) in [("", 0), ("enforce", 1), ("testing", 1), ("none", 0)] {
        let scene = Scene::new();
        if !mode.is_empty() {
            scene.serves(Ok(policy(mode)));
            scene.standing().await;
        }
        let warnings = Warnings::default();
        let guard = tracing::subscriber::set_default(warnings.clone());
        scene.says(Ok(id("2")));
        scene.serves(Err(FetchFault::Status(404)));
        scene.standing().await;
        drop(guard);
        assert_eq!(warnings.0.load(Ordering::SeqCst), want, "{mode:?}");
    }
}
