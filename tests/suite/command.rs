//! The command as its user meets it: words, exit codes, files.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The built command, far from the folder it was built in.
pub(crate) fn mtaspec(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtaspec"));
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

pub(crate) fn outcome(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

pub(crate) fn told(arguments: &[&str]) -> (i32, String, String) {
    outcome(&mtaspec(arguments).output().unwrap())
}

pub(crate) fn scenario(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The profile of `mtaspec relay` in a folder of its own, with a difference in one of its files. What it cannot deliver it gives
/// up soon: the tests wait for it.
pub(crate) fn own_relay(folder: &Path, (changed, from, to): (&str, &str, &str)) -> String {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("harness/subjects/mtaspec");
    let own = folder.join("mtaspec");
    std::fs::create_dir(&own).unwrap();
    for name in ["profile.toml", "settings.toml"] {
        let mut text = std::fs::read_to_string(profile.join(name)).unwrap();
        if name == changed {
            assert!(text.contains(from), "{from} stands in {name} no more");
            text = text.replace(from, to);
        }
        assert!(text.contains("\"30 s\""), "{name} has another lifetime");
        let sooner = text.replace("\"30 s\"", "\"4 s\"");
        std::fs::write(own.join(name), sooner.replace("\"5 s\"", "\"1 s\"")).unwrap();
    }
    own.display().to_string()
}

pub(crate) const HEALTHY: &str = r#"
title  = "A healthy host takes mail over TLS"
why    = "Nothing else can be judged."
expect = { outcome = "delivered", tls = ">=1.2" }
"#;

#[test]
fn a_case_of_ones_own_passes_with_code_0_and_its_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "healthy.toml", HEALTHY);
    let report = folder.path().join("report.json");
    let argument = format!("json={}", report.display());
    let (code, out, err) = told(&["run", &path, "--report", &argument]);
    assert_eq!(code, 0, "{out}{err}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["summary"]["passed"], 1);
    let case = &report["cases"][0];
    assert_eq!(
        (&case["id"], &case["verdict"]),
        (&"healthy".into(), &"pass".into())
    );
    assert_eq!(case["outcome"], "delivered");
    assert_eq!(case["findings"][1]["expectation"], "tls");
    assert_eq!(case["findings"][1]["verdict"], "pass");
}

#[test]
fn a_case_that_fails_ends_with_code_1_and_says_wanted_and_got() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = HEALTHY.replace("\"delivered\", tls = \">=1.2\"", "\"bounced\"");
    scenario(folder.path(), "wrong.toml", &wrong);
    let (code, out, err) = told(&["run", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{out}{err}");
    for word in ["fail", "wrong", "bounced", "delivered", "wrong.toml"] {
        assert!(out.contains(word), "no {word:?} in {out}");
    }
}

#[test]
fn bad_usage_and_bad_files_end_with_code_2_and_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let bad = HEALTHY.replace(
        "expect ",
        "host.\"mx.example.test\".cert = \"expired\"\nexpect ",
    );
    let bad = scenario(folder.path(), "bad.toml", &bad);
    let healthy = scenario(folder.path(), "good/healthy.toml", HEALTHY);
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let nowhere = folder.path().join("no/such/folder/report.json");
    let report = format!("json={}", nowhere.display());
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (
            vec!["run", "no-such-case"],
            "no case is called \"no-such-case\"",
        ),
        (vec!["run", &bad], "did you mean `certificate`?"),
        (vec!["check", &bad], "bad.toml:"),
        (
            vec!["run", empty.to_str().unwrap()],
            "there is no scenario in",
        ),
        (
            vec!["run", &healthy, "--report", &report],
            "cannot be written",
        ),
        (vec!["run", &healthy, "--report", "xml"], "write json=FILE"),
        (
            vec!["run", &healthy, "--shard", "5/4"],
            "is no part of a run",
        ),
        (
            vec!["run", &healthy, "--shard", "2/2"],
            "nothing is left to run",
        ),
        (vec!["run", &healthy, "--jobs", "0"], "--jobs"),
        (
            vec!["run", "--scenarios", empty.to_str().unwrap()],
            "has no requirements.toml",
        ),
        (vec!["show", "starttls/no-such"], "no case is called"),
        (vec!["judge", "no-such-file"], "cannot be read"),
        (
            vec!["judge", empty.to_str().unwrap()],
            "there is no recording",
        ),
        (
            vec!["judge", &healthy],
            "healthy.toml cannot be read: line 1",
        ),
        (vec!["frobnicate"], "unrecognized subcommand"),
        (
            vec!["serve", &healthy, "--pool", "10.0.0.0/8"],
            "add --ports real",
        ),
        (
            vec!["serve", &healthy, "--pool", "127.96.0.0/11"],
            "add --ports real",
        ),
    ];
    for (arguments, want) in cases {
        let (code, out, err) = told(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(err.contains(want), "{arguments:?}: no {want:?} in {err}");
    }
}

#[test]
fn a_case_that_the_subject_cannot_play_is_a_skip_and_skips_alone_are_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let asks = r#"
title  = "A question that the relay cannot answer"
why    = "Skips say what is missing."
ask    = { what = "read-report", about = "example.test" }
expect = { answer = { used = true } }
"#;
    let path = scenario(folder.path(), "asks.toml", asks);
    let (code, out, err) = told(&["run", &path, "--subject", "relay"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.contains("ask-read-report"), "{out}");
}

#[test]
fn a_recording_judged_again_gives_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records");
    let records = records.to_str().unwrap();
    let cases = ["starttls/refused", "compliance/outbound/no-starttls"];
    let (_, first, err) = told(&["run", cases[0], cases[1], "--record", records]);
    let (_, second, again) = told(&["judge", records]);
    let verdicts = |text: &str| {
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| {
                ["pass ", "warn ", "fail "]
                    .iter()
                    .any(|word| line.starts_with(word))
            })
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    assert!(!verdicts(&first).is_empty(), "{first}{err}");
    assert_eq!(verdicts(&first), verdicts(&second), "{again}");
}

#[test]
fn a_recording_is_judged_by_the_files_of_today_unless_they_set_up_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let (own, records) = (folder.path().join("own"), folder.path().join("records"));
    let (own, records) = (own.to_str().unwrap(), records.to_str().unwrap());
    let path = scenario(folder.path(), "own/healthy.toml", HEALTHY);
    let (code, out, err) = told(&["run", own, "--record", records]);
    assert_eq!(code, 0, "{out}{err}");
    // (what the file says today, exit code, what is told)
    let cases = [
        (HEALTHY.to_owned(), 0, "pass"),
        (HEALTHY.replace(">=1.2", "none"), 1, "wanted none"),
        (
            HEALTHY.replace("expect", "rule = { list = [\"example.test\"] }\nexpect"),
            2,
            "record it again",
        ),
    ];
    for (text, want, word) in cases {
        std::fs::write(&path, text).unwrap();
        let (code, out, err) = told(&["judge", records, "--against", own]);
        assert_eq!(code, want, "{out}{err}");
        assert!(
            out.contains(word) || err.contains(word),
            "no {word:?} in {out}{err}"
        );
    }
}

