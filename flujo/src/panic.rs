//! Panics of the user's code: they fail what was asked, and the engine lives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// Returns the output of a future, or nothing if it panics.
///
/// Unwind safety: the future is dropped, and what it borrows is only read.
pub(crate) async fn survives<T>(asked: impl Future<Output = T>) -> Option<T> {
    let mut asked = std::pin::pin!(asked);
    std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}
