//! `mtaspec probe` before hosts of the fake Internet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::CaseWorld;
use mtaspec_harness::plan::{PlanOptions, PlannedCase};
use mtaspec_harness::recorder::Recorder;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::command::told;
use crate::play::{Loaded, internet_at};

/// The world of one case, and what the command must be told to find it.
pub(crate) struct Scene {
    planned: PlannedCase,
    folder: tempfile::TempDir,
    resolver: String,
    world: Option<CaseWorld>,
    runtime: Runtime,
}

impl Scene {
    pub(crate) fn of(id: &str) -> Self {
        let suite = Loaded::suite();
        let case = suite.cases.iter().find(|case| case.id == id).unwrap();
        let now = SystemTime::now();
        let (runtime, internet) = internet_at(now);
        let book = internet.addresses();
        let planned = PlannedCase::new(Arc::clone(case), &PlanOptions::default(), book).unwrap();
        let clock = CaseClock::real(now);
        let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
        let world = runtime
            .block_on(internet.add(&planned, &clock, &recorder))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        let map: Vec<String> = (book.entries().iter())
            .map(|(logical, real)| format!("\"{logical}\" = \"{real}\"\n"))
            .collect();
        write("map.toml", &map.concat());
        write("root.pem", &internet.authorities().root_pem());
        Self {
            planned,
            folder,
            resolver: internet.validating_resolver().to_string(),
            world: Some(world),
            runtime,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn name(&self, plain: &str) -> String {
        self.planned.names().labelled(plain)
    }

    /// The path of settings that hold this.
    pub(crate) fn settings(&self, more: &str) -> String {
        let text = format!("hostname = \"subject.home.test\"\ntrust = \"root.pem\"\n{more}");
        let path = self.file("settings.toml");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// What `mtaspec probe` says, in the names of the file, without what changes from day to day.
    pub(crate) fn probe(&self, arguments: &[&str]) -> (i32, String) {
        let (code, text) = self.told("probe", arguments);
        (code, text.lines().map(lasting).collect())
    }

    /// What a command that looks at the world says, in the names of the file.
    pub(crate) fn told(&self, command: &str, arguments: &[&str]) -> (i32, String) {
        let map = self.file("map.toml").display().to_string();
        let root = self.file("root.pem").display().to_string();
        let mut all = vec![command, "--resolver", &self.resolver, "--address-map", &map];
        if !arguments.contains(&"--settings") {
            all.extend(["--trust", &root]);
        }
        all.extend(arguments);
        let (code, out, error) = told(&all);
        (code, format!("{}{error}", self.planned.names().plain(&out)))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(world) = self.world.take() {
            self.runtime.block_on(world.end());
        }
    }
}

/// A line with days and digests taken out of it.
fn lasting(line: &str) -> String {
    let trimmed = line.trim_start();
    if trimmed.starts_with("valid ") {
        return "    valid           DAY to DAY\n".to_owned();
    }
    if trimmed.starts_with("holds until ") {
        return "    holds until     DAY TIME UTC\n".to_owned();
    }
    let is_digest = |word: &str| word.len() >= 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = line
        .split(' ')
        .map(|word| if is_digest(word) { "DIGEST" } else { word });
    format!("{}\n", words.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_good_host_passes_and_its_certificate_is_told() {
    let scene = Scene::of("compliance/outbound/test-connection#good");
    let (code, text) = scene.probe(&[&scene.name("example.test")]);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_hop_that_fails_is_named_and_what_the_rule_makes_of_it() {
    let scene = Scene::of("compliance/outbound/test-connection#self-signed-and-kept");
    let domain = scene.name("example.test");
    let settings = scene.settings(&format!(
        "[list.partners]\nentries = \"{domain}\"\n[rule.secure]\nlists = \"partners\"\n"
    ));
    let (code, text) = scene.probe(&[&domain, "--settings", &settings]);
    assert_eq!(code, 1, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn each_way_to_fail_has_a_hop_and_a_failure_type() {
    // (case, hop, failure type)
    let cases = [
        ("no-starttls", "starttls", "starttls-not-supported"),
        ("starttls-refused", "starttls", "starttls-not-supported"),
        ("handshake-refused", "handshake", "validation-failure"),
        ("expired", "certificate", "certificate-expired"),
        (
            "wrong-name/wrong-name",
            "certificate",
            "certificate-host-mismatch",
        ),
        (
            "authority-not-trusted/untrusted-ca",
            "certificate",
            "certificate-not-trusted",
        ),
        ("nobody-there/refused", "connection", ""),
        ("domain-not-found", "mx", ""),
    ];
    for (case, hop, failure) in cases {
        let scene = Scene::of(&format!("compliance/outbound/test-connection#{case}"));
        let (code, text) = scene.probe(&[&scene.name("user@example.test"), "--json", "--pem"]);
        assert_eq!(code, 1, "{text}");
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["passed"], false, "{case}");
        assert_eq!(told["failed_at"]["hop"], hop, "{case}");
        assert_eq!(
            told["failed_at"]["failure"].as_str().unwrap_or_default(),
            failure,
            "{case}"
        );
        let shown = &told["hosts"][0]["addresses"][0]["tls"];
        assert_eq!(
            shown["pem"].is_array(),
            hop == "certificate",
            "{case}: {shown}"
        );
    }
}

#[test]
fn what_cannot_be_asked_about_is_refused_with_an_example() {
    let (code, _, error) = told(&["probe", "two words"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(error, @r#"mtaspec: "two words" is no domain, host or address; give a domain, a host or an address, as example.test or user@example.test"#);
    let (code, _, error) = told(&["probe", "example.test", "--settings", "missing.toml"]);
    assert_eq!(code, 2);
    assert!(error.contains("missing.toml"), "{error}");
    assert!(error.contains("1 problem in settings"), "{error}");
}
