//! What is told while it goes on, and how it ends when it is asked to.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A command under way, and what it says.
pub(crate) struct UnderWay {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl UnderWay {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mtaspec"))
            .args(arguments)
            .env("NO_COLOR", "1")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// What Ctrl-C does (`-INT`) or a polite kill (`-TERM`); then the rest of the output, the complaints and the exit
    /// code.
    pub(crate) fn interrupt(mut self, signal: &str) -> (String, String, Option<i32>) {
        let process = self.child.id().to_string();
        let killed = Command::new("kill").args([signal, &process]).status();
        assert!(killed.unwrap().success());
        let (mut out, mut complaints) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut complaints).unwrap();
        (out, complaints, self.child.wait().unwrap().code())
    }
}

#[test]
fn serve_tells_who_is_where_and_ends_well_when_interrupted() {
    let mut serve = UnderWay::start(&[
        "serve",
        "--json",
        "opportunistic/healthy-host#starttls-as-written",
    ]);
    let mut hosts = Vec::new();
    let ready = loop {
        let told: Value = serde_json::from_str(&serve.line()).unwrap();
        if told["ready"] == true {
            break told;
        }
        hosts.push(told);
    };
    let roles: Vec<&Value> = hosts.iter().map(|host| &host["role"]).collect();
    assert_eq!(roles, ["mx", "home", "dns", "dns"]);
    let dns = &hosts[2];
    let address = format!("{}:{}", dns["address"].as_str().unwrap(), dns["port"]);
    assert_eq!(ready["resolver"], address.as_str());
    let mx = hosts.iter().find(|host| host["role"] == "mx").unwrap();
    assert_eq!(mx["certificate"], "valid");
    assert_eq!(mx["starttls"], "offered");
    assert_eq!(mx["tls"], serde_json::json!(["1.2", "1.3"]));
    let port = u16::try_from(mx["port"].as_u64().unwrap()).unwrap();
    let stream = TcpStream::connect((mx["address"].as_str().unwrap(), port)).unwrap();
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting).unwrap();
    let name = mx["name"].as_str().unwrap();
    assert!(greeting.starts_with(&format!("220 {name} ")), "{greeting}");
    let anchor = ready["trust_anchor"].as_str().unwrap();
    assert!(anchor.starts_with(". IN DNSKEY 257 3 13 "), "{anchor}");
    let root = ready["trust_root"].as_str().unwrap().to_owned();
    assert!(
        std::fs::read_to_string(&root)
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    let (_, complaints, code) = serve.interrupt("-INT");
    assert_eq!((complaints.as_str(), code), ("", Some(0)));
    assert!(!Path::new(&root).exists());
}

#[test]
fn an_interrupted_run_prints_what_is_done_and_ends_with_code_3() {
    for signal in ["-INT", "-TERM"] {
        let mut run = UnderWay::start(&["run", "--jobs", "1"]);
        loop {
            let line = run.line();
            assert!(!line.is_empty(), "the run ended before it was interrupted");
            if line.starts_with("pass") {
                break;
            }
        }
        let (out, complaints, code) = run.interrupt(signal);
        assert_eq!(code, Some(3), "{signal}: {out}{complaints}");
        assert!(complaints.contains("interrupted"), "{complaints}");
        let last = out.trim_end().lines().last().unwrap();
        assert!(last.contains("passed"), "{out}");
    }
}
