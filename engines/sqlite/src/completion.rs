//! Completions: awaiting a result of one of the engine's threads.

use crate::StorageError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use tokio::sync::oneshot;

/// The future result of a job on one of the engine's threads.
pub(crate) struct Completion<T> {
    receiver: oneshot::Receiver<Result<T, StorageError>>,
    /// True if polling blocks the calling thread until the result is there.
    blocking: bool,
}

/// The sender of the result, on the thread that does the job.
pub(crate) type Completer<T> = oneshot::Sender<Result<T, StorageError>>;

pub(crate) fn channel<T>(blocking: bool) -> (Completer<T>, Completion<T>) {
    let (completer, receiver) = oneshot::channel();
    (completer, Completion { receiver, blocking })
}

impl<T> Future for Completion<T> {
    type Output = Result<T, StorageError>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let or_closed =
            |result: Result<Self::Output, _>| result.unwrap_or_else(|_| Err(StorageError::closed()));
        if !self.blocking {
            return Pin::new(&mut self.receiver).poll(cx).map(or_closed);
        }
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        // Outside of tokio's cooperative budget: a budgeted poll that yields would never be woken here.
        let mut result = tokio::task::coop::unconstrained(&mut self.receiver);
        loop {
            if let Poll::Ready(result) = Pin::new(&mut result).poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(or_closed(result));
            }
            std::thread::park();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
