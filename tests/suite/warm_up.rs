//! A subject that may send before it has fetched a policy gets a warm-up (SCENARIOS §3).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::runner::Player;
use mtaspec_harness::subject::{Briefing, Running, Subject, SubjectError};
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{Case, Catalogue, read_text};

use super::play::internet_at;

/// The engine, which says of itself that it sends before the first fetch has ended, or not.
struct Engine {
    at_once: bool,
}

#[async_trait]
impl Subject for Engine {
    fn name(&self) -> &str {
        "engine"
    }

    fn version(&self) -> String {
        BuiltIn.version()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        let mut capabilities = BuiltIn.capabilities();
        capabilities.remove("sts-at-once");
        capabilities.extend(self.at_once.then(|| "sts-at-once".to_owned()));
        capabilities
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        BuiltIn.start(briefing).await
    }
}

fn case(text: &str) -> Arc<Case> {
    let text = format!("title = \"t\"\nwhy = \"w\"\n{text}");
    let file = Path::new("warm-up.toml");
    let file = file.to_string_lossy();
    let (mut cases, problems) = read_text(&file, "warm-up", &text, &Catalogue::default(), true);
    assert!(problems.is_empty(), "{problems}");
    Arc::new(cases.remove(0))
}

fn played(at_once: bool, text: &str) -> Vec<Event> {
    let now = SystemTime::now();
    let (runtime, internet) = internet_at(now);
    let player = Player::new(internet, Arc::new(Engine { at_once }), now);
    let events = runtime.block_on(player.play(&case(text))).events;
    let failed = |event: &&Event| matches!(event.what, What::HarnessFailed { .. });
    assert!(!events.iter().any(|event| failed(&event)), "{events:#?}");
    events
}

const WORLD: &str = r#"
domain."example.test".sts = {}
host."mx.example.test" = { starttls = "absent", addresses = ["ipv4"], connection = [{ keywords = ["-DSN"] }, { keywords = ["-SIZE"] }] }
attacker."mx.example.test".keywords = ["-8BITMIME"]
fault  = [
  { on = "mx.example.test", at = "ehlo", do = "451 4.3.0 later", times = 1 },
  { on = "dns", at = "AAAA mx.example.test", do = "nodata" },
]
expect = { outcome = ["delivered", "deferred"] }
"#;

/// The messages that the MX host took in a step, and whether with TLS.
fn taken(events: &[Event], step: usize) -> Vec<(Option<&str>, bool)> {
    let of_step = events.iter().filter(|event| event.step == step);
    of_step
        .filter_map(|event| match &event.what {
            What::MessageAccepted { tls, .. } => Some((event.message.as_deref(), tls != "none")),
            _ => None,
        })
        .collect()
}

#[test]
fn the_warm_up_meets_healthy_hosts_and_the_first_step_those_of_the_file() {
    let events = played(false, WORLD);
    assert_eq!(taken(&events, 0), [(Some("warm-up/1"), true)]);
    let met = |step: usize| {
        let of_step = events.iter().filter(move |event| event.step == step);
        of_step.filter_map(|event| match &event.what {
            What::Met { what } if !what.contains("dns") => Some(what.as_str()),
            _ => None,
        })
    };
    let at_host = |what: &&str| what.contains("mx.example.test");
    assert!(!met(0).any(|what| at_host(&what)), "{events:#?}");
    let later = "fault mx.example.test: ehlo: 451 4.3.0 later";
    let of_first: Vec<&str> = met(1).collect();
    assert!(
        of_first.contains(&later),
        "it was not used up before: {of_first:?}"
    );
    let fetched = |step: usize| {
        let of_step = events.iter().filter(move |event| event.step == step);
        of_step
            .filter(|event| matches!(event.what, What::PolicyFetch { status: 200, .. }))
            .count()
    };
    assert_eq!((fetched(0), fetched(1)), (1, 0));
    assert_eq!(
        taken(&events, 1),
        [],
        "the policy holds from the first step on"
    );
    let first = events
        .iter()
        .find(|event| event.step == 1 && event.host.as_deref() == Some("mx.example.test"));
    assert_eq!(first.unwrap().connection, Some(1));
    let steps: Vec<usize> = events.iter().map(|event| event.step).collect();
    assert!(steps.is_sorted());
}

#[test]
fn a_subject_that_waits_for_its_first_policy_needs_none() {
    let events = played(true, WORLD);
    assert!(events.iter().all(|event| event.step > 0));
}

#[test]
fn a_policy_that_nobody_knows_is_met_in_the_first_step() {
    let world = WORLD.replace("sts = {}", "sts = { known = false }");
    let events = played(false, &world);
    assert!(events.iter().all(|event| event.step > 0));
}
