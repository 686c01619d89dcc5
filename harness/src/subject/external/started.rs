//! A relay that was started, from one shift to the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::super::contract::SubjectError;
use super::keeper::{Keeper, Ordered};
use super::relay::Ways;
use super::relay_process::{Log, RelayProcess, how_ended};
use super::run_state::RunState;
use crate::subject::profile::{InjectBy, Verb};

/// The relay's process and the runtime on which it is heard. Dropped, it is stopped; that must not be in another runtime.
pub(super) struct Started {
    ways: Ways,
    log: Log,
    runtime: Runtime,
    process: RelayProcess,
}

impl Started {
    /// Writes its files, starts it and waits until it greets at this address.
    ///
    /// # Errors
    /// When it does not.
    pub(super) fn new(ways: Ways, log: Log, injection: SocketAddr) -> Result<Self, SubjectError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| SubjectError::Start(error.to_string()))?;
        ways.write()?;
        let command = ways.command(Verb::Start)?;
        let profile = Arc::clone(&ways.profile);
        let (Some(command), Some(start)) = (command, &profile.start) else {
            return Ok(Self {
                process: RelayProcess::none(log.clone()),
                ways,
                log,
                runtime,
            });
        };
        let process = RelayProcess::start(command, start.foreground, log.clone());
        let mut started = Self {
            process: runtime.block_on(process)?,
            ways,
            log,
            runtime,
        };
        if let InjectBy::Port(_) = profile.inject.by {
            let greeted = started.process.greeted(injection, start.ready);
            started.runtime.block_on(greeted)?;
        }
        Ok(started)
    }

    /// The same, if it has not ended by itself.
    pub(super) fn alive(mut self) -> Option<Self> {
        match self.process.ended() {
            None => Some(self),
            Some(code) => {
                self.log.note(&format!("mtaspec: {}", how_ended(code)));
                None
            }
        }
    }

    /// Keeps it for these cases until all is quiet for so long behind the last of them.
    pub(super) fn keep(&mut self, state: Arc<RunState>, errands: Ordered, quiet: Duration) {
        let keeper = Keeper {
            ways: self.ways.clone(),
            process: &mut self.process,
            state,
            log: self.log.clone(),
            quiet,
        };
        self.runtime.block_on(keeper.keep(errands));
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let stop = self.ways.command(Verb::Stop).ok().flatten();
        self.runtime.block_on(self.process.stop(stop));
    }
}
