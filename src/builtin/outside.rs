//! What the engine gets from outside in a case: its time, its network of logical addresses, its tasks.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use mtaspec_engine::outside::{BoxFuture, Clock, Listener, Network, Spawner, Stream};
use mtaspec_harness::clock::{CaseClock, CountedListener, source_towards};
use mtaspec_harness::plan::AddressBook;
use mtaspec_harness::recorder::{Recorder, Teller};
use mtaspec_harness::subject::{Instructions, tell_unanswered};
use mtaspec_judge::events::What;
use tokio::task::AbortHandle;

use super::locked;

/// The case's time.
pub(super) struct CaseTime(pub(super) Arc<CaseClock>);

impl Clock for CaseTime {
    fn now(&self) -> SystemTime {
        self.0.epoch() + self.0.elapsed()
    }

    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<()> {
        let at = deadline.duration_since(self.0.epoch());
        Box::pin(self.0.sleep_until(at.unwrap_or_default()))
    }
}

/// The case's network: logical addresses, and behind them the fakes on loopback.
pub(super) struct CaseNetwork {
    pub(super) clock: Arc<CaseClock>,
    pub(super) resolvers: [SocketAddr; 2],
    pub(super) addresses: Arc<AddressBook>,
    pub(super) instructions: Arc<Mutex<Instructions>>,
    pub(super) recorder: Recorder,
}

impl CaseNetwork {
    fn real(&self, to: SocketAddr) -> Option<SocketAddr> {
        if self.resolvers.contains(&to) {
            Some(to)
        } else {
            self.addresses.real(to)
        }
    }

    fn tell_unanswered(&self, to: SocketAddr) {
        let instructions = locked(&self.instructions);
        tell_unanswered(&self.recorder, &instructions, &self.addresses, to);
    }
}

#[async_trait]
impl Network for CaseNetwork {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let Some(real) = self.real(to) else {
            self.tell_unanswered(to);
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        if self.clock.is_silent(real) {
            self.tell_unanswered(to);
        }
        match self.clock.connect(real).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                self.tell_unanswered(to);
                Err(error)
            }
        }
    }

    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        let real = self.real(to).ok_or(io::ErrorKind::ConnectionRefused)?;
        self.clock.exchange(real, datagram).await
    }

    async fn source_towards(&self, to: SocketAddr) -> Option<IpAddr> {
        source_towards(self.real(to)?)
    }

    async fn listen(&self, at: SocketAddr) -> io::Result<Box<dyn Listener>> {
        Ok(Box::new(CaseListener(self.clock.listen(at).await?)))
    }
}

/// A listener whose connections the case's clock knows.
struct CaseListener(CountedListener);

#[async_trait]
impl Listener for CaseListener {
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
        let (stream, from) = self.0.accept().await?;
        Ok((Box::new(stream), from))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.local_addr())
    }
}

/// The case's tasks; they end with it.
pub(super) struct CaseTasks {
    pub(super) clock: Arc<CaseClock>,
    pub(super) recorder: Recorder,
    pub(super) handles: Mutex<Vec<AbortHandle>>,
}

impl Spawner for CaseTasks {
    fn spawn(&self, task: BoxFuture<()>) {
        let note = PanicNote(self.recorder.clone());
        let handle = self.clock.spawn(async move {
            let _note = note;
            task.await;
        });
        let mut handles = locked(&self.handles);
        handles.retain(|handle| !handle.is_finished());
        handles.push(handle);
    }
}

/// A task of the engine that panics is the end of the subject as far as the case can see.
struct PanicNote(Recorder);

impl Drop for PanicNote {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.record(
                Teller::default(),
                What::SubjectEnded {
                    code: None,
                    shared: false,
                },
            );
        }
    }
}
