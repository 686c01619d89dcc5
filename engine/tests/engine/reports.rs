//! Reports about TLS over days of the clock, as whoever asked for them gets them (RFC 8460).

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use mail_parser::MessageParser;
use mtaspec_engine::address::{DomainName, Mailbox};
use mtaspec_engine::outside::Kind;
use mtaspec_engine::settings::{Contact, DkimKey, Reporting};
use mtaspec_engine::{Engine, Options, Running};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};

use crate::peer::Host;
use crate::scene::Scene;

const DAY: Duration = Duration::from_secs(86_400);

/// `example.test` asks for reports by mail, and `reports.test` takes them.
struct Asked {
    scene: Scene,
    reports: Host,
    reporting: Reporting,
}

impl Asked {
    fn new() -> Self {
        let scene = Scene::with_certificate("long-lived", Host::with_tls);
        let reports = Host::plain();
        let world = &scene.world;
        let record = "v=TLSRPTv1; rua=mailto:tls@reports.test";
        world.record("TXT _smtp._tls.example.test", &[record]);
        world.record("MX reports.test", &["10 mx.reports.test"]);
        world.record("A mx.reports.test", &["192.0.2.60"]);
        world.host("192.0.2.60", reports.clone());
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let key = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
        let name = |text| DomainName::parse(text).unwrap();
        let contact = Mailbox::parse("tls-reports@home.test").unwrap();
        Self {
            scene,
            reports,
            reporting: Reporting {
                organization: "Home".to_owned(),
                contact: Contact::new(contact).unwrap(),
                sender: None,
                dkim: Some(DkimKey::new(name("home.test"), name("one"), key).unwrap()),
            },
        }
    }

    /// An engine on the store of the world, which outlives it.
    async fn start(&self) -> Running {
        let reporting = Some(self.reporting.clone());
        let settings = self
            .scene
            .settings(|settings| settings.reporting = reporting);
        Engine::start(settings, self.scene.world.outside(), Options::default())
            .await
            .unwrap()
    }

    async fn send(&self, engine: &Running) {
        self.scene.send(engine, &["user@example.test"]).await;
        self.scene.tried(engine).await;
    }

    /// The reports that have arrived.
    fn arrived(&self) -> Vec<Value> {
        let messages = self.reports.messages();
        let reports = messages.iter().map(|message| {
            let parsed = MessageParser::default().parse(&message.content).unwrap();
            let mut json = String::new();
            let mut packed = GzDecoder::new(parsed.attachment(0).unwrap().contents());
            packed.read_to_string(&mut json).unwrap();
            serde_json::from_str(&json).unwrap()
        });
        reports.collect()
    }
}

#[tokio::test]
async fn a_day_is_reported_once_and_whole_however_often_the_engine_is_started_again() {
    let asked = Asked::new();
    let world = &asked.scene.world;
    // Two sessions under one engine, and one that fails under the next.
    let engine = asked.start().await;
    asked.send(&engine).await;
    asked.send(&engine).await;
    engine.stop();
    world.host("192.0.2.1", Host::plain());
    let engine = asked.start().await;
    asked.send(&engine).await;
    engine.stop();
    // The day ends, and the moment of the report passes, while nobody is there.
    world.pass(DAY).await;
    assert_eq!(asked.arrived(), Vec::<Value>::new());
    let engine = asked.start().await;
    world.pass(DAY).await;
    engine.stop();
    let engine = asked.start().await;
    world.pass(DAY).await;
    engine.stop();

    let reports = asked.arrived();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let report = &reports[0];
    let range =
        json!({ "start-datetime": "2026-09-21T00:00:00Z", "end-datetime": "2026-09-21T23:59:59Z" });
    assert_eq!(report["date-range"], range);
    let policies = report["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "{policies:?}");
    let counts = json!({ "total-successful-session-count": 2, "total-failure-session-count": 1 });
    assert_eq!(policies[0]["summary"], counts);
    let failures = policies[0]["failure-details"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0]["result-type"], "starttls-not-supported");
    assert_eq!(failures[0]["failed-session-count"], 1);
    let left = world.outside().store.names(Kind::Tallies).await.unwrap();
    assert_eq!(left, []);
}
