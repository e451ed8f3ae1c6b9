use flujo::clock::{Clock, Timestamp};
use flujo::engine::BoxFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// A clock that stands still until it is told to move. Cloning it gives the same clock.
///
/// A sleep on it moves it: nobody waits for real, and the order of what happens stays the same. Call
/// [`hold`](PausedClock::hold) to move it by hand with [`advance`](PausedClock::advance) instead.
#[derive(Clone, Debug)]
pub struct PausedClock(Arc<State>);

#[derive(Debug)]
struct State {
    now: AtomicU64,
    sleepers: Mutex<Sleepers>,
}

#[derive(Debug, Default)]
struct Sleepers {
    held: bool,
    waiting: Vec<Waker>,
}

impl Default for PausedClock {
    fn default() -> Self {
        Self::at(Timestamp(1_000_000_000))
    }
}

impl PausedClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(State { now: AtomicU64::new(now.0), sleepers: Mutex::default() }))
    }

    /// Makes sleeps wait for [`advance`](PausedClock::advance).
    pub fn hold(&self) {
        self.0.sleepers.lock().unwrap_or_else(PoisonError::into_inner).held = true;
    }

    /// Moves the clock, and wakes whoever sleeps on it.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.now.fetch_add(by, Ordering::SeqCst);
        let mut sleepers = self.0.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        for waker in sleepers.waiting.drain(..) {
            waker.wake();
        }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now.load(Ordering::SeqCst))
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let until = self.now().plus(wait);
        let mut yielded = false;
        Box::pin(std::future::poll_fn(move |cx| {
            if clock.now() >= until {
                return Poll::Ready(());
            }
            let mut sleepers = clock.0.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
            if sleepers.held {
                sleepers.waiting.push(cx.waker().clone());
                return Poll::Pending;
            }
            drop(sleepers);
            // What can go on without time passing goes first.
            if !yielded {
                yielded = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            clock.0.now.fetch_max(until.0, Ordering::SeqCst);
            Poll::Ready(())
        }))
    }
}
