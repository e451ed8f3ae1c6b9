use super::Fault;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use tokio::sync::oneshot;

/// What one of the engine's threads will tell.
pub(super) struct Told<T> {
    receiver: oneshot::Receiver<Result<T, Fault>>,
    /// Whether the thread that asks waits, instead of going on with something else meanwhile.
    blocking: bool,
}

pub(super) type Tell<T> = oneshot::Sender<Result<T, Fault>>;

pub(super) fn channel<T>(blocking: bool) -> (Tell<T>, Told<T>) {
    let (tell, receiver) = oneshot::channel();
    (tell, Told { receiver, blocking })
}

impl<T> Future for Told<T> {
    type Output = Result<T, Fault>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let gone = |told: Result<Self::Output, _>| told.unwrap_or_else(|_| Err(Fault::closed()));
        if !self.blocking {
            return Pin::new(&mut self.receiver).poll(cx).map(gone);
        }
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        // Not by the rules that make a task of tokio's pause now and then: it would never wake up here.
        let mut told = tokio::task::coop::unconstrained(&mut self.receiver);
        loop {
            if let Poll::Ready(told) = Pin::new(&mut told).poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(gone(told));
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
