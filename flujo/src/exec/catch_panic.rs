//! A panicking step fails; the engine lives.

use super::retry::Failed;
use crate::error::{FailureRecord, StepError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of an attempt.
type Body<'b> = Pin<&'b mut (dyn Future<Output = Result<(), StepError>> + Send + 'b)>;

/// Runs a body; a panic becomes an error with its message.
///
/// Unwind safety: the body works on copies of what it may change, and they are dropped.
pub(super) struct CatchPanic<'b>(Body<'b>);

/// See [`CatchPanic`]. Takes the body behind a pointer: what catches panics is compiled once.
#[inline]
pub(super) fn catch_panic(body: Body<'_>) -> CatchPanic<'_> {
    CatchPanic(body)
}

impl Future for CatchPanic<'_> {
    type Output = Result<(), Box<Failed>>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map_err(Into::into),
            Err(panic) => Poll::Ready(Err(panicked(panic.as_ref()))),
        }
    }
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Box<Failed> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    FailureRecord::panicked(text.unwrap_or("(no message)")).into()
}
