//! The runtime of commands that speak with others. `run` makes its own, since each play has one anyway.

use tokio::runtime::{Builder, Runtime};

use crate::trouble::Trouble;

/// A runtime with a thread for each processor, clocks and sockets.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn runtime() -> Result<Runtime, Trouble> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::run(format!("no runtime: {error}")))
}
