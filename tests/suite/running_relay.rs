//! `run --relay`: a relay that runs already.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use super::command::{HEALTHY, scenario, told};

#[test]
fn what_would_harm_or_cannot_work_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let empty = scenario(folder.path(), "empty", "\n");
    let real = ["--ports", "real"];
    let here = ["--ports", "real", "--relay", "127.0.0.1:25"];
    // (arguments, a part of what is said)
    let cases: [(&[&str], &[&str], &str); 9] = [
        (&real, &[], "add --relay HOST:PORT"),
        (&[], &["--relay", "127.0.0.1:25"], "as --ports real --pool"),
        (
            &[],
            &["--ports", "real", "--pool", "127.64.0.0/10"],
            "add --relay",
        ),
        (
            &real,
            &["--relay", "192.0.2.9:25"],
            "say that it is meant with --allow 192.0.2.9",
        ),
        (&real, &["--relay", "127.0.0.1"], "is no HOST:PORT"),
        (
            &here,
            &["--capabilities", "dsn,dnssec"],
            "\"dnssec\" is no capability",
        ),
        (&here, &["--inject-command", "sendmail -t"], "no word `F`"),
        (&here, &["--inject-user", "anna"], "--inject-password-file"),
        (
            &here,
            &["--inject-user", "anna", "--inject-password-file", &empty],
            "has no password in its first line",
        ),
    ];
    for (some, others, want) in cases {
        let arguments = [&["run", &healthy], some, others].concat();
        let (code, out, err) = told(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(want), "{arguments:?}: no {want:?} in {err}");
    }
    let far = ["--relay", "192.0.2.9:25", "--allow", "192.0.2.9"];
    let login = ["--inject-user", "anna", "--inject-password-file", &empty];
    let (code, _, err) = told(&[&["run", &healthy], &real[..], &far, &login].concat());
    assert_eq!(code, 2);
    assert!(err.contains("does not cross a network in clear"), "{err}");
}

/// Takes one message, and keeps it for ever.
fn swallow(stream: TcpStream) {
    let mut answers = stream.try_clone().unwrap();
    let mut say = |text: &str| answers.write_all(format!("{text}\r\n").as_bytes());
    say("220 swallow").unwrap();
    let mut in_data = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer = match (in_data, line.as_str()) {
            (true, ".") => "250 taken",
            (true, _) => continue,
            (false, "DATA") => "354 go on",
            (false, _) => "250 ok",
        };
        in_data = answer.starts_with("354");
        if say(answer).is_err() {
            return;
        }
    }
}

/// The ports are high, and the addresses nobody else's, so that no right is needed.
#[cfg(target_os = "linux")]
#[test]
fn a_relay_that_keeps_all_mail_delivers_none_and_that_is_inconclusive_or_fails() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || swallow(stream));
        }
    });
    let report = folder.path().join("report.json");
    let report_to = format!("json={}", report.display());
    let whereabouts = ["--pool", "127.214.8.0/24", "--smtp-port", "40025"];
    let ports = ["--dns-port", "40053", "--https-port", "40443"];
    let quiet = ["--relay", &relay, "--quiet", "1", "--report", &report_to];
    let (code, out, err) = told(&[&["run", &healthy], &whereabouts[..], &ports, &quiet].concat());
    assert_eq!(code, 1, "{out}{err}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert!(report.to_string().contains(&relay), "{report}");
    let case = &report["cases"][0];
    assert!(
        ["lost", "unknown", "deferred"].contains(&case["outcome"].as_str().unwrap()),
        "{case}"
    );
}
