//! What the log says of mail that went out (RFC 7672 §2.2.1).

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::peer::Host;
use crate::scene::{Scene, delivered};

/// The fields of each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<BTreeMap<&'static str, String>>>>);

/// The fields of one.
#[derive(Default)]
struct Line(BTreeMap<&'static str, String>);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The peer of the message that went out, and by what it was authenticated.
async fn sent_to(scene: &Scene) -> (String, String) {
    let log = Log::default();
    // With one dispatcher alone, whether an event is of interest is settled by the thread that meets it first, which may be
    // another test's; with a second one, all are asked.
    let _second = tracing::dispatcher::Dispatch::new(Log::default());
    let _guard = tracing::subscriber::set_default(log.clone());
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    let lines = log.0.lock().unwrap();
    let is_sent = |line: &&BTreeMap<&'static str, String>| {
        line.get("message")
            .is_some_and(|text| text == "a message went out")
    };
    let line = lines.iter().find(is_sent).unwrap();
    (line["peer"].clone(), line["authenticated"].clone())
}

#[tokio::test]
async fn a_host_from_insecure_mx_records_is_logged_by_its_own_name_and_not_as_authenticated() {
    let scene = Scene::new(Host::with_tls);
    // The answers of this world are not signed. The host is an alias, and its TLSA records would fit nobody.
    scene
        .world
        .record("MX example.test", &["10 alias.example.test"]);
    scene
        .world
        .record("A alias.example.test", &["CNAME mx.example.test"]);
    let (peer, authenticated) = sent_to(&scene).await;
    assert_eq!(
        (peer.as_str(), authenticated.as_str()),
        ("alias.example.test", "\"no\"")
    );
    let questions = scene.world.questions();
    assert!(
        !questions
            .iter()
            .any(|question| question.starts_with("TLSA")),
        "{questions:?}"
    );
}
