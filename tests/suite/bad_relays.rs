//! Relays with a profile that do wrong: each run ends soon, with one clear sentence, and leaves nothing behind.
//!
//! The relays are this program, started as the profile of a test says; they live in namespaces as any relay does.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::command::{HEALTHY, mtaspec, outcome, scenario};

/// Tells this program which bad relay it is.
const BAD: &str = "MTASPEC_BAD_RELAY";
/// Where a relay takes mail.
const LISTEN: &str = "198.18.0.1:25";
/// Far more than any of these runs needs, also on a machine that does much else.
const SOON: Duration = Duration::from_secs(120);
/// A line that nobody should read to its end.
const LONG: usize = 10 << 20;

#[test]
fn this_program_is_a_bad_relay_where_it_is_told_to_be_one() {
    if let Ok(word) = std::env::var(BAD) {
        be(&word);
    }
}

// ---- the relays

fn be(word: &str) {
    match word {
        "exits" => {
            let _ = writeln!(std::io::stderr(), "no such spool");
            std::process::exit(4);
        }
        "forks-away" => {
            let again = std::env::current_exe().unwrap();
            let mut command = Command::new(again);
            command.args(std::env::args_os().skip(1)).env(BAD, "waits");
            command.spawn().unwrap();
            std::process::exit(0);
        }
        "waits" => loop {
            std::thread::park();
        },
        "floods-its-log" => {
            std::thread::spawn(|| {
                let line = "x".repeat(64 * 1_024);
                loop {
                    let _ = writeln!(std::io::stdout(), "{line}");
                }
            });
        }
        "floods-the-fakes" => {
            std::thread::spawn(|| {
                loop {
                    for last in 2..=40 {
                        let host = SocketAddr::from(([198, 18, 0, last], 25));
                        if let Ok(mut stream) = TcpStream::connect(host) {
                            let _ = stream.write_all(b"EHLO flood.test\r\n");
                        }
                    }
                }
            });
        }
        "leaves-children" => {
            let script = "for child in 1 2 3; do setsid sleep 1000 & done";
            let mut children = Command::new("sh");
            children.args(["-c", script]).status().unwrap();
        }
        _ => {}
    }
    let listener = TcpListener::bind(LISTEN).unwrap();
    for stream in listener.incoming() {
        let word = word.to_owned();
        std::thread::spawn(move || serve(&word, stream.unwrap()));
    }
}

fn serve(word: &str, mut stream: TcpStream) -> Option<()> {
    let mut say = {
        let mut stream = stream.try_clone().ok()?;
        move |text: &str| stream.write_all(text.as_bytes()).ok()
    };
    match word {
        "never-greets" => loop {
            std::thread::park();
        },
        "greets-with-554" => return say("554 5.3.2 not today\r\n"),
        "greets-twice" => say("220 one\r\n220 two\r\n")?,
        "long-lines" => say(&"2".repeat(LONG))?,
        _ => say("220 bad.test\r\n")?,
    }
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let mut message = None::<String>;
    while let Some(Ok(line)) = lines.next() {
        if let Some(text) = &mut message {
            *text += &line;
            *text += "\r\n";
            if line == "." {
                if word == "loops" {
                    let text = text.clone();
                    std::thread::spawn(move || to_itself(&text));
                }
                message = None;
                say("250 2.0.0 taken\r\n")?;
            }
            continue;
        }
        match line.split(' ').next().unwrap_or_default() {
            "DATA" if word == "dies-in-the-middle" => std::process::exit(9),
            "DATA" => {
                message = Some(String::new());
                say("354 go on\r\n")?;
            }
            "QUIT" => return say("221 2.0.0 bye\r\n"),
            _ if word == "long-answers" => say(&format!("250 {}\r\n", "x".repeat(LONG)))?,
            _ => say("250 2.0.0 yes\r\n")?,
        }
    }
    stream.flush().ok()
}

/// The same message, again and again.
fn to_itself(text: &str) -> Option<()> {
    let mut stream = TcpStream::connect(LISTEN).ok()?;
    let words = ["", "EHLO a", "MAIL FROM:<>", "RCPT TO:<a@a.test>", "DATA"];
    let mut answers = BufReader::new(stream.try_clone().ok()?).lines();
    for word in words {
        if !word.is_empty() {
            stream.write_all(format!("{word}\r\n").as_bytes()).ok()?;
        }
        answers.next()?.ok()?;
    }
    stream.write_all(text.as_bytes()).ok()
}

// ---- the runs

/// A folder with a profile of a bad relay and a scenario for it.
struct Bad {
    folder: tempfile::TempDir,
}

