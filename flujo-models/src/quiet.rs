//! Suppression of `genai`'s logs: it logs whole bodies, and providers repeat keys in them.

use futures_util::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};
use tracing::Dispatch;
use tracing::dispatcher::with_default;

pin_project_lite::pin_project! {
    /// A future or a stream without logs.
    pub(crate) struct Quiet<W> {
        #[pin]
        work: W,
    }
}

impl<W> Quiet<W> {
    pub(crate) fn new(work: W) -> Self {
        Self { work }
    }
}

impl<W: Future> Future for Quiet<W> {
    type Output = W::Output;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        with_default(&Dispatch::none(), || self.project().work.poll(cx))
    }
}

impl<W: Stream> Stream for Quiet<W> {
    type Item = W::Item;
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<W::Item>> {
        with_default(&Dispatch::none(), || self.project().work.poll_next(cx))
    }
}
