//! The queue of one observer of one run, for events that arrive while it is busy.

use super::{Chunks, Event, EventKind, Hub, Observer};
use crate::future::BoxFuture;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

/// The most events that are queued for a slow observer.
const LINE: usize = 4096;

pub(super) struct ObserverQueue {
    observer: Arc<dyn Observer>,
    chunks: Chunks,
    line: Arc<Line>,
    /// The future that hands queued events to the observer, created by the first poll.
    telling: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[derive(Default)]
struct Line {
    events: Mutex<Waiting>,
    /// True if the observer has handled every queued event, and waits for more.
    idle: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    missed: u64,
}

impl Line {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if no event is queued, and none is being handled.
    fn is_done(&self) -> bool {
        self.idle.load(Ordering::Acquire) && self.waiting().events.is_empty()
    }

    fn next(&self) -> Poll<Event> {
        let next = self.waiting().events.pop_front();
        if next.is_none() {
            self.idle.store(true, Ordering::Release);
        }
        next.map_or(Poll::Pending, Poll::Ready)
    }
}

impl ObserverQueue {
    pub(super) fn new(observer: Arc<dyn Observer>, chunks: Chunks) -> Self {
        Self { observer, chunks, line: Arc::default(), telling: Mutex::default() }
    }

    /// The steps of which it wants chunks.
    pub(super) fn chunks(&self) -> Chunks {
        self.chunks
    }

    /// Queues an event. The end of the run always fits, so that dropped events are always reported.
    pub(super) fn push(&self, event: Event) {
        let mut event = Some(event);
        self.observer.take(&mut event);
        let Some(event) = event else { return };
        let mut line = self.line.waiting();
        if line.events.len() >= LINE && !matches!(event.kind, EventKind::RunEnded { .. }) {
            line.missed += 1;
            return;
        }
        if line.missed > 0 {
            let kind = EventKind::Missed { events: std::mem::take(&mut line.missed) };
            line.events.push_back(Event { kind, ..event.clone() });
        }
        line.events.push_back(event);
    }

    /// Hands queued events to the observer. Pending while it is busy.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Most polls are of a run that goes on, whose observers have handled everything.
        if self.line.is_done() {
            return Poll::Ready(());
        }
        loop {
            let mut telling = match self.telling.try_lock() {
                Ok(telling) => telling,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // The thread that holds the lock checks the queue once more after releasing it.
                Err(TryLockError::WouldBlock) => return Poll::Ready(()),
            };
            self.line.idle.store(false, Ordering::Release);
            let future = telling.get_or_insert_with(|| {
                let (observer, line) = (Arc::clone(&self.observer), Arc::clone(&self.line));
                Box::pin(async move {
                    loop {
                        let event = poll_fn(|_| line.next()).await;
                        observer.event(&event).await;
                    }
                })
            });
            // A panic ends the handling of this event by this observer, and nothing else.
            if catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))).is_err() {
                let panicked = telling.take();
                // Dropping the future after a panic may panic too.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(panicked)));
                continue;
            }
            if !self.line.idle.load(Ordering::Acquire) {
                return Poll::Pending;
            }
            drop(telling);
            if self.line.is_done() {
                return Poll::Ready(());
            }
        }
    }
}

pin_project_lite::pin_project! {
    /// A run with observers: busy observers are polled together with it.
    pub(crate) struct Watched<F> {
        #[pin]
        run: F,
        hub: Arc<Hub>,
    }
}

impl<F> Watched<F> {
    pub(crate) fn new(hub: Arc<Hub>, run: F) -> Self {
        Self { run, hub }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.hub.wakes(cx.waker());
        let polled = match this.hub.span() {
            None => this.run.poll(cx),
            Some(span) => span.in_scope(|| this.run.poll(cx)),
        };
        this.hub.poll_observers(cx);
        polled
    }
}

/// Lets a busy observer handle its queue after the run has ended.
pub(super) fn finish(outlet: &Arc<ObserverQueue>) {
    if outlet.poll(&mut Context::from_waker(Waker::noop())).is_ready() {
        return;
    }
    // Without a runtime no task can poll it, and the queue is dropped.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let outlet = Arc::clone(outlet);
        runtime.spawn(poll_fn(move |cx| outlet.poll(cx)));
    }
}
