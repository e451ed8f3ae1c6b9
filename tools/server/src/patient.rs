//! A connection on which nobody has to wait for ever.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection that breaks if its other end takes nothing for some time: what is kept for it is let go.
pub(crate) struct Patient<C> {
    inner: C,
    time: Duration,
    /// Since when nothing was taken.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<C> Patient<C> {
    pub(crate) fn new(inner: C, time: Duration) -> Self {
        Self { inner, time, stalled: None }
    }

    /// Looks at the time while nothing is taken.
    fn waited<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let time = self.time;
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(time))).as_mut().poll(context));
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, format!("nothing was taken for {time:?}"))))
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for Patient<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Patient<C> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.waited(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.waited(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.waited(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.waited(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn who_takes_something_in_time_is_waited_for() {
        let (here, mut there) = tokio::io::duplex(4);
        let mut here = Patient::new(here, Duration::from_secs(10));
        let reader = tokio::spawn(async move {
            let mut taken = Vec::new();
            for _ in 0..5 {
                sleep(Duration::from_secs(9)).await;
                taken.push(there.read_u8().await.unwrap());
            }
            (taken, there)
        });
        here.write_all(b"123456789").await.unwrap();
        let (taken, _there) = reader.await.unwrap();
        assert_eq!(taken, b"12345");
        let began = tokio::time::Instant::now();
        let error = here.write_all(b"abcd").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::TimedOut, "nothing was taken for 10s")
        );
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    }
}
