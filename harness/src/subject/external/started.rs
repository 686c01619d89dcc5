//! A relay that was started, from one shift to the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::super::contract::SubjectError;
use super::keeper::{Keeper, Ordered};
use super::relay::Ways;
use super::relay_process::{Log, RelayProcess};
use super::run_state::RunState;
use crate::subject::profile::{InjectBy, Verb};

/// The relay's process and the runtime on which it is heard. Dropped, it is stopped.
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
        let process = runtime.block_on(async {
            let (Some(command), Some(start)) = (command, &ways.profile.start) else {
                return Ok(RelayProcess::none(log.clone()));
            };
            let mut process = RelayProcess::start(command, start.foreground, log.clone()).await?;
            if let InjectBy::Port(_) = ways.profile.inject.by {
                process.greeted(injection, start.ready).await?;
            }
            Ok::<_, SubjectError>(process)
        })?;
        Ok(Self {
            ways,
            log,
            runtime,
            process,
        })
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
