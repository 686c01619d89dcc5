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

use super::command::{own_relay, scenario, told};
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

/// Its policy names another host, so neither the warm-up nor the message of the case is delivered.
const HOST_NOT_NAMED: &str = r#"
title  = "Mail does not go to hosts that the policy does not name"
why    = "That is what the policy is for."
domain."example.test".sts.mx = ["other.example.test"]
expect = { outcome = ["deferred", "returned"] }
"#;

#[test]
fn what_a_relay_holds_of_the_warm_up_is_removed_and_what_it_holds_of_the_case_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // It says what it is asked to remove, and does nothing: both messages end as their lifetime does.
    let remove =
        "\n[remove]\ncommand = [\"sh\", \"-c\", 'echo \"asked to remove $*\"', \"sh\"]\n\n[time]\n";
    let own = own_relay(folder, ("profile.toml", "\n[time]\n", remove));
    let profile = Path::new(&own).join("profile.toml");
    let text = std::fs::read_to_string(&profile).unwrap();
    // One that may send before it knows the policy.
    let text = text.replace("  \"sts-at-once\",\n", "");
    std::fs::write(profile, text).unwrap();
    let case = scenario(folder, "held.toml", HOST_NOT_NAMED);
    let records = folder.join("records");
    let run = [
        "run",
        "--subject",
        &own,
        "--record",
        records.to_str().unwrap(),
        &case,
    ];
    let (code, out, err) = told(&run);
    assert_eq!(code, 0, "{out}{err}");
    let log = std::fs::read_to_string(records.join("relay.log")).unwrap();
    let lines: Vec<_> = log.lines().collect();
    let is_asked = |line: &&str| line.starts_with("asked to remove user@example.");
    let first = lines.iter().position(is_asked).unwrap();
    let last = lines.iter().rposition(is_asked).unwrap();
    let (_, domain) = lines[first].split_once("example.").unwrap();
    // The warm-up's message has come in before, and the case's behind.
    let came_in = |lines: &[&str]| {
        let of_case = lines
            .iter()
            .filter(|line| line.contains("a message came in"));
        of_case.filter(|line| line.contains(domain)).count()
    };
    assert_eq!(came_in(&lines[..first]), 1, "{log}");
    assert_eq!(came_in(&lines[first..last]), 0, "{log}");
    assert_eq!(came_in(&lines[last..]), 1, "{log}");
    // The relay of the first controls is that of the case.
    let begun = lines.iter().filter(|line| line.contains("\"ready\":true"));
    assert_eq!(begun.count(), 1, "{log}");
}
