//! Ends the program when a reader does not come to an end, and keeps what it was reading.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long one input may be read. Readers need microseconds for it; a busy machine shall not matter.
const LIMIT: Duration = Duration::from_secs(60);

/// Watches the reading of one target until it is dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    begun: u64,
    input: Vec<u8>,
    is_over: bool,
}

impl Watch {
    /// Watches a target, and keeps its input in a folder if need be.
    pub(crate) fn over(target: &'static str, found: &Path) -> Self {
        let shared = Arc::new(Shared::default());
        let (watched, found) = (Arc::clone(&shared), found.to_owned());
        std::thread::spawn(move || watched.wait(target, found));
        Self { shared }
    }

    /// An input begins to be read.
    pub(crate) fn begin(&self, input: &[u8]) {
        let mut state = self.shared.locked();
        state.begun += 1;
        state.input.clear();
        state.input.extend_from_slice(input);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.locked().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
    fn wait(&self, target: &str, found: PathBuf) {
        let mut state = self.locked();
        loop {
            let before = state.begun;
            let (now, _) = (self.changed)
                .wait_timeout_while(state, LIMIT, |state| !state.is_over)
                .unwrap_or_else(PoisonError::into_inner);
            state = now;
            if state.is_over {
                return;
            }
            if state.begun == before {
                let kept = crate::keep(&found, target, &state.input);
                let limit = LIMIT.as_secs();
                println!("{target}: input {before} was not read within {limit} s");
                match kept {
                    Ok(path) => println!("  kept as {}", path.display()),
                    Err(error) => println!("  {error:#}"),
                }
                process::exit(1);
            }
        }
    }
}
