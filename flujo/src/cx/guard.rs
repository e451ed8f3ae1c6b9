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
    type Output = Result<(), Stopped>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            this.body.poll(cx).map(|done| match done {
                Ok(output) => {
                    **this.output = Some(output);
                    Ok(())
                }
                Err(error) => Err(Stopped::Failed(error)),
            })
        }));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(Stopped::Panicked(message(panic.as_ref())))))
    }
}

#[cold]
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "(no message)".to_owned())
}
