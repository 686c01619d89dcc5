//! The life of a policy over weeks of the clock: fetched, kept, refreshed, replaced, expired.

use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use mtaspec_engine::outside::{EntryName, Kind, MemoryStore, Outside, Store as _};
use mtaspec_engine::sts::Mode;
use mtaspec_engine::{Engine, Options, Running, Service};

use crate::peer::{Host, inject};
use crate::scene::{Scene, bounced, deferred, delivered};
use crate::tls::Identity;
use crate::web::{Answers, Web};
use crate::world::Dns;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const RECORD: &str = "TXT _mta-sts.example.test";

/// `example.test` with a policy, and a host that has TLS or not.
struct Published {
    scene: Scene,
    web: Web,
    root: Identity,
}

impl Published {
    fn new(policy: &str, host: impl FnOnce(&Identity) -> Host) -> Self {
        let scene = Scene::with_certificate("long-lived", host);
        let root = Identity::new("mta-sts.example.test", "long-lived");
        let web = Web::new(&root, policy);
        scene.world.record(RECORD, &["v=STSv1; id=1;"]);
        scene
            .world
            .record("A mta-sts.example.test", &["192.0.2.80"]);
        scene.world.web("192.0.2.80", web.clone());
        Self { scene, web, root }
    }

    async fn start(&self) -> Running {
        self.start_on(self.scene.world.outside()).await
    }

    async fn start_on(&self, outside: Outside) -> Running {
        let trusted = self.root.root.clone();
        let settings = self.scene.settings(|settings| settings.trust.push(trusted));
        Engine::start(settings, outside, Options::default())
            .await
            .unwrap()
    }

    /// How often the policy was served.
    fn served(&self) -> usize {
        let journal = self.scene.world.journal();
        let served = |(_, what): &&(Duration, String)| what.starts_with("served");
        journal.iter().filter(served).count()
    }

    async fn send(&self, engine: &Running) {
        self.scene.send(engine, &["user@example.test"]).await;
        self.scene.tried(engine).await;
    }
}

fn policy(mode: &str, max_age: Duration, mx: &str) -> String {
    let max_age = max_age.as_secs();
    format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {max_age}\r\n")
}

fn enforce(max_age: Duration) -> String {
    policy("enforce", max_age, "mx.example.test")
}

#[tokio::test]
async fn the_mode_of_the_policy_decides_about_a_host_that_fails_it() {
    // (mode, MX pattern, has the host TLS?, outcome)
    let (named, other) = ("mx.example.test", "mx.other.test");
    let cases = [
        ("enforce", named, true, delivered("tls")),
        ("enforce", named, false, deferred("4.7.4")),
        ("enforce", other, true, deferred("4.7.5")),
        ("testing", named, false, delivered("plain")),
        ("testing", other, true, delivered("tls")),
        ("none", other, false, delivered("plain")),
    ];
    for (mode, mx, has_tls, want) in cases {
        let host = |identity: &Identity| {
            if has_tls {
                Host::with_tls(identity)
            } else {
                Host::plain()
            }
        };
        let published = Published::new(&policy(mode, DAY, mx), host);
        let engine = published.start().await;
        published.scene.send(&engine, &["user@example.test"]).await;
        let got = published.scene.outcome(&engine).await;
        assert_eq!(got, want, "{mode} {mx} {has_tls}");
    }
}

#[tokio::test]
async fn mail_that_a_policy_keeps_back_until_the_end_is_returned_with_a_status_of_what_may_clear_up()
 {
    // (MX pattern, status of the notice)
    let cases = [("mx.example.test", "4.7.4"), ("mx.other.test", "4.7.5")];
    for (mx, status) in cases {
        let published = Published::new(&policy("enforce", 30 * DAY, mx), |_| Host::plain());
        let engine = published.start().await;
        published.send(&engine).await;
        published.scene.world.pass(6 * DAY).await;
        assert_eq!(published.scene.outcome(&engine).await, bounced(status));
        // The record was looked at for each round, so for the last as well.
        let questions = published.scene.world.questions();
        let count = |asked: &str| questions.iter().filter(|one| *one == asked).count();
        assert!(count(RECORD) >= count("MX example.test"), "{mx}");
    }
}

#[tokio::test]
async fn a_domain_without_addresses_behind_unnamed_hosts_loses_no_mail() {
    let published = Published::new(&enforce(DAY), Host::with_tls);
    let world = &published.scene.world;
    world.record("MX example.test", &["10 nowhere.impostor.test"]);
    let engine = published.start().await;
    published.scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(published.scene.outcome(&engine).await, deferred("4.7.5"));
}

