//! A panicking step fails; the engine lives.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

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

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, String>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let body = self.project().body;
        match catch_unwind(AssertUnwindSafe(|| body.poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(message(panic.as_ref()))),
        }
    }
}

#[cold]
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "(no message)".to_owned())
}
