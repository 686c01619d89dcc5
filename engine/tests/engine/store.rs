//! What an engine has in its store: all that it took and has not brought anywhere, at any moment.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mtaspec_engine::outside::{EntryName, Kind, MemoryStore, Outside, Store};
use mtaspec_engine::{Bounds, Engine, Options, Running};

use crate::peer::{Deed, Host};
use crate::scene::{Scene, bounced, delivered};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A store that notes what is done with it, and fails when told to.
#[derive(Clone, Default)]
struct Watched {
    store: MemoryStore,
    puts: Arc<AtomicUsize>,
    /// So many puts succeed, then none.
    limit: Arc<AtomicUsize>,
}

impl Watched {
    fn new(limit: usize) -> Self {
        let watched = Self::default();
        watched.limit.store(limit, Ordering::SeqCst);
        watched
    }
}

#[async_trait]
impl Store for Watched {
    async fn put(&self, kind: Kind, name: &EntryName, bytes: Vec<u8>) -> io::Result<()> {
        if self.puts.fetch_add(1, Ordering::SeqCst) >= self.limit.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.store.put(kind, name, bytes).await
    }

    async fn remove(&self, kind: Kind, name: &EntryName) -> io::Result<()> {
        self.store.remove(kind, name).await
    }

    async fn names(&self, kind: Kind) -> io::Result<Vec<EntryName>> {
        self.store.names(kind).await
    }

    async fn read(&self, kind: Kind, name: &EntryName) -> io::Result<Vec<u8>> {
        self.store.read(kind, name).await
    }

    async fn set_aside(&self, kind: Kind, name: &EntryName) -> io::Result<String> {
        self.store.set_aside(kind, name).await
    }
}

async fn start_on(scene: &Scene, store: &Watched, bounds: Bounds) -> Running {
    let outside = Outside {
        store: Arc::new(store.clone()),
        ..scene.world.outside()
    };
    let options = Options {
        bounds,
        ..Options::default()
    };
    Engine::start(scene.settings(|_| {}), outside, options)
        .await
        .unwrap()
}

/// An engine with one message that was tried in vain.
async fn start_with_one_waiting(scene: &Scene, store: &Watched) -> Running {
    scene.world.no_host("192.0.2.1");
    let engine = start_on(scene, store, Bounds::default()).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.tried(&engine).await;
    engine
}

async fn stored(store: &Watched) -> usize {
    store.names(Kind::Messages).await.unwrap().len()
}

#[tokio::test]
async fn what_waits_is_taken_up_by_the_next_engine_as_it_was() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene.start(&[]).await;
    scene
        .send(&engine, &["user@example.test", "other@example.test"])
        .await;
    scene.tried(&engine).await;
    let before = engine.queue();
    assert_eq!(before.len(), 2);
    engine.stop();

    let engine = scene.start(&[]).await;
    assert_eq!(engine.queue(), before);
    scene.world.host("192.0.2.1", scene.mx.clone());
    scene.world.pass(40 * MINUTE).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert_eq!(scene.mx.messages()[0].recipients.len(), 2);
    engine.stop();
    assert!(scene.start(&[]).await.queue().is_empty());
}

#[tokio::test]
async fn what_is_made_due_now_is_so_in_the_store_too() {
    let scene = Scene::new(Host::with_tls);
    let store = Watched::new(usize::MAX);
    let engine = start_with_one_waiting(&scene, &store).await;
    scene.world.pass(10 * MINUTE).await;
    let name = store.names(Kind::Messages).await.unwrap().remove(0);
    let before = store.read(Kind::Messages, &name).await.unwrap();
    // The round that begins now does not end, so nothing else can have been written.
    scene
        .world
        .host("192.0.2.1", Host::plain().at("MAIL", Deed::Stall));
    engine.retry_now().await;
    let after = store.read(Kind::Messages, &name).await.unwrap();
    assert_ne!(before, after);
}

#[tokio::test]
async fn a_message_that_expires_after_a_new_start_tells_the_trouble_of_before() {
    let scene = Scene::new(|_| Host::plain().at("MAIL", Deed::Say("451 4.3.0 come back")));
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(DAY).await;
    engine.stop();
    // Nobody is up when the time of the message ends.
    scene.world.pass(6 * DAY).await;
    let engine = scene.start(&[]).await;
    assert_eq!(scene.outcome(&engine).await, bounced("4.3.0"));
    let notices = scene.home.messages();
    let notice = &notices.last().unwrap().content;
    assert!(notice.contains("Diagnostic-Code: smtp; 451 4.3.0 come back"));
    assert!(notice.contains("Remote-MTA: dns; mx.example.test"));
}

