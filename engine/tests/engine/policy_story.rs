//! Whatever happens to record, policy host, clock and program, in whatever order: the engine is never weaker than a policy
//! that it was served and that has not expired, and never stronger (RFC 8461 §3.3, §5.1).
//!
//! The model knows nothing of caches: it looks at what the policy host really served, and when.

use std::time::Duration;

use hickory_proto::op::ResponseCode;
use mtaspec_engine::{Engine, Options, Running};
use proptest::prelude::*;

use crate::peer::Host;
use crate::scene::Scene;
use crate::tls::Identity;
use crate::web::{Answers, Web};
use crate::world::Dns;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Something changes or not, time passes, and a message is sent.
#[derive(Debug, Clone)]
struct Act {
    publish: Option<Publish>,
    record: Option<Record>,
    policy_host: Option<Answers>,
    /// Whether the policy host shows a certificate that is trusted.
    is_trusted: Option<bool>,
    mx_host: Option<MxHost>,
    /// The program is ended and started again.
    restarts: bool,
    wait: Duration,
}

/// Another policy stands at the policy host; the record may tell of it.
#[derive(Debug, Clone)]
struct Publish {
    mode: &'static str,
    max_age: Duration,
    mx: &'static str,
    is_told: bool,
}

/// How the record is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Record {
    Good,
    Absent,
    Twice,
    Broken,
    Failing,
    Silent,
}

/// What the MX host shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MxHost {
    Trusted,
    Untrusted,
    Plain,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    use prop::option::weighted;
    use prop::sample::select;

    let hour = 60 * MINUTE;
    let ages = vec![MINUTE, hour, DAY, 7 * DAY, 30 * DAY];
    let waits = vec![
        Duration::ZERO,
        MINUTE,
        5 * MINUTE,
        hour,
        DAY,
        8 * DAY,
        31 * DAY,
    ];
    let publish = (
        select(vec!["enforce", "enforce", "testing", "none"]),
        select(ages),
        select(vec!["mx.example.test", "*.example.test", "mx.other.test"]),
        prop::bool::weighted(0.8),
    )
        .prop_map(|(mode, max_age, mx, is_told)| Publish {
            mode,
            max_age,
            mx,
            is_told,
        });
    let record = select(vec![
        Record::Good,
        Record::Good,
        Record::Absent,
        Record::Twice,
        Record::Broken,
        Record::Failing,
        Record::Silent,
    ]);
    let answers = select(vec![
        Answers::Well,
        Answers::Well,
        Answers::Well,
        Answers::Status("301 Moved Permanently"),
        Answers::Status("404 Not Found"),
        Answers::AsHtml,
        Answers::Nonsense,
        Answers::Never,
        Answers::Refused,
    ]);
    let hosts = select(vec![MxHost::Trusted, MxHost::Untrusted, MxHost::Plain]);
    let act = (
        weighted(0.5, publish),
        weighted(0.3, record),
        weighted(0.4, answers),
        weighted(0.3, prop::bool::weighted(0.7)),
        weighted(0.4, hosts),
        prop::bool::weighted(0.15),
        select(waits),
    )
        .prop_map(
            |(publish, record, policy_host, is_trusted, mx_host, restarts, wait)| Act {
                publish,
                record,
                policy_host,
                is_trusted,
                mx_host,
                restarts,
                wait,
            },
        );
    prop::collection::vec(act, 1..12)
}

/// The world of one story.
struct Story {
    scene: Scene,
    web: Web,
    trusted: Identity,
    untrusted: Identity,
    engine: Option<Running>,
    mx_host: MxHost,
    record: Record,
    id: u32,
    /// The policy stands under an id of its own.
    is_told: bool,
    sent: u32,
}

impl Story {
    async fn begin() -> Self {
        let scene = Scene::with_certificate("long-lived", Host::with_tls);
        let trusted = Identity::new("mta-sts.example.test", "long-lived");
        let untrusted = Identity::new("mta-sts.example.test", "long-lived");
        let first = Publish {
            mode: "enforce",
            max_age: 7 * DAY,
            mx: "mx.example.test",
            is_told: true,
        };
        let web = Web::new(&trusted, &first.policy());
        scene
            .world
            .record("A mta-sts.example.test", &["192.0.2.80"]);
        scene.world.web("192.0.2.80", web.clone());
        let mut story = Self {
            scene,
            web,
            trusted,
            untrusted,
            engine: None,
            mx_host: MxHost::Trusted,
            record: Record::Good,
            id: 1,
            is_told: true,
            sent: 0,
        };
        story.tell();
        story.start().await;
        story
    }

    async fn start(&mut self) {
        let root = self.trusted.root.clone();
        let settings = self.scene.settings(|settings| settings.trust.push(root));
        let engine = Engine::start(settings, self.scene.world.outside(), Options::default());
        self.engine = Some(engine.await.unwrap());
    }

