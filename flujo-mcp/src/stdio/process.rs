//! The life of a process: who waits for it, and how it ends.

use crate::trouble::Trouble;
use process_wrap::tokio::ChildWrapper;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a process has to end by itself once its standard input is closed, and again once it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// How long its last words are waited for: a process that it started may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The maximum number of bytes of a line of the standard error that are kept.
const LONGEST_LINE: usize = 4 << 10;

/// The number of the signal that asks a process to end.
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// A process that ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    _stop: oneshot::Sender<()>,
}

impl Process {
    /// Takes care of a process: what it writes to its standard error is read to its end, so that it never blocks, and it is waited
    /// for, so that nothing is left of it.
    pub(super) fn watch<E>(child: Box<dyn ChildWrapper>, stderr: Option<E>, trouble: Arc<Trouble>) -> Self
    where
        E: AsyncRead + Send + Unpin + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let mut child = Ending(child);
        let listening = stderr.map(|stderr| tokio::spawn(listen(stderr, Arc::clone(&trouble))));
        tokio::spawn(async move {
            let end = tokio::select! {
                end = child.0.wait() => end,
                _ = stopped => end(&mut *child.0).await,
            };
            // What it started and left behind.
            let _ = child.0.start_kill();
            if let Some(mut listening) = listening
                && timeout(LAST_WORDS, &mut listening).await.is_err()
            {
                listening.abort();
            }
            trouble.ended(match end {
                Ok(status) => format!("the process ended: {status}"),
                Err(error) => format!("the process cannot be waited for: {error}"),
            });
        });
        Self { _stop: stop }
    }
}

/// Ends a process: its standard input is closed already, which is how it is told.
async fn end(child: &mut dyn ChildWrapper) -> std::io::Result<std::process::ExitStatus> {
    if let Ok(end) = timeout(GRACE, child.wait()).await {
        return end;
    }
    #[cfg(unix)]
    if child.signal(SIGTERM).is_ok()
        && let Ok(end) = timeout(GRACE, child.wait()).await
    {
        return end;
    }
    child.start_kill()?;
    child.wait().await
}

/// Kills the process if its watch is dropped: the runtime ends, and nothing is awaited any more.
struct Ending(Box<dyn ChildWrapper>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.0.try_wait() {
            return;
        }
        let _ = self.0.start_kill();
        // A killed process is gone in no time; what is not reaped now is never.
        for _ in 0..50 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Reads lines until the end, and keeps the last ones.
async fn listen<R: AsyncRead + Unpin>(mut from: R, trouble: Arc<Trouble>) {
    let (mut line, mut bytes) = (Vec::new(), vec![0; 8 << 10]);
    while let Ok(n) = from.read(&mut bytes).await {
        if n == 0 {
            break;
        }
        for piece in bytes.get(..n).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST_LINE.saturating_sub(line.len()).min(piece.len());
            line.extend_from_slice(piece.get(..room).unwrap_or_default());
            if piece.ends_with(b"\n") {
                trouble.said(&line);
                line.clear();
            }
        }
    }
    trouble.said(&line);
}