#[tokio::test]
async fn for_a_message_that_goes_out_whatever_was_published_nobody_looks_what_was() {
    // (a field of the header, is the policy looked for and held to?)
    for (field, is_asked) in [("X-Other: No", true), ("TLS-Required: No", false)] {
        let published = Published::new(&enforce(DAY), |_| Host::plain());
        let scene = &published.scene;
        let engine = published.start().await;
        let content = format!("From: sender@home.test\r\n{field}\r\n\r\ncanary\r\n");
        let reply = inject(
            engine.address_of(Service::Injection).unwrap(),
            "MAIL FROM:<sender@home.test>",
            &["RCPT TO:<user@example.test>".to_owned()],
            &content,
        )
        .await;
        assert!(reply.starts_with('2'), "{reply}");
        let want = if is_asked {
            deferred("4.7.4")
        } else {
            delivered("plain")
        };
        assert_eq!(scene.outcome(&engine).await, want, "{field}");
        let questions = scene.world.questions();
        assert_eq!(
            questions.iter().any(|one| one == RECORD),
            is_asked,
            "{field}"
        );
        assert_eq!(published.served() > 0, is_asked, "{field}");
    }
}

#[tokio::test]
async fn a_policy_is_refreshed_every_day_though_nobody_writes() {
    let published = Published::new(&enforce(7 * DAY), Host::with_tls);
    let engine = published.start().await;
    published.send(&engine).await;
    assert_eq!(published.served(), 1);
    published.scene.world.pass(21 * DAY + HOUR).await;
    assert_eq!(published.served(), 22);
    // From now on nothing can be had; what came last holds for its week.
    published
        .scene
        .world
        .dns(RECORD, Dns::Code(ResponseCode::ServFail));
    published.web.answer(Answers::Refused);
    published.scene.world.host("192.0.2.1", Host::plain());
    published.scene.world.pass(6 * DAY).await;
    let held = &engine.policies()[0];
    assert_eq!(
        (held.domain.as_str(), held.mode),
        ("example.test", Mode::Enforce)
    );
    assert!(held.failed_refreshes >= 20, "{held:?}");
    published.send(&engine).await;
    assert_eq!(engine.queue().len(), 1);
    published.scene.world.pass(DAY).await;
    assert!(engine.policies().is_empty());
    published.scene.world.pass(DAY).await;
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn a_short_policy_is_refreshed_before_it_expires_and_not_more_often_than_it_must() {
    // (max_age, how often it is served within a day)
    let cases = [(DAY, 3), (HOUR, 49), (10 * MINUTE, 289), (4 * MINUTE, 1)];
    for (max_age, want) in cases {
        let published = Published::new(&enforce(max_age), Host::with_tls);
        let engine = published.start().await;
        published.send(&engine).await;
        published.scene.world.pass(DAY + MINUTE).await;
        assert_eq!(published.served(), want, "{max_age:?}");
    }
}

#[tokio::test]
async fn a_domain_that_leaves_by_mode_none_gets_mail_as_before() {
    let published = Published::new(&enforce(30 * DAY), Host::with_tls);
    let engine = published.start().await;
    published.send(&engine).await;
    published
        .web
        .publish("version: STSv1\nmode: none\nmax_age: 86400\n");
    published.scene.world.record(RECORD, &["v=STSv1; id=2;"]);
    published.scene.world.host("192.0.2.1", Host::plain());
    published.scene.world.pass(HOUR).await;
    published.send(&engine).await;
    assert!(engine.queue().is_empty());
    // Then all of it goes, and nobody is told of failed refreshes.
    published.scene.world.record(RECORD, &[]);
    published.web.answer(Answers::Refused);
    published.scene.world.pass(23 * HOUR).await;
    let held = &engine.policies()[0];
    assert_eq!((held.mode, held.failed_refreshes), (Mode::None, 0));
    published.scene.world.pass(2 * HOUR).await;
    assert_eq!(engine.policies(), []);
    published.send(&engine).await;
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn an_engine_that_is_started_again_knows_what_it_knew_and_sets_aside_what_it_cannot_read() {
    let published = Published::new(&enforce(7 * DAY), Host::with_tls);
    let store = MemoryStore::default();
    let outside = Outside {
        store: Arc::new(store.clone()),
        ..published.scene.world.outside()
    };
    let engine = published.start_on(outside.clone()).await;
    published.send(&engine).await;
    let before = engine.policies();
    engine.stop();
    let broken = EntryName::parse("other.test").unwrap();
    let bytes = b"not a policy".to_vec();
    store.put(Kind::Policies, &broken, bytes).await.unwrap();
    published.web.answer(Answers::Refused);
    published.scene.world.dns(RECORD, Dns::Silence);
    published.scene.world.host("192.0.2.1", Host::plain());
    let engine = published.start_on(outside).await;
    assert_eq!(engine.policies(), before);
    published.send(&engine).await;
    assert_eq!(engine.queue().len(), 1);
    let names = store.names(Kind::Policies).await.unwrap();
    assert_eq!(names, [EntryName::parse("example.test").unwrap()]);
}
