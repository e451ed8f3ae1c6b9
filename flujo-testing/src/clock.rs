use flujo::clock::{Clock, Timestamp};
use flujo::engine::BoxFuture;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that moves only when a sleep or the test moves it. Clones share the clock.
///
/// A sleep on the clock moves it, so that no real time passes. Of several sleeps the one with the earliest
/// deadline ends first, as in real time: a timeout of 30 seconds fires before a step that takes 31 seconds is
/// done. After [`hold`](PausedClock::hold), only [`advance`](PausedClock::advance) moves the clock.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::clock::{Clock, Timestamp};
/// use flujo_testing::PausedClock;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// pipeline! {
///     fn remind() -> String {
///         wait("30d");
///         value("It is time.".to_owned())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// // A month passes at once.
/// let clock = PausedClock::at(Timestamp(0));
/// let flujo = Flujo::builder().clock(Arc::new(clock.clone())).build()?;
/// assert_eq!(flujo.run(remind()).await.into_output()?, "It is time.");
/// assert!(clock.now() >= Timestamp(0).plus(Duration::from_secs(30 * 86_400)));
///
/// // Or the test says when.
/// clock.hold();
/// let handle = flujo.start(remind());
/// # while flujo.inspect(handle.id()).await.is_err() { tokio::task::yield_now().await; }
/// # for _ in 0..100 { tokio::task::yield_now().await; }
/// clock.advance(Duration::from_secs(30 * 86_400));
/// assert_eq!(handle.await?.into_output()?, "It is time.");
/// # Ok(())
/// # }
/// ```
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
    /// The deadline of each sleep, with a number since deadlines may be equal.
    ends: BTreeSet<(u64, u64)>,
    number: u64,
}

impl Default for PausedClock {
    fn default() -> Self {
        Self::at(Timestamp(1_000_000_000))
    }
}

impl PausedClock {
    /// Returns a clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(State { now: AtomicU64::new(now.0), sleepers: Mutex::default() }))
    }

    /// Makes sleeps wait for [`advance`](PausedClock::advance).
    pub fn hold(&self) {
        self.sleepers().held = true;
    }

    /// Moves the clock, and wakes its sleeps.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.now.fetch_add(by, Ordering::SeqCst);
        self.sleepers().wake();
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.0.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleepers {
    fn wake(&mut self) {
        for waker in self.waiting.drain(..) {
            waker.wake();
        }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.now.load(Ordering::SeqCst))
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let until = self.now().plus(wait).0;
        Box::pin(Sleep { clock: self.clone(), until, number: None, yielded_at: None })
    }
}

struct Sleep {
    clock: PausedClock,
    until: u64,
    /// The number of the sleep, once it was polled.
    number: Option<u64>,
    /// The time at which it last yielded to other tasks.
    yielded_at: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let now = clock.now().0;
        if now >= self.until {
            return Poll::Ready(());
        }
        let mut sleepers = clock.sleepers();
        if self.number.is_none() {
            sleepers.number += 1;
            self.number = Some(sleepers.number);
            let end = (self.until, sleepers.number);
            sleepers.ends.insert(end);
        }
        if sleepers.held {
            sleepers.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        // Tasks that can proceed without time passing run first.
        if self.yielded_at != Some(now) {
            self.yielded_at = Some(now);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Then the clock moves to the first deadline. A sleep that is no longer polled may have passed its
        // own already.
        let first = sleepers.ends.range((now + 1, 0)..).next().map_or(self.until, |(end, _)| *end);
        clock.0.now.fetch_max(first, Ordering::SeqCst);
        sleepers.wake();
        if first >= self.until {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.clock.sleepers().ends.remove(&(self.until, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    async fn woken(clock: &PausedClock, seconds: u64, order: &Mutex<Vec<(u64, u64)>>) {
        let began = clock.now();
        clock.sleep(Duration::from_secs(seconds)).await;
        order.lock().unwrap().push((seconds, clock.now().since(began).as_secs()));
    }

    #[tokio::test]
    async fn who_sleeps_shorter_is_up_first_whoever_is_asked_first() {
        let (clock, order) = (PausedClock::default(), Mutex::default());
        tokio::join!(
            woken(&clock, 31, &order),
            woken(&clock, 7, &order),
            async {
                woken(&clock, 7, &order).await;
                woken(&clock, 20, &order).await;
            },
            woken(&clock, 0, &order),
        );
        assert_eq!(*order.lock().unwrap(), [(0, 0), (7, 7), (7, 7), (20, 20), (31, 31)]);
    }

    #[tokio::test]
    async fn a_sleep_that_nobody_waits_for_any_more_holds_nobody_up() {
        let (clock, order) = (PausedClock::default(), Mutex::default());
        let mut left = clock.sleep(Duration::from_secs(1));
        let looked = std::future::poll_fn(|cx| Poll::Ready(left.as_mut().poll(cx).is_ready())).await;
        assert!(!looked);
        woken(&clock, 5, &order).await;
        // A dropped sleep does not hold up the clock.
        drop(left);
        drop(clock.sleep(Duration::from_secs(1)));
        woken(&clock, 9, &order).await;
        assert_eq!(*order.lock().unwrap(), [(5, 5), (9, 9)]);
        assert!(clock.sleepers().ends.is_empty());
    }

    #[tokio::test]
    async fn a_held_clock_moves_by_hand_alone() {
        let clock = PausedClock::default();
        clock.hold();
        let mut sleep = clock.sleep(Duration::from_secs(4));
        let mut is_over = async || {
            tokio::task::yield_now().await;
            std::future::poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await
        };
        assert!(!is_over().await && !is_over().await);
        clock.advance(Duration::from_secs(2));
        assert!(!is_over().await);
        clock.advance(Duration::from_secs(2));
        assert!(is_over().await);
    }
}
