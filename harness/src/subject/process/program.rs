//! A running program: what it says, what it is told by signals, and its end.

use std::collections::VecDeque;
use std::io;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;

use super::super::contract::SubjectError;

/// How long a program may take to start, or to do what a signal asks for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest line that is read of a program.
const LINE_LIMIT: u64 = 64 * 1_024;
/// The longest output of a program that ends by itself.
const OUTPUT_LIMIT: u64 = 64 * 1_024 * 1_024;
/// How many lines of its standard error are kept, to be told when it fails.
const KEPT_LINES: usize = 20;

/// A program that runs. It is killed when it is dropped.
pub(super) struct Program {
    child: Child,
    said: BufReader<ChildStdout>,
    complaints: Arc<Mutex<VecDeque<String>>>,
    _listener: JoinHandle<()>,
}

impl Program {
    /// Starts it.
    pub(super) fn start(command: Command) -> Result<Self, SubjectError> {
        let told = format!("{}", command.get_program().display());
        let mut child = tokio::process::Command::from(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| SubjectError::Start(format!("{told}: {error}")))?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(SubjectError::Start(format!("{told} has no output")));
        };
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let listener = tokio::spawn(listen(BufReader::new(err), Arc::clone(&complaints)));
        Ok(Self {
            child,
            said: BufReader::new(out),
            complaints,
            _listener: listener,
        })
    }

    /// Waits until it says something that is understood.
    pub(super) async fn hear<T>(
        &mut self,
        understand: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SubjectError> {
        let heard = async {
            loop {
                match line(&mut self.said).await? {
                    None => return Ok(None),
                    Some(line) => {
                        if let Some(told) = understand(&line) {
                            return Ok(Some(told));
                        }
                    }
                }
            }
        };
        let trouble = match tokio::time::timeout(PATIENCE, heard).await {
            Ok(Ok(Some(told))) => return Ok(told),
            Ok(Ok(None)) => "it ended".to_owned(),
            Ok(Err(error)) => io::Error::to_string(&error),
            Err(_) => format!("it said nothing for {} s", PATIENCE.as_secs()),
        };
        Err(SubjectError::Start(format!(
            "{trouble}{}",
            self.last_complaints()
        )))
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), SubjectError> {
        let gone = || SubjectError::Start(format!("it has ended{}", self.last_complaints()));
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.ok_or_else(gone)?;
        kill(Pid::from_raw(id), signal).map_err(|_| gone())
    }

    /// Its exit code, if it has ended; a signal is none.
    pub(super) fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.child.try_wait().ok()??;
        Some(status.code())
    }

    /// Ends it.
    pub(super) async fn kill(mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill().await;
    }

    fn last_complaints(&self) -> String {
        let kept = self
            .complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = kept.iter().map(String::as_str).collect();
        if lines.is_empty() {
            String::new()
        } else {
            format!(":\n{}", lines.join("\n"))
        }
    }
}

/// Runs a program that ends by itself, and gives back what it printed.
pub(super) async fn output(command: Command) -> Result<String, SubjectError> {
    let told = format!("{}", command.get_program().display());
    let failed = |why: String| SubjectError::Start(format!("{told}: {why}"));
    let mut child = tokio::process::Command::from(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut text = String::new();
    let run = async {
        if let Some(out) = child.stdout.take() {
            out.take(OUTPUT_LIMIT).read_to_string(&mut text).await?;
        }
        child.wait().await
    };
    match tokio::time::timeout(PATIENCE, run).await {
        Ok(Ok(status)) if status.success() => Ok(text),
        Ok(Ok(status)) => Err(failed(status.to_string())),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!(
            "it did not end within {} s",
            PATIENCE.as_secs()
        ))),
    }
}

async fn listen(mut err: impl AsyncBufRead + Unpin, kept: Arc<Mutex<VecDeque<String>>>) {
    while let Ok(Some(line)) = line(&mut err).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

/// The next line; a longer one comes in pieces. None: there are no more.
async fn line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut limited = from.take(LINE_LIMIT);
    if limited.read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()))
}