impl Bad {
    fn new(word: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        // The folder in the command marks what the run has started.
        let profile = format!(
            r#"
name         = "bad-relay"
about        = "one that does wrong"
install      = "apt-get install bad-relay"
capabilities = []
{more}
[version]
command = ["echo", "1"]
pattern = '(1)'

[start]
command = ["env", "{BAD}={word}", "MARK={mark}", "{program}", "--exact", "--nocapture",
           "bad_relays::this_program_is_a_bad_relay_where_it_is_told_to_be_one"]
ready   = "3 s"

[time]
quiet   = "1 s"
longest = "4 s"
"#,
            mark = folder.path().display(),
            program = program.display(),
        );
        fs::write(folder.path().join("profile.toml"), profile).unwrap();
        scenario(folder.path(), "healthy.toml", HEALTHY);
        Self { folder }
    }

    fn command(&self) -> Command {
        let folder = self.folder.path().to_str().unwrap();
        let healthy = format!("{folder}/healthy.toml");
        mtaspec(&["run", "--subject", folder, &healthy])
    }

    /// Exit code and what was said; nothing is left behind.
    fn run(&self) -> (i32, String, String) {
        let since = Instant::now();
        // Whatever holds these pipes has ended when the output is there.
        let output = self.command().stdin(Stdio::null()).output().unwrap();
        assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
        let left = self.left_behind();
        assert!(left.is_empty(), "{left:?}");
        outcome(&output)
    }

    /// Processes with the mark of this run in their environment.
    fn left_behind(&self) -> Vec<String> {
        let mark = format!("MARK={}", self.folder.path().display());
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let marked = processes.filter(|process| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&mark)
        });
        marked
            .map(|process| process.path().display().to_string())
            .collect()
    }
}

#[test]
fn a_relay_that_does_not_begin_well_is_named_with_what_it_did() {
    // (what it does, what is said of it)
    let cases = [
        (
            "exits",
            "before it greeted, it ended with code 4; what it said last:",
        ),
        (
            "forks-away",
            "it ended with code 0; if it goes on in the background, say foreground = false",
        ),
        (
            "never-greets",
            "a connection was taken, and no greeting came",
        ),
        ("greets-twice", "it greeted twice"),
        ("greets-with-554", "it greeted with 554"),
        ("long-lines", "which is no SMTP reply"),
    ];
    for (word, says) in cases {
        let (code, out, err) = Bad::new(word, "").run();
        assert_eq!(code, 3, "{word}: {out}{err}");
        assert!(err.starts_with("mtaspec: bad-relay: "), "{word}: {err}");
        assert!(err.contains(says), "{word}: {err}");
        assert!(err.len() < 8_000, "{word}: {} octets", err.len());
    }
}

#[test]
fn a_relay_that_goes_wrong_later_ends_the_run_and_not_the_suite() {
    let cases = [
        ("loops", ""),
        ("floods-its-log", ""),
        ("floods-the-fakes", ""),
        ("long-answers", ""),
        ("dies-in-the-middle", "mtaspec: it ended with code 9"),
        ("leaves-children", ""),
    ];
    for (word, says) in cases {
        let (code, out, err) = Bad::new(word, "").run();
        assert_eq!(code, 3, "{word}: {out}{err}");
        let sentence = "bad-relay does not let mail out and notices back in";
        assert!(err.contains(sentence), "{word}: {err}");
        assert!(err.contains(says), "{word}: {err}");
        assert!(err.len() < 20_000, "{word}: {} octets", err.len());
    }
}

#[test]
fn what_a_relay_said_is_kept_although_the_run_came_to_nothing() {
    let bad = Bad::new("exits", "");
    let records = bad.folder.path().join("records");
    let output = bad
        .command()
        .arg("--record")
        .arg(&records)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(outcome(&output).0, 3);
    let log = fs::read_to_string(records.join("relay.log")).unwrap();
    assert!(log.contains("no such spool"), "{log}");
}

#[test]
fn what_is_missing_is_told_before_anything_starts() {
    let bad = Bad::new("exits", "[needs]\nprograms = [\"no-such-mta\"]\n");
    let (code, out, err) = bad.run();
    assert_eq!((code, out.as_str()), (3, ""));
    assert_eq!(
        err,
        "mtaspec: bad-relay needs no-such-mta, which this machine does not have; install it with `apt-get install bad-relay`\n"
    );
}

#[test]
fn a_profile_with_mistakes_is_refused_with_their_places() {
    // (a part of the profile, what is said of it)
    let cases = [
        (
            "[reload]\nsignl = \"HUP\"\n",
            [
                "profile.toml:7:1: unknown key `signl` in [reload]",
                "did you mean `signal`?",
            ],
        ),
        (
            "[reload]\nsignal = \"KILL\"\n",
            [
                "no signal of a relay is called \"KILL\"",
                "HUP, USR1, USR2, ALRM",
            ],
        ),
        (
            "[[file]]\npath = \"a\"\ntext = \"{{ lisen }}\"\n",
            ["profile.toml:8:8: ", "did you mean `listen`?"],
        ),
    ];
    for (part, says) in cases {
        let (code, out, err) = Bad::new("exits", part).run();
        assert_eq!((code, out.as_str()), (2, ""), "{part}: {err}");
        for words in says {
            assert!(err.contains(words), "{part}: {err}");
        }
    }
}
