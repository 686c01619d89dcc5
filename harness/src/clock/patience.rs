//! How long a case may take in real time: waiting for rest, and giving up.

use std::pin::pin;
use std::time::{Duration, Instant};

use super::CaseClock;
use super::rule::Rest;

/// How much real time is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// Without any change.
    pub(super) silence: Duration,
    /// With changes, and no rest.
    pub(super) unrest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            unrest: Duration::from_secs(120),
        }
    }
}

/// The subject waits for something that will never come, or never comes to rest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// Real time passed and nothing happened.
    #[error("nothing happened for {} s of real time: {state}", after.as_secs())]
    Silent {
        /// The real time.
        after: Duration,
        /// Who waits for what.
        state: String,
    },
    /// Things went on happening without an end.
    #[error("the subject did not come to rest within {} s of real time: {state}", after.as_secs())]
    Restless {
        /// The real time.
        after: Duration,
        /// Who waits for what.
        state: String,
    },
}

impl CaseClock {
    /// Waits until the subject has nothing open and computes nothing; its deadlines may still lie ahead.
    ///
    /// # Errors
    /// When that never comes.
    pub async fn idle(&self) -> Result<(), Stuck> {
        let Patience { silence, unrest } = self.patience;
        let begin = Instant::now();
        loop {
            let mut idle = pin!(self.idle.notified());
            idle.as_mut().enable();
            let changes = {
                let state = self.lock();
                if state.rest() == Rest::Idle {
                    return Ok(());
                }
                state.changes
            };
            let was_idle = tokio::time::timeout(silence, idle).await.is_ok();
            let now = self.lock();
            if !was_idle && now.changes == changes {
                return Err(Stuck::Silent {
                    after: silence,
                    state: now.to_string(),
                });
            }
            // Idle for a moment and busy again, over and over, is no rest either.
            if now.rest() != Rest::Idle && begin.elapsed() >= unrest {
                return Err(Stuck::Restless {
                    after: unrest,
                    state: now.to_string(),
                });
            }
        }
    }
}
