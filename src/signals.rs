//! The wish of a person or a program that this one should end: Ctrl-C, or a polite kill.

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
