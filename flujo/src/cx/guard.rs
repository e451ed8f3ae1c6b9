//! A panicking step fails; the engine lives.

use crate::error::StepError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Why a step gave no output.
pub(super) enum Stopped {
    /// It said so.
    Failed(StepError),
    /// The message of its panic.
    Panicked(String),
}

pin_project_lite::pin_project! {
    /// Runs a body; a panic becomes an error with its message.
    ///
    /// Unwind safety: the body works on copies of what it may change, and they are dropped.
    pub(super) struct CatchPanic<F> {
        #[pin]
        body: F,
    }
}

/// See [`CatchPanic`].
#[inline]
pub(super) fn catch_panic<F: Future>(body: F) -> CatchPanic<F> {
    CatchPanic { body }
}

impl<F: Future<Output = Result<T, StepError>>, T> Future for CatchPanic<F> {
    type Output = Result<T, Stopped>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let body = self.project().body;
        match catch_unwind(AssertUnwindSafe(|| body.poll(cx))) {
            Ok(Poll::Ready(Ok(output))) => Poll::Ready(Ok(output)),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Err(Stopped::Failed(error))),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(Stopped::Panicked(message(panic.as_ref())))),
        }
    }
}

#[cold]
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "(no message)".to_owned())
}
