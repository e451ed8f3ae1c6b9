//! The signals by which a process is told to end.

/// Completes at Ctrl-C, and where there are signals at `SIGTERM`, which is what a supervisor sends.
///
/// # Errors
/// The signals cannot be listened to.
#[cfg(unix)]
pub async fn told_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

/// Completes at Ctrl-C.
///
/// # Errors
/// It cannot be listened to.
#[cfg(not(unix))]
pub async fn told_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
