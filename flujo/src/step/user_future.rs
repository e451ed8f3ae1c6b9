//! The future of a user's function, as an attempt awaits it.

use super::RunInfo;
use crate::error::StepError;
use crate::usage::Costed;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// The user's function under way, whose error becomes a [`StepError`].
    ///
    /// Written by hand: an async block around the function's future would hold the inputs once more, and every
    /// step would copy them once more. What converts the error is handed in: as a bound of this it would
    /// be reported once more where it is missing.
    struct Called<F, E> {
        #[pin]
        body: F,
        convert: fn(E) -> StepError,
    }
}

/// Makes the error of the user's function a [`StepError`].
#[doc(hidden)]
#[inline]
pub fn called<T, E>(
    body: impl Future<Output = Result<T, E>>,
    convert: fn(E) -> StepError,
) -> impl Future<Output = Result<T, StepError>> {
    Called { body, convert }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for Called<F, E> {
    type Output = Result<T, StepError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.body.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(output)) => Poll::Ready(Ok(output)),
            Poll::Ready(Err(error)) => Poll::Ready(Err((this.convert)(error))),
        }
    }
}

/// Awaits a function that returns what it has cost: counts that, and returns the output alone.
///
/// # Errors
/// The function failed.
#[doc(hidden)]
pub async fn costed<T, E>(
    body: impl Future<Output = Result<Costed<T>, E>>,
    convert: fn(E) -> StepError,
    run: &RunInfo,
) -> Result<T, StepError> {
    let Costed { value, usage } = body.await.map_err(convert)?;
    run.spend(usage);
    Ok(value)
}
