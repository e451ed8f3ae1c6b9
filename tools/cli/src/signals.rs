//! Ctrl-C, and the signal by which services are stopped.

use std::io;

/// Interruptions of this process since it began to listen.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Begins to listen: from here on Ctrl-C does not end the process by itself. A service listens to `SIGTERM` too.
    #[cfg(unix)]
    pub(crate) fn listen(service: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = if service { Some(signal(SignalKind::terminate())?) } else { None };
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate })
    }

    /// Waits for the next interruption.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        match &mut self.terminate {
            Some(terminate) => {
                tokio::select! {
                    _ = self.interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            None => _ = self.interrupt.recv().await,
        }
    }

    /// Begins to listen: from here on Ctrl-C does not end the process by itself.
    #[cfg(windows)]
    pub(crate) fn listen(_: bool) -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next interruption.
    #[cfg(windows)]
    pub(crate) async fn next(&mut self) {
        _ = self.interrupt.recv().await;
    }
}
