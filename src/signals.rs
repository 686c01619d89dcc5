//! The wish of a person or a program that this one should end: Ctrl-C, or a polite kill.

use mtaspec_harness::runner::Stop;

/// Listens from this call on; what it gives back waits until somebody asks this program to end. A tokio runtime must
/// be entered.
#[cfg(unix)]
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    // Where there are no signals there is only the end of the process.
    async fn heard(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
    let interrupted = signal(SignalKind::interrupt());
    let terminated = signal(SignalKind::terminate());
    async {
        tokio::select! {
            () = heard(interrupted) => {}
            () = heard(terminated) => {}
        }
    }
}

/// Waits until somebody asks this program to end.
#[cfg(not(unix))]
pub(crate) async fn asked_to_stop() {
    // Without signals there is only the end of the process.
    let _ = tokio::signal::ctrl_c().await;
}

/// Stops the run when somebody asks for it, and then says that this was the reason.
pub(crate) fn interrupted(runtime: &tokio::runtime::Runtime, stop: &Stop) -> Stop {
    let (interrupted, stop) = (Stop::default(), stop.clone());
    let noted = interrupted.clone();
    let asked = {
        let _entered = runtime.enter();
        asked_to_stop()
    };
    runtime.spawn(async move {
        asked.await;
        noted.now();
        stop.now();
    });
    interrupted
}

/// What a person or a program wishes of one that keeps running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To end: Ctrl-C or SIGTERM.
    End,
    /// To read its settings again: SIGHUP.
    Reload,
    /// To do at once what would wait: SIGUSR1.
    Retry,
}

/// Wishes as they come. A tokio runtime must be entered.
pub(crate) struct Wishes {
    ends: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
    #[cfg(unix)]
    reloads: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    retries: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Wishes {
    /// Listens from this call on.
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        Self {
            ends: Box::pin(asked_to_stop()),
            reloads: signal(SignalKind::hangup()).ok(),
            retries: signal(SignalKind::user_defined1()).ok(),
        }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Wish {
        use tokio::signal::unix::Signal;

        async fn heard(signal: &mut Option<Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = &mut self.ends => Wish::End,
            () = heard(&mut self.reloads) => Wish::Reload,
            () = heard(&mut self.retries) => Wish::Retry,
        }
    }
}

#[cfg(not(unix))]
impl Wishes {
    /// Listens from this call on.
    pub(crate) fn listen() -> Self {
        Self {
            ends: Box::pin(asked_to_stop()),
        }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Wish {
        (&mut self.ends).await;
        Wish::End
    }
}
