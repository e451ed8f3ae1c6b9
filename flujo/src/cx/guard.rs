//! A panicking step fails; the engine lives.

use super::attempts::Failed;
use crate::error::{FailureRecord, StepError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// Runs a body; a panic becomes an error with its message.
    ///
    /// The output is put where the caller wants it: handed on as a value, through this and what it returns
    /// to, it would be taken apart and put together again each time.
    ///
    /// Unwind safety: the body works on copies of what it may change, and they are dropped.
    pub(super) struct CatchPanic<'o, F, T> {
        #[pin]
        body: F,
        output: &'o mut Option<T>,
    }
}

/// See [`CatchPanic`].
#[inline]
pub(super) fn catch_panic<F, T>(body: F, output: &mut Option<T>) -> CatchPanic<'_, F, T> {
    CatchPanic { body, output }
}

impl<F: Future<Output = Result<T, StepError>>, T> Future for CatchPanic<'_, F, T> {
    type Output = Result<(), Box<Failed>>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            this.body.poll(cx).map(|done| match done {
                Ok(output) => {
                    **this.output = Some(output);
                    Ok(())
                }
                Err(error) => Err(error.into()),
            })
        }));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic.as_ref()))))
    }
}

/// What a future of a user's gives; nothing if it panics.
///
/// Unwind safety: it is dropped, and what it looked at is only read.
pub(crate) async fn survives<T>(asked: impl Future<Output = T>) -> Option<T> {
    let mut asked = std::pin::pin!(asked);
    std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Box<Failed> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    FailureRecord::panicked(text.unwrap_or("(no message)")).into()
}
