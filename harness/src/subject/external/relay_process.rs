//! The relay's own process: how it is started, greets, is stopped, and what it says meanwhile.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use regex::Regex;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::contract::SubjectError;
use super::super::smtp_client::SmtpClient;

/// The pause between two looks whether the relay greets.
const PAUSE: Duration = Duration::from_millis(50);
/// How long one attempt to be greeted may take.
const GREETING: Duration = Duration::from_secs(5);
/// How long a relay that was told to stop may take before it is killed.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long the outputs of a process that has ended may stay open: what it leaves behind may hold them.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a command of the profile may take.
const COMMAND: Duration = Duration::from_secs(30);
/// The longest output of a command that is read.
const OUTPUT_LIMIT: u64 = 64 << 20;
/// The most that is kept of what a relay says; one that floods says no more after that.
const LOG_LIMIT: usize = 64 << 20;
/// How much of the end of it is told when something goes wrong.
const TOLD_LINES: usize = 15;
/// How much of a line of it is told.
const TOLD_WIDTH: usize = 400;

/// What a relay says, on either output.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Said>);

#[derive(Default)]
struct Said {
    bytes: Mutex<Vec<u8>>,
    grown: Notify,
}

impl Log {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        let bytes = &self.0.bytes;
        bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many octets it has.
    pub(super) fn length(&self) -> usize {
        self.bytes().len()
    }

    /// Waits until it says something behind its first octets.
    pub(super) async fn says(&self, what: &Regex, behind: usize) -> Result<(), SubjectError> {
        let said = async {
            loop {
                let grown = self.0.grown.notified();
                let is_there = what.is_match(&String::from_utf8_lossy(&self.bytes()[behind..]));
                if is_there {
                    return;
                }
                grown.await;
            }
        };
        tokio::time::timeout(COMMAND, said).await.map_err(|_| {
            let seconds = COMMAND.as_secs();
            SubjectError::Start(format!(
                "it did not say `{what}` within {seconds} s{}",
                self.last_lines()
            ))
        })
    }

    async fn take_in(self, mut from: impl AsyncRead + Unpin) {
        let mut piece = vec![0; 16 * 1_024];
        while let Ok(length) = from.read(&mut piece).await
            && length > 0
        {
            self.add(&piece[..length]);
        }
    }

    /// Adds a line of our own.
    pub(super) fn note(&self, line: &str) {
        self.add(format!("{line}\n").as_bytes());
    }

    fn add(&self, piece: &[u8]) {
        let mut bytes = self.bytes();
        let room = LOG_LIMIT.saturating_sub(bytes.len());
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        drop(bytes);
        self.0.grown.notify_waiters();
    }

    /// Its last lines, each begun on a line of its own; empty when it has said nothing.
    pub(super) fn last_lines(&self) -> String {
        let bytes = self.bytes();
        let end = bytes.len().saturating_sub(TOLD_LINES * TOLD_WIDTH * 2);
        let text = String::from_utf8_lossy(&bytes[end..]).into_owned();
        let mut last = VecDeque::new();
        for line in text.lines() {
            if last.len() == TOLD_LINES {
                last.pop_front();
            }
            last.push_back(line.chars().take(TOLD_WIDTH).collect::<String>());
        }
        let lines: Vec<String> = last.iter().map(|line| format!("\n  {line}")).collect();
        lines.concat()
    }

    /// Writes all of it to a file.
    pub(super) fn write_to(&self, file: &Path) -> io::Result<()> {
        std::fs::File::create(file)?.write_all(&self.bytes())
    }
}

/// A relay that was started.
pub(super) struct RelayProcess {
    /// None: it runs in the background, and nobody but its queue and its port can tell that it does.
    child: Option<Heard>,
    log: Log,
}

/// A process whose outputs go to the log.
struct Heard {
    child: Child,
    outputs: Vec<JoinHandle<()>>,
}

impl Heard {
    /// Waits until all is in the log that it said, once it has ended.
    async fn last_words(&mut self) {
        let outputs = std::mem::take(&mut self.outputs);
        let all = async {
            for output in outputs {
                // One that panicked has told so by itself.
                let _ = output.await;
            }
        };
        // Who still holds one open goes on being heard, and holds up nobody.
        let _ = tokio::time::timeout(LAST_WORDS, all).await;
    }
}

impl RelayProcess {
    /// One that nobody has to start.
    pub(super) fn none(log: Log) -> Self {
        Self { child: None, log }
    }

    /// Sends a signal to the process that was started.
    pub(super) fn send(&self, signal: Signal) -> Result<(), SubjectError> {
        let id = self.child.as_ref().and_then(|heard| heard.child.id());
        let id = id.and_then(|id| i32::try_from(id).ok());
        let gone = || SubjectError::Start(format!("no process is there to be sent {signal}"));
        kill(Pid::from_raw(id.ok_or_else(gone)?), signal).map_err(|_| gone())
    }

    /// Starts it. One that runs in the foreground is watched; of another the command has to end by itself.
    pub(super) async fn start(
        command: Command,
        is_foreground: bool,
        log: Log,
    ) -> Result<Self, SubjectError> {
        if !is_foreground {
            run(command, &log).await?;
            return Ok(Self { child: None, log });
        }
        let told = words(&command);
        let child = listened(command, &log)
            .map_err(|error| SubjectError::Start(format!("{told}: {error}")))?;
        Ok(Self {
            child: Some(child),
            log,
        })
    }