#[test]
fn lists_are_for_people_and_programs() {
    let (code, out, err) = told(&["list", "starttls/refused"]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out, @r#"
    starttls/refused#with-a-rule/busy
    starttls/refused#with-a-rule/unknown
    starttls/refused#with-a-rule/refused
    starttls/refused#with-mta-sts/busy
    starttls/refused#with-mta-sts/unknown
    starttls/refused#with-mta-sts/refused
    starttls/refused#without-a-rule/busy
    starttls/refused#without-a-rule/unknown
    starttls/refused#without-a-rule/refused
    starttls/refused#without-a-rule-sent-all-the-same/busy
    starttls/refused#without-a-rule-sent-all-the-same/unknown
    starttls/refused#without-a-rule-sent-all-the-same/refused
    "#);
    let first = |arguments: &[&str]| {
        let (code, out, err) = told(arguments);
        assert_eq!(code, 0, "{err}");
        out.lines().take(4).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(first(&["list", "certificates"]), @r#"
    valid                       nothing
    renewed                     nothing; it has another key than `valid`
    wildcard                    nothing; its name is `*.` and the host's parent
    expired                     its time is over since yesterday
    "#);
    insta::assert_snapshot!(first(&["list", "requirements"]), @r#"
    documented  GCERT-certificates-readable-with-openssl
    documented  GCERT-certificates-readable-with-python
    documented  GCERT-certificates-shared-across-hosts
    documented  GCERT-cipher-strengths
    "#);
    for (arguments, key, field) in [
        (["list", "starttls/refused", "--json"], "cases", "id"),
        (["list", "certificates", "--json"], "certificates", "word"),
        (["list", "requirements", "--json"], "requirements", "id"),
    ] {
        let (code, out, err) = told(&arguments);
        assert_eq!(code, 0, "{err}");
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["version"], 1);
        assert!(value[key][0][field].is_string(), "{value}");
    }
}

#[test]
fn show_says_what_a_case_sets_up_and_expects_and_on_which_text_it_rests() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
title        = "A host that is named second takes the mail when the first is dead"
requirements = ["RFC5321-5.1-tries-further-addresses"]
why          = "One dead host must not hold up mail."
domain."example.test".mx = ["10 one.example.test", "20 two.example.test"]
host."one.example.test" = { addresses = ["ipv4 refused"] }
host."two.example.test" = { certificate = "self-signed", tls = ["1.2"] }
rule   = { list = ["example.test"], require_ca_signed = false, validate_hostname = false }
expect = { outcome = "delivered", via = "two.example.test" }
"#;
    scenario(folder.path(), "second.toml", text);
    let here = folder.path().to_str().unwrap();
    let (code, out, err) = told(&["show", here]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out.replace(here, "[FOLDER]"));
}

#[test]
fn the_whole_suite_is_checked_without_a_problem() {
    let (code, out, err) = told(&["check"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
}

#[test]
fn authorities_of_ones_own_go_into_a_new_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("pki");
    let new = new.to_str().unwrap();
    let (code, _, err) = told(&["pki", "new", new]);
    assert_eq!(code, 0, "{err}");
    assert!(Path::new(new).join("root.pem").is_file());
    let (code, _, err) = told(&["pki", "new", new]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn cases_begin_at_the_time_that_is_said_if_their_subject_can_be_told_it() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let report = folder.path().join("report.json");
    let json = format!("json={}", report.display());
    let yesterday = time::OffsetDateTime::now_utc()
        .date()
        .previous_day()
        .unwrap();
    let at = format!("{yesterday}T23:59:00Z");
    let (code, out, err) = told(&["run", &healthy, "--at", &at, "--report", &json]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["began"], at.as_str());
    // (arguments, what is said)
    let wrong: [(&[&str], &str); 3] = [
        (&["--at", "noon"], "no time; as 2026-11-22T12:00:00Z"),
        (
            &["--at", "1999-12-31T23:59:59Z"],
            "more than a year from now",
        ),
        (
            &["--at", &at, "--subject", "relay"],
            "--at is for the built-in engine: relay keeps the time of this machine",
        ),
    ];
    for (arguments, says) in wrong {
        let (code, out, err) = told(&[&["run", &healthy], arguments].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(says), "{err}");
    }
}
