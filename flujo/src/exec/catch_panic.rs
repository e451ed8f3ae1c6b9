//! A panic in a step, or in a plain expression of a pipeline, is a failure; the engine lives.

use super::retry::Failed;
use crate::error::{Error, ErrorKind, FailureRecord, RunResult, StepError};
use crate::future::BoxFuture;
use crate::path::{Path, Scope};
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
            Err(panic) => Poll::Ready(Err(FailureRecord::panicked(message(panic.as_ref())).into())),
        }
    }
}

/// Runs the body of a pipeline, whose plain expressions may panic.
///
/// Unwind safety: the pipeline fails, so nothing continues with what the expression may have left half done.
pub(super) struct CatchInBody<'b> {
    pub(super) body: BoxFuture<'b, RunResult<()>>,
    pub(super) pipeline: Scope,
}

impl Future for CatchInBody<'_> {
    type Output = RunResult<()>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = Poll::Pending;
        match catch_in_poll(&mut || polled = self.body.as_mut().poll(cx)) {
            Ok(()) => polled,
            Err(error) => Poll::Ready(Err(error.at(Path::from(&*self.pipeline)))),
        }
    }
}

/// Polls something that may panic; a panic becomes an error, and what was polled must not be polled again. What is polled
/// is behind a pointer, as above.
///
/// # Errors
/// The panic.
pub(crate) fn catch_in_poll(poll: &mut dyn FnMut()) -> RunResult<()> {
    catch_unwind(AssertUnwindSafe(poll))
        .map_err(|panic| Error::new(ErrorKind::Panicked(message(panic.as_ref()).to_owned())))
}

#[cold]
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}