    /// Puts the record as it is to be found.
    fn tell(&self) {
        let (id, asked) = (self.id, "TXT _mta-sts.example.test");
        let records = |texts: &[String]| Dns::Records(texts.to_vec());
        let good = format!("v=STSv1; id={id};");
        self.scene.world.dns(
            asked,
            match self.record {
                Record::Good => records(&[good]),
                Record::Absent => records(&[]),
                Record::Twice => records(&[good.clone(), good]),
                Record::Broken => records(&[format!("v=STSv1; id=-{id}")]),
                Record::Failing => Dns::Code(ResponseCode::ServFail),
                Record::Silent => Dns::Silence,
            },
        );
    }

    async fn play(&mut self, act: Act) {
        if let Some(publish) = act.publish {
            self.web.publish(&publish.policy());
            self.id += u32::from(publish.is_told);
            self.is_told = publish.is_told;
        }
        self.record = act.record.unwrap_or(self.record);
        self.tell();
        if let Some(answers) = act.policy_host {
            self.web.answer(answers);
        }
        match act.is_trusted {
            Some(true) => self.web.show(&self.trusted, true),
            Some(false) => self.web.show(&self.untrusted, false),
            None => {}
        }
        if let Some(host) = act.mx_host {
            self.replace_mx_host(host);
        }
        if act.restarts {
            self.restart().await;
        }
        self.scene.world.pass(act.wait).await;
        self.send().await;
        // What failed before may be left alone for five minutes.
        let is_found = self.record == Record::Good && self.web.is_well();
        if self.is_told && is_found && act.wait >= 5 * MINUTE {
            let journal = self.scene.world.journal();
            let (_, served) = Holding::after(&journal).0.unwrap();
            assert_eq!(served, self.web.policy(), "{journal:#?}");
        }
    }

    async fn restart(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
        self.scene.world.pass(Duration::from_secs(1)).await;
        self.start().await;
    }

    fn replace_mx_host(&mut self, host: MxHost) {
        self.mx_host = host;
        self.scene.world.note(format!("host {host:?}"));
        let host = match host {
            MxHost::Trusted => self.scene.mx.clone(),
            MxHost::Untrusted => Host::with_tls(&Identity::new("mx.example.test", "long-lived")),
            MxHost::Plain => Host::plain(),
        };
        self.scene.world.host("192.0.2.1", host);
    }

    /// Sends a message, which goes out at once unless a policy that holds stands against it.
    async fn send(&mut self) {
        self.sent += 1;
        let recipient = format!("user{}@example.test", self.sent);
        let engine = self.engine.as_ref().unwrap();
        self.scene.send(engine, &[&recipient]).await;
        self.scene.tried(engine).await;
        let journal = self.scene.world.journal();
        let is_delivered = journal.iter().any(|(_, what)| what.contains(&recipient));
        let now = self.scene.world.elapsed();
        let is_barred = Holding::after(&journal).bars(now, self.mx_host == MxHost::Trusted);
        assert_eq!(
            is_delivered, !is_barred,
            "{recipient} at {now:?}: {journal:#?}"
        );
    }
}

impl Publish {
    fn policy(&self) -> String {
        let (mode, mx, max_age) = (self.mode, self.mx, self.max_age.as_secs());
        format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {max_age}\r\n")
    }
}

/// The policy that was served last.
#[derive(Debug, Clone, Default)]
struct Holding(Option<(Duration, String)>);

impl Holding {
    fn after(journal: &[(Duration, String)]) -> Self {
        let served =
            |(at, what): &(Duration, String)| Some((*at, what.strip_prefix("served ")?.to_owned()));
        Self(journal.iter().rev().find_map(served))
    }

    /// Whether mail must not go to the MX host now.
    fn bars(&self, now: Duration, is_trusted: bool) -> bool {
        let Some((served, policy)) = &self.0 else {
            return false;
        };
        let field = |name: &str| {
            let lines = policy.lines().map(|line| line.split_once(": ").unwrap());
            lines
                .clone()
                .find(|(key, _)| *key == name)
                .unwrap()
                .1
                .trim()
        };
        let max_age = Duration::from_secs(field("max_age").parse().unwrap());
        let holds = now <= *served + max_age;
        let names_host = field("mx") != "mx.other.test";
        holds && field("mode") == "enforce" && !(names_host && is_trusted)
    }
}

/// Looks at every delivery of a story, those of later rounds too.
fn check(journal: &[(Duration, String)]) {
    let mut is_trusted = true;
    for (index, (at, what)) in journal.iter().enumerate() {
        if let Some(host) = what.strip_prefix("host ") {
            is_trusted = host == "Trusted";
        } else if what.contains("@example.test") {
            let holding = Holding::after(&journal[..index]);
            assert!(
                !holding.bars(*at, is_trusted),
                "{what} at {at:?}: {journal:#?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_is_as_strong_as_the_last_policy_it_was_served_until_that_expires(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut story = Story::begin().await;
            for act in acts {
                story.play(act).await;
            }
            check(&story.scene.world.journal());
        });
    }
}
