//! `mtaspec settings`: what a person sees who writes settings, looks at them and applies them.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;

use serde_json::Value;

use crate::command::{mtaspec, outcome, told};
use crate::signals::UnderWay;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/settings.toml");

const LIST: &str =
    "hostname = \"mail.example.test\"\n[list.partners]\nentries = \"[127.0.0.1] partner.test\"\n";

fn written(folder: &Path, text: &str) -> String {
    let path = folder.join("settings.toml");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// What was said, without times and folders.
fn plain(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "DIR");
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let is_time = word.len() >= 20 && word.starts_with("20") && word.as_bytes()[10] == b'T';
            let rest = word.get(20..).filter(|_| is_time);
            rest.map_or(word.to_owned(), |rest| format!("TIME{rest}"))
        })
        .collect()
}

#[test]
fn the_sample_file_is_right_and_is_shown_in_words() {
    let (code, out, err) = told(&["settings", "check", SAMPLE]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out, "2 lists, 3 rules, 3 routes, nothing wrong\n");
    let (code, out, _) = told(&["settings", "show", SAMPLE]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
}

#[test]
fn who_reports_is_shown_the_key_record_that_is_to_be_published() {
    // The key of RFC 8410 §10.3.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tlsrpt.key"), KEY).unwrap();
    let head = "hostname = \"mail.example.test\"\n[reporting]\nenabled = true\norganization = \"Example\"\n\
        contact = \"tls-reports@example.test\"\n";
    let signing = "dkim = { selector = \"tlsrpt\", key = \"tlsrpt.key\" }\n";
    let record = "v=DKIM1; k=ed25519; s=tlsrpt; p=Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    // (further lines, what is to be published)
    let cases = [
        (
            signing,
            format!("tlsrpt._domainkey.example.test TXT {record}"),
        ),
        ("", "nothing: without a key no report is mailed".to_owned()),
    ];
    for (further, publish) in cases {
        let path = written(folder.path(), &format!("{head}{further}"));
        let (code, out, _) = told(&["settings", "show", &path]);
        assert_eq!(code, 0);
        let want = format!(
            "reports as         Example, tls-reports@example.test\nhas to publish     {publish}\n"
        );
        assert!(out.contains(&want), "{out}");
    }
    let path = written(folder.path(), &format!("{head}{signing}"));
    let (_, out, _) = told(&["settings", "show", &path, "--json"]);
    let shown: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(shown["reporting"]["dkim_record"]["text"], record);
}

#[test]
fn settings_are_shown_to_programs_with_every_rule_and_its_lists() {
    let (code, out, _) = told(&["settings", "show", SAMPLE, "--json"]);
    assert_eq!(code, 0);
    let shown: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> = (shown["rules"].as_array().unwrap().iter())
        .map(|rule| rule["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["partners", "Banks, both ways", "smarthosts"]);
    assert_eq!(
        shown["rules"][1]["lists"],
        serde_json::json!(["partners", "banks"])
    );
    assert_eq!(shown["rules"][0]["switches"]["require_ca_signed"], true);
    assert_eq!(shown["lists"][1]["entries"][0]["authenticated"], true);
    assert_eq!(shown["routes"][1]["when_secure"], true);
}

#[test]
fn wrong_settings_are_refused_with_code_2_and_every_problem() {
    let scratch = tempfile::tempdir().unwrap();
    let text = "hostname = \"mail example\"\n[rule.partners]\nlists = [\"partners\"]\nrequire_tsl = true\n";
    let path = written(scratch.path(), text);
    let folder = scratch.path().join("saved").display().to_string();
    for arguments in [
        vec!["settings", "check", &path],
        vec!["settings", "show", &path],
        vec!["settings", "apply", &path, "--to", &folder],
    ] {
        let (code, out, err) = told(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        insta::assert_snapshot!("wrong_settings", plain(&err, scratch.path()));
    }
    assert!(!scratch.path().join("saved").exists());
}

#[test]
fn a_search_tells_who_is_meant_and_what_holds() {
    for (name, word, want) in [
        ("search_domain", "supplier.test", 0),
        ("search_address", "cfo@treasury.test", 0),
        ("search_nobody", "x@elsewhere.test", 1),
        ("search_word", "nothing-such", 1),
    ] {
        let (code, out, _) = told(&["settings", "search", SAMPLE, word]);
        assert_eq!(code, want, "{word}: {out}");
        insta::assert_snapshot!(name, out);
    }
}

#[test]
fn what_is_applied_is_in_force_at_once_and_each_change_stands_in_the_history() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved").display().to_string();
    let rule = format!("{LIST}[rule.secure]\nlists = \"partners\"\nrequire_ca_signed = false\n");
    let mut said = String::new();
    for (text, delay) in [
        (rule.clone(), "1 s"),
        (
            rule.replace(
                "require_ca_signed = false\n",
                "require_ca_signed = false\nvalidate_hostname = false\n",
            ),
            "",
        ),
        (rule.clone(), "24 h"),
        (rule.clone(), "25 h"),
    ] {
        let path = written(scratch.path(), &text);
        let mut arguments = vec![
            "settings",
            "apply",
            &path,
            "--to",
            &folder,
            "--no-test",
            "--who",
            "anna",
        ];
        if !delay.is_empty() && delay != "1 s" {
            arguments.extend(["--after", delay]);
        }
        let (code, out, err) = told(&arguments);
        said += &format!("{code}\n{out}{err}");
    }
    let (_, shown, _) = told(&["settings", "show", &folder]);
    let (_, history, _) = told(&["settings", "history", &folder]);
    said += &format!("-- show\n{shown}-- history\n{history}");
    insta::assert_snapshot!(plain(&said, scratch.path()));
    let (code, lines, _) = told(&["settings", "history", &folder, "--json"]);
    assert_eq!(code, 0);
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert!(
        records
            .into_iter()
            .all(|record| record["who"] == "anna" && record["what"].is_string())
    );
}

#[test]
fn a_torn_line_of_the_history_is_told_and_the_rest_is_shown() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved");
    let path = written(scratch.path(), "hostname = \"mail.example.test\"\n");
    let to = folder.display().to_string();
    assert_eq!(told(&["settings", "apply", &path, "--to", &to]).0, 0);
    let log = folder.join("audit.jsonl");
    let whole = fs::read_to_string(&log).unwrap();
    fs::write(&log, format!("{whole}{{\"when\":")).unwrap();
    let (code, out, err) = told(&["settings", "history", &to]);
    assert_eq!(code, 0);
    assert!(out.lines().count() >= 5, "{out}");
    assert_eq!(err, "a line of the audit log was cut short: {\"when\":\n");
}

#[test]
fn a_rule_whose_connection_test_fails_is_saved_with_a_warning() {
    // Nobody answers here: the names of all hosts are asked at a resolver that is none.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = silent.local_addr().unwrap();
    drop(silent);
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved").display().to_string();
    let text = format!(
        "hostname = \"mail.example.test\"\nresolvers = [\"{resolver}\"]\n[list.partners]\nentries = \"partner.test\"\n\
         [rule.secure]\nlists = \"partners\"\n"
    );
    let path = written(scratch.path(), &text);
    let (code, out, err) = told(&["settings", "apply", &path, "--to", &folder]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("in force now, saved with 1 warning"), "{out}");
    assert!(
        err.contains("warning: rule secure: partner.test: the connection test failed"),
        "{err}"
    );
    let (_, shown, _) = told(&["settings", "show", &folder]);
    assert!(
        shown.contains("warning: saved in spite of it: rule secure"),
        "{shown}"
    );
}

#[test]
fn a_certificate_that_cannot_be_validated_is_told_and_the_rule_is_saved() {
    let mut serve = UnderWay::start(&[
        "serve",
        "--json",
        "certificates/switches-and-faults#all-off/self-signed",
    ]);
    let mut mx = Value::Null;
    loop {
        let told: Value = serde_json::from_str(&serve.line()).unwrap();
        if told["ready"] == true {
            break;
        }
        if told["role"] == "mx" {
            mx = told;
        }
    }
    let (address, port) = (mx["address"].as_str().unwrap(), &mx["port"]);
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved").display().to_string();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/pki/root.pem");
    let text = format!(
        "hostname = \"mail.example.test\"\ntrust = {root:?}\n[list.partners]\nentries = \"partner.test\"\n\
         [rule.secure]\nlists = \"partners\"\nvalidate_hostname = false\n\
         [route.\"partner.test\"]\nhost = \"{address}\"\nport = {port}\n"
    );
    let path = written(scratch.path(), &text);
    let (code, out, err) = told(&["settings", "apply", &path, "--to", &folder]);
    serve.interrupt("-INT");
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("in force now, saved with 1 warning"), "{out}");
    assert!(err.contains("could not be validated"), "{err}");
    let (_, shown, _) = told(&["settings", "show", &folder]);
    assert!(
        shown.contains("could not be validated") && shown.contains("rule secure"),
        "{shown}"
    );
}