#[tokio::test]
async fn a_delay_is_told_once_over_a_new_start_too() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(DAY).await;
    assert_eq!(scene.home.messages().len(), 1);
    engine.stop();
    let _engine = scene.start(&[]).await;
    scene.world.pass(DAY).await;
    assert_eq!(scene.home.messages().len(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_is_not_taken() {
    let scene = Scene::new(Host::with_tls);
    let store = Watched::new(0);
    let engine = start_on(&scene, &store, Bounds::default()).await;
    let reply = scene.offer(&engine, &["user@example.test"]).await;
    assert_eq!(reply, "451 4.3.0 The message cannot be stored now");
    assert!(engine.queue().is_empty());
    scene.world.pass(DAY).await;
    assert!(scene.mx.messages().is_empty());
}

#[tokio::test]
async fn a_message_whose_notice_cannot_be_stored_is_kept() {
    let scene = Scene::new(|_| Host::plain().at("RCPT", Deed::Say("550 5.1.1 who?")));
    let store = Watched::new(1);
    let engine = start_on(&scene, &store, Bounds::default()).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.tried(&engine).await;
    assert_eq!((engine.queue().len(), stored(&store).await), (1, 1));
    assert!(scene.home.messages().is_empty());
    // There is room again.
    store.limit.store(usize::MAX, Ordering::SeqCst);
    scene.world.pass(DAY).await;
    assert_eq!(scene.outcome(&engine).await, bounced("5.1.1"));
    assert_eq!((engine.queue().len(), stored(&store).await), (0, 0));
}

#[tokio::test]
async fn what_is_delivered_leaves_the_store_at_once() {
    let scene = Scene::new(|_| Host::plain().at("QUIT", Deed::Stall));
    let store = Watched::new(usize::MAX);
    let engine = start_on(&scene, &store, Bounds::default()).await;
    scene.send(&engine, &["user@example.test"]).await;
    let taken = || !scene.mx.messages().is_empty();
    assert!(scene.world.until(Duration::ZERO, taken).await);
    assert_eq!(stored(&store).await, 0, "the session is still open");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_set_aside_and_the_others_are_taken_up() {
    let scene = Scene::new(Host::with_tls);
    let store = Watched::new(usize::MAX);
    let engine = start_with_one_waiting(&scene, &store).await;
    engine.stop();
    for name in ["00000000000000aa", "odd"] {
        let name = EntryName::parse(name).unwrap();
        store
            .put(Kind::Messages, &name, b"nonsense".to_vec())
            .await
            .unwrap();
    }
    let engine = start_on(&scene, &store, Bounds::default()).await;
    assert_eq!((engine.queue().len(), stored(&store).await), (1, 1));
}

#[tokio::test]
async fn a_full_queue_takes_nothing_more_until_there_is_room() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    // (bounds, messages that are taken)
    let few = Bounds {
        messages: 2,
        ..Bounds::default()
    };
    let small = Bounds {
        octets: 300,
        ..Bounds::default()
    };
    for (bounds, want) in [(few, 2), (small, 1)] {
        let store = Watched::new(usize::MAX);
        let engine = start_on(&scene, &store, bounds).await;
        for _ in 0..want {
            scene.send(&engine, &["user@example.test"]).await;
        }
        let reply = scene.offer(&engine, &["user@example.test"]).await;
        assert_eq!(reply, "452 4.3.1 The queue is full");
        assert_eq!(engine.queue().len(), want);
        scene.world.host("192.0.2.1", scene.mx.clone());
        scene.tried(&engine).await;
        engine.retry_now().await;
        scene.tried(&engine).await;
        assert!(engine.queue().is_empty());
        scene.send(&engine, &["user@example.test"]).await;
        engine.stop();
        scene.world.no_host("192.0.2.1");
    }
}

#[tokio::test]
async fn no_more_rounds_go_on_than_the_bounds_allow() {
    let scene = Scene::new(|_| Host::plain().at("MAIL", Deed::Stall));
    let bounds = Bounds {
        rounds: 2,
        ..Bounds::default()
    };
    let engine = start_on(&scene, &Watched::new(usize::MAX), bounds).await;
    for _ in 0..5 {
        scene.send(&engine, &["user@example.test"]).await;
    }
    scene.world.pass(MINUTE).await;
    assert_eq!(scene.world.connections().len(), 2);
    scene.tried(&engine).await;
    assert_eq!(scene.world.connections().len(), 5);
}

#[tokio::test]
async fn an_engine_that_ends_in_order_finishes_what_is_under_way_and_begins_nothing() {
    let scene = Scene::new(|_| Host::plain().at("MAIL", Deed::Stall));
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(MINUTE).await;
    let finishing = tokio::spawn(engine.finish(60 * MINUTE));
    scene.world.pass(10 * MINUTE).await;
    assert!(finishing.is_finished());
    assert!(
        finishing.await.unwrap(),
        "the time limit of MAIL ends the round"
    );
    let attempts = scene.world.connections().len();
    scene.world.pass(DAY).await;
    assert_eq!(scene.world.connections().len(), attempts);
    assert_eq!(scene.start(&[]).await.queue()[0].rounds, 1);
}

#[tokio::test]
async fn an_engine_waits_only_so_long_for_what_is_under_way() {
    let scene = Scene::new(|_| Host::plain().at("MAIL", Deed::Stall));
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(MINUTE).await;
    let finishing = tokio::spawn(engine.finish(2 * MINUTE));
    scene.world.pass(3 * MINUTE).await;
    assert!(!finishing.await.unwrap());
    let queue = scene.start(&[]).await.queue();
    assert_eq!((queue.len(), queue[0].rounds), (1, 0));
}
