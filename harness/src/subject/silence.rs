//! When a subject rests that shows nothing but what it does in the world: when nothing new was seen for a while.

use std::time::{Duration, Instant};

use crate::recorder::Recorder;

/// How often somebody looks whether something new was seen, in real time.
const LOOK: Duration = Duration::from_millis(100);

/// How long the silence of a subject is waited for, in real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// So long nothing new is seen of a case: it is over.
    pub quiet: Duration,
    /// So long it lasts at most.
    pub longest: Duration,
}

impl Patience {
    /// Waits until nothing new was recorded of a case for long enough, or for as long as anybody waits.
    pub(super) async fn silence(self, recorder: &Recorder) {
        let begin = Instant::now();
        let (mut seen, mut since) = (recorder.count(), begin);
        while since.elapsed() < self.quiet && begin.elapsed() < self.longest {
            tokio::time::sleep(LOOK.min(self.quiet)).await;
            let now = recorder.count();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }
}