#[test]
fn a_relay_takes_saved_settings_up_when_they_come_into_force() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved").display().to_string();
    let store = scratch.path().join("queue").display().to_string();
    let path = written(scratch.path(), "hostname = \"mail.example.test\"\n");
    let apply = |more: &[&str]| {
        let base = ["settings", "apply", &path, "--to", &folder];
        told(&[&base, more].concat())
    };
    assert_eq!(apply(&[]).0, 0);
    let mut relay = UnderWay::start(&["relay", "--settings", &folder, "--store", &store, "--json"]);
    let ready: Value = serde_json::from_str(&relay.line()).unwrap();
    assert_eq!(ready["ready"], true);
    written(
        scratch.path(),
        "hostname = \"mail.example.test\"\nminimum_tls = \"1.3\"\n",
    );
    let (code, out, err) = apply(&["--after", "1 s"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("in force from"), "{out}");
    assert_eq!(relay.line(), "{\"reloaded\":true}\n");
    let (_, _, code) = relay.interrupt("-TERM");
    assert_eq!(code, Some(0));
}

#[test]
fn two_who_apply_at_once_do_not_undo_each_other() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved").display().to_string();
    let path = written(scratch.path(), "hostname = \"mail.example.test\"\n");
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let mut run = mtaspec(&["settings", "apply", &path, "--to", &folder]);
            std::thread::spawn(move || outcome(&run.output().unwrap()))
        })
        .collect();
    let codes: Vec<i32> = runs.into_iter().map(|run| run.join().unwrap().0).collect();
    // The others are told that somebody is changing it, or that nothing differs.
    assert!(
        codes.contains(&0) && codes.iter().all(|code| [0, 2].contains(code)),
        "{codes:?}"
    );
    assert_eq!(
        fs::read_dir(scratch.path().join("saved/saved"))
            .unwrap()
            .count(),
        1
    );
}