    /// Waits until it greets at this address.
    pub(super) async fn greeted(
        &mut self,
        address: SocketAddr,
        patience: Duration,
    ) -> Result<(), SubjectError> {
        let since = Instant::now();
        let mut last = "nothing listens there".to_owned();
        while since.elapsed() < patience {
            if let Some(code) = self.ended() {
                if let Some(heard) = &mut self.child {
                    heard.last_words().await;
                }
                return Err(self.trouble(&format!("before it greeted, {}", how_ended(code))));
            }
            let left = patience.saturating_sub(since.elapsed());
            let met = tokio::time::timeout(GREETING.min(left), greeting(address)).await;
            match met {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(why)) => last = why,
                Err(_) => "a connection was taken, and no greeting came".clone_into(&mut last),
            }
            tokio::time::sleep(PAUSE).await;
        }
        let why = format!(
            "within {} s it did not greet at {address} as it should ({last}); [start] `ready` says how long it may take",
            patience.as_secs()
        );
        Err(self.trouble(&why))
    }

    /// Its exit code, if it has ended by itself; a signal is none.
    pub(super) fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.child.as_mut()?.child.try_wait().ok()??;
        Some(status.code())
    }

    /// Ends it: by its own command, then by a signal, then by force.
    pub(super) async fn stop(&mut self, command: Option<Command>) {
        if let Some(command) = command {
            // What does not stop is ended below.
            let _ = run(command, &self.log).await;
        }
        let Some(heard) = &mut self.child else { return };
        let id = heard.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        let ended = tokio::time::timeout(FAREWELL, heard.child.wait()).await;
        if ended.is_err() {
            let _ = heard.child.kill().await;
        }
        heard.last_words().await;
    }

    fn trouble(&self, why: &str) -> SubjectError {
        let said = match self.log.last_lines() {
            nothing if nothing.is_empty() => "; it said nothing".to_owned(),
            lines => format!("; what it said last:{lines}"),
        };
        SubjectError::Start(format!("{why}{said}"))
    }
}

/// One attempt to be greeted, and what was met in place of a greeting.
async fn greeting(address: SocketAddr) -> Result<(), String> {
    let (mut client, greeting) = SmtpClient::connect(address)
        .await
        .map_err(|error| error.to_string())?;
    if !greeting.is_positive() {
        return Err(format!("it greeted with {}", greeting.code));
    }
    let answer = client.command("QUIT").await;
    // What goes wrong at the end of a session that has begun well is nobody's concern, unless it began twice.
    match answer {
        Ok(answer) if answer.code == 220 => Err("it greeted twice".to_owned()),
        _ => Ok(()),
    }
}

/// What became of a process that ended by itself, and what that may mean.
pub(super) fn how_ended(code: Option<i32>) -> String {
    match code {
        None => "it was ended by a signal".to_owned(),
        Some(0) => {
            "it ended with code 0; if it goes on in the background, say foreground = false in [start]".to_owned()
        }
        Some(code) => format!("it ended with code {code}"),
    }
}

/// Runs a command that ends by itself; what it prints goes to the log. What it leaves behind may go on holding its output.
pub(super) async fn run(command: Command, log: &Log) -> Result<(), SubjectError> {
    let told = words(&command);
    let ended = async {
        let mut heard = listened(command, log)?;
        let status = heard.child.wait().await?;
        if !status.success() {
            heard.last_words().await;
        }
        Ok(status)
    };
    within_time(ended)
        .await
        .map_err(|why| SubjectError::Start(format!("{told}: {why}{}", log.last_lines())))
}

/// The same, and gives back what it printed on standard output.
pub(super) async fn output(command: Command) -> Result<String, SubjectError> {
    let told = words(&command);
    let mut text = Vec::new();
    let ended = async {
        let mut child = piped(command).stderr(Stdio::null()).spawn()?;
        if let Some(out) = child.stdout.take() {
            out.take(OUTPUT_LIMIT).read_to_end(&mut text).await?;
        }
        child.wait().await
    };
    within_time(ended)
        .await
        .map_err(|why| SubjectError::Start(format!("{told}: {why}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn within_time(ended: impl Future<Output = io::Result<ExitStatus>>) -> Result<(), String> {
    match tokio::time::timeout(COMMAND, ended).await {
        Err(_) => Err(format!("it did not end within {} s", COMMAND.as_secs())),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(status)) if !status.success() => Err(status.to_string()),
        Ok(Ok(_)) => Ok(()),
    }
}

/// Starts a program whose outputs go to the log.
fn listened(command: Command, log: &Log) -> io::Result<Heard> {
    let mut child = piped(command).spawn()?;
    let mut outputs = Vec::new();
    if let Some(out) = child.stdout.take() {
        outputs.push(tokio::spawn(log.clone().take_in(out)));
    }
    if let Some(err) = child.stderr.take() {
        outputs.push(tokio::spawn(log.clone().take_in(err)));
    }
    Ok(Heard { child, outputs })
}

fn piped(command: Command) -> tokio::process::Command {
    let mut command = tokio::process::Command::from(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A command as people write it.
fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
