//! A program at work on one case.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mtaspec_judge::scenario::Ask;
use nix::sys::signal::Signal;
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::time::Instant;

use super::super::contract::{
    Briefing, Instructions, Listed, ReceiverPort, Running, Subject, SubjectError,
};
use super::profile::{Entry, Profile, Setup, Told};
use super::program::{Program, output};
use super::proxy::{Proxy, tell_end};

/// How long the queue is left alone before it is looked at again, when nothing else tells that it may have changed.
const PAUSE: Duration = Duration::from_millis(20);
/// How long nothing may change while something is still to be done.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program as a subject: started anew for each case.
pub struct ProcessSubject {
    profile: Arc<dyn Profile>,
}

impl ProcessSubject {
    /// The subject that a profile speaks of.
    #[must_use]
    pub fn new(profile: Arc<dyn Profile>) -> Self {
        Self { profile }
    }
}

#[async_trait]
impl Subject for ProcessSubject {
    fn name(&self) -> &str {
        self.profile.name()
    }

    fn version(&self) -> String {
        self.profile.version()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        self.profile.capabilities()
    }

    fn keeps_real_time(&self) -> bool {
        true
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        let cannot = |error: std::io::Error| SubjectError::Start(error.to_string());
        let folder = TempDir::with_prefix("mtaspec-").map_err(cannot)?;
        let proxy = Proxy::start(briefing.clone()).await.map_err(cannot)?;
        write_files(
            &*self.profile,
            &briefing,
            &briefing.instructions,
            folder.path(),
        )?;
        let setup = setup(&briefing, &briefing.instructions, folder.path(), &proxy);
        let mut program = Program::start(self.profile.start(setup))?;
        let ready = |line: &str| match self.profile.understand(line)? {
            Told::Ready {
                injection,
                receiver,
            } => Some((injection, receiver)),
            Told::Done | Told::Refused(_) => None,
        };
        let (injection, receiver) = program.hear(ready).await?;
        Ok(Box::new(AtWork {
            profile: Arc::clone(&self.profile),
            instructions: briefing.instructions.clone(),
            briefing,
            folder,
            proxy,
            program,
            injection,
            receiver,
            has_ended: false,
        }))
    }
}

fn write_files(
    profile: &dyn Profile,
    briefing: &Briefing,
    instructions: &Instructions,
    folder: &Path,
) -> Result<(), SubjectError> {
    for (name, content) in profile.files(briefing, instructions)? {
        std::fs::write(folder.join(&name), content)
            .map_err(|error| SubjectError::Start(format!("{name}: {error}")))?;
    }
    Ok(())
}

fn setup<'a>(
    briefing: &Briefing,
    instructions: &Instructions,
    folder: &'a Path,
    proxy: &Proxy,
) -> Setup<'a> {
    Setup {
        folder,
        proxy: proxy.address(),
        resolver: if instructions.settings.resolver_validates {
            briefing.validating_resolver
        } else {
            briefing.resolver
        },
    }
}

struct AtWork {
    profile: Arc<dyn Profile>,
    briefing: Briefing,
    instructions: Instructions,
    folder: TempDir,
    proxy: Proxy,
    program: Program,
    injection: SocketAddr,
    receiver: BTreeMap<ReceiverPort, SocketAddr>,
    has_ended: bool,
}

impl AtWork {
    async fn list(&self) -> Result<Vec<Entry>, SubjectError> {
        let setup = setup(
            &self.briefing,
            &self.instructions,
            self.folder.path(),
            &self.proxy,
        );
        let text = output(self.profile.list_queue(setup)).await?;
        (self.profile.read_queue(&text))
            .map_err(|why| SubjectError::Start(format!("its queue cannot be read: {why}")))
    }

    /// Sends a signal and waits until what it asks for is done.
    async fn ask_by(&mut self, signal: Signal) -> Result<(), SubjectError> {
        self.program.signal(signal)?;
        let profile = Arc::clone(&self.profile);
        let answer = |line: &str| match profile.understand(line)? {
            Told::Ready { .. } => None,
            Told::Done => Some(Ok(())),
            Told::Refused(why) => Some(Err(why)),
        };
        self.program
            .hear(answer)
            .await?
            .map_err(SubjectError::Unsupported)
    }

    /// Whether it has ended by itself; that is told once.
    fn is_gone(&mut self) -> bool {
        if let Some(code) = self.program.ended()
            && !std::mem::replace(&mut self.has_ended, true)
        {
            tell_end(&self.briefing, code);
        }
        self.has_ended
    }
}

#[async_trait]
impl Running for AtWork {
    fn injection_address(&self) -> SocketAddr {
        self.injection
    }

    fn receiver_address(&self, port: ReceiverPort) -> Option<SocketAddr> {
        self.receiver.get(&port).copied()
    }

    /// It rests when nothing is open through the proxy, nothing in its queue is due, and nothing was dialled between the
    /// two looks.
    async fn settle(&mut self) -> Result<(), SubjectError> {
        let mut traffic = self.proxy.traffic();
        let mut last = None;
        let mut since = Instant::now();
        loop {
            if self.is_gone() {
                return Ok(());
            }
            let before = *traffic.borrow_and_update();
            let mut entries = None;
            if before.open == 0 {
                let listed = match self.list().await {
                    Ok(listed) => listed,
                    // It may have ended meanwhile, and its queue with it.
                    Err(_) if self.is_gone() => return Ok(()),
                    Err(error) => return Err(error),
                };
                let rests = listed.iter().all(|entry| !entry.is_due);
                if rests && *traffic.borrow() == before {
                    return Ok(());
                }
                entries = Some(listed);
            }
            let now = Some((before, entries));
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > PATIENCE {
                return Err(SubjectError::Start(format!(
                    "it has something to do and did nothing for {} s",
                    PATIENCE.as_secs()
                )));
            }
            // Either tells that it is worth another look.
            let _ = tokio::time::timeout(PAUSE, traffic.changed()).await;
        }
    }

    async fn advance(&mut self, _duration: Duration) -> Result<(), SubjectError> {
        Err(SubjectError::Unsupported("that time has passed".to_owned()))
    }

    async fn queue(&mut self) -> Option<Vec<Listed>> {
        if self.has_ended {
            return None;
        }
        let entries = self.list().await.ok()?;
        Some(entries.into_iter().map(|entry| entry.listed).collect())
    }

    async fn retry_now(&mut self) -> Result<(), SubjectError> {
        self.ask_by(Signal::SIGUSR1).await
    }

    async fn change(&mut self, instructions: Instructions) -> Result<(), SubjectError> {
        write_files(
            &*self.profile,
            &self.briefing,
            &instructions,
            self.folder.path(),
        )?;
        self.proxy.change(instructions.clone());
        self.instructions = instructions;
        self.ask_by(Signal::SIGHUP).await
    }

    async fn ask(&mut self, _question: &Ask) -> Option<Map<String, Value>> {
        None
    }

    async fn stop(self: Box<Self>) {
        self.program.kill().await;
    }
}
