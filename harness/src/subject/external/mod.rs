//! A relay that serves all cases of a run at once, unmodified, as its administrator would run it.
//!
//! It is told everything before it starts: names are labelled, so the tables of all cases stand side by side (`tables`).
//! `relay` is the subject, `relay_process` its process, `keeper` who looks at its queue and ends it, `at_case`
//! the relay as one case sees it, and `run_state` where cases and keeper meet. Its time is the world's.

mod at_case;
mod keeper;
mod relay;
mod relay_process;
mod run_state;
mod started;
mod tables;
mod watch;

pub use relay::{RelayOfRun, Shift, relay_folder};
pub use tables::tell_first_step;
