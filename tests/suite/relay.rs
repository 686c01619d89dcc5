//! `mtaspec relay` from outside: what it says, what outlasts it, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::Value;

use super::command::told;
use super::signals::UnderWay;

/// Settings under which nothing can be delivered: nobody answers questions.
const SETTINGS: &str = "hostname = \"relay.home.test\"\nresolvers = [\"127.0.0.1:1\"]\n";

/// The arguments of a relay in a folder.
fn arguments(folder: &Path, more: &[&str]) -> Vec<String> {
    let settings = folder.join("settings.toml");
    if !settings.exists() {
        fs::write(&settings, SETTINGS).unwrap();
    }
    let named = |name: &str| folder.join(name).display().to_string();
    let base = [
        "relay",
        "--settings",
        &named("settings.toml"),
        "--store",
        &named("store"),
    ];
    (base.iter().chain(more))
        .map(|text| (*text).to_owned())
        .collect()
}

fn start(folder: &Path) -> (UnderWay, String) {
    let arguments = arguments(folder, &["--json"]);
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut relay = UnderWay::start(&texts);
    let ready: Value = serde_json::from_str(&relay.line()).unwrap();
    assert_eq!(
        (&ready["version"], &ready["ready"]),
        (&1.into(), &true.into())
    );
    let place = &ready["listen"][0];
    assert_eq!(place["service"], "injection");
    (relay, place["address"].as_str().unwrap().to_owned())
}

/// Hands a message over; the last answer is the one to its end.
fn inject(to: &str) -> String {
    let mut stream = BufReader::new(TcpStream::connect(to).unwrap());
    let mut line = String::new();
    let script = [
        "HELO client.home.test",
        "MAIL FROM:<sender@home.test>",
        "RCPT TO:<user@example.test>",
        "DATA",
        "Subject: x\r\n\r\nx\r\n.",
    ];
    for command in script {
        line.clear();
        stream.read_line(&mut line).unwrap();
        stream
            .get_mut()
            .write_all(format!("{command}\r\n").as_bytes())
            .unwrap();
    }
    line.clear();
    stream.read_line(&mut line).unwrap();
    line
}

/// What a relay in a folder says when it ends by itself.
fn told_in(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let arguments = arguments(folder, more);
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    told(&texts)
}

fn queue(folder: &Path) -> Value {
    let store = folder.join("store").display().to_string();
    let (code, out, err) = told(&["relay", "queue", "--json", "--store", &store]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn what_was_answered_with_250_outlasts_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let (relay, address) = start(scratch.path());
    assert!(inject(&address).starts_with("250 "));
    let (_, _, code) = relay.interrupt("-KILL");
    assert_eq!(code, None);
    let left = queue(scratch.path());
    assert_eq!(left["waiting"].as_array().unwrap().len(), 1);
    assert_eq!(left["waiting"][0]["to"], "user@example.test");

    let (relay, _) = start(scratch.path());
    assert_eq!(
        queue(scratch.path())["waiting"][0]["id"],
        left["waiting"][0]["id"]
    );
    let (out, _, code) = relay.interrupt("-TERM");
    assert_eq!(code, Some(0));
    assert_eq!(
        out.lines().last(),
        Some("{\"ended\":true,\"in_order\":true}")
    );
    assert_eq!(
        queue(scratch.path())["waiting"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_relay_that_cannot_start_says_why_and_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    type Prepare = fn(&Path);
    // (arguments, what is in its folder, exit code, what is said)
    let cases: [(&[&str], Prepare, i32, &str); 7] = [
        (
            &["--listen", "0.0.0.0:0"],
            |_| {},
            2,
            "0.0.0.0:0 can be reached from beyond this machine; if that is meant, say --beyond-loopback",
        ),
        (
            &["--listen", "pop=127.0.0.1:0"],
            |_| {},
            2,
            "\"pop\" is no service",
        ),
        (
            &["--listen", &taken],
            |_| {},
            3,
            "cannot listen at 127.0.0.1:",
        ),
        (
            &[],
            |folder| fs::write(folder.join("settings.toml"), "hostname = 1\n").unwrap(),
            2,
            "settings.toml:1:12",
        ),
        (
            &[],
            |folder| {
                fs::create_dir(folder.join("store")).unwrap();
                fs::write(folder.join("store/letter"), "").unwrap();
            },
            2,
            "store is not a store: it has other files",
        ),
        (
            &[],
            |folder| {
                fs::create_dir(folder.join("store")).unwrap();
                fs::write(folder.join("store/version"), "mtaspec-store 9\n").unwrap();
            },
            2,
            "is a store of the version \"mtaspec-store 9\"",
        ),
        (&["--address-map", "absent.json"], |_| {}, 2, "absent.json"),
    ];
    for (more, prepare, want, text) in cases {
        let scratch = tempfile::tempdir().unwrap();
        prepare(scratch.path());
        let (code, out, err) = told_in(scratch.path(), more);
        assert_eq!((code, out.as_str()), (want, ""), "{more:?}: {err}");
        assert!(err.contains(text), "{more:?}: {err}");
    }
}

#[test]
fn a_store_in_use_is_left_to_the_relay_that_has_it() {
    let scratch = tempfile::tempdir().unwrap();
    let (relay, _) = start(scratch.path());
    let (code, _, err) = told_in(scratch.path(), &[]);
    assert_eq!(code, 3);
    assert!(err.contains("is in use by another program"), "{err}");
    assert_eq!(relay.interrupt("-TERM").2, Some(0));
}

#[test]
fn where_no_store_is_there_is_no_queue() {
    let scratch = tempfile::tempdir().unwrap();
    let store = scratch.path().join("absent").display().to_string();
    let (code, _, err) = told(&["relay", "queue", "--store", &store]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no store at"), "{err}");
}
