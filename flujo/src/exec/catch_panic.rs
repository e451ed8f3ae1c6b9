//! A panic in a step, or in a plain expression of a pipeline, is a failure; the engine lives.

use super::fork::Slot;
use super::retry::Failed;
use crate::engine::ArmEnd;
use crate::error::{Error, ErrorKind, FailureRecord, RunResult, StepError};
use crate::future::BoxFuture;
use crate::path::{Path, Scope, grammar};
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
        match catch_unwind(AssertUnwindSafe(|| self.body.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Err(error_of(panic.as_ref()).at(Path::from(&*self.pipeline)))),
        }
    }
}

/// Polls an arm, or the item `index`, whose plain expressions may panic: that fails it, and not those beside it. It is
/// polled behind a pointer, as above.
#[inline]
pub(crate) fn catch_in_arm(
    slot: &Slot,
    index: Option<usize>,
    settle: bool,
    poll: &mut dyn FnMut() -> Poll<ArmEnd>,
) -> Poll<ArmEnd> {
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(panicked_in_arm(slot, index, settle, panic.as_ref())),
    }
}

#[cold]
fn panicked_in_arm(slot: &Slot, index: Option<usize>, settle: bool, panic: &(dyn Any + Send)) -> ArmEnd {
    let fork = slot.path();
    let path = match index {
        None => fork.clone(),
        Some(index) => Path::from(grammar::item(fork.as_str(), index).as_str()),
    };
    slot.failed(error_of(panic).at(path), settle).0
}

#[cold]
fn error_of(panic: &(dyn Any + Send)) -> Error {
    Error::new(ErrorKind::Panicked(message(panic).to_owned()))
}

#[cold]
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}
