//! The guard of a check: an engine that hangs or panics is reported, and does not affect other checks.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The default of `Subject::patience`.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The maximum number of polls of a check, which needs a few hundred: beyond it the engine is in a busy loop.
const POLLS: usize = 50_000;

/// The number of polls without a wake-up before a check without patience is stuck: a runtime may delay the
/// wake-up of a task that yields until it has returned to the runtime.
const CHANCES: usize = 3;

/// The reason why a check did not end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Panicked(String),
    /// Nothing woke the check.
    Stuck,
    /// The check was polled too often.
    Busy,
}

/// Drives a check to its end, or abandons it.
pub(super) async fn guarded<T>(patience: Duration, check: impl Future<Output = T> + Send) -> Result<T, Lost> {
    // Dropped under the guard as well: a destructor may panic too.
    let mut check = Some(Box::pin(check));
    let mut alarm = Alarm { patience, shared: Arc::default(), thread: None };
    let (mut polls, mut unwoken) = (0_usize, 0_usize);
    let mut previous: Option<Arc<Noted>> = None;
    poll_fn(|cx| {
        let Some(running) = check.as_mut() else { return Poll::Ready(Err(Lost::Stuck)) };
        let held_back = previous.take().is_some_and(|noted| noted.is_woken());
        unwoken = if held_back { 0 } else { unwoken };
        let noted = Arc::new(Noted { inner: cx.waker().clone(), woken: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&noted));
        let polled =
            catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(&mut Context::from_waker(&waker))));
        polls += 1;
        let lost = match polled {
            Ok(Poll::Ready(done)) => return Poll::Ready(Ok(done)),
            Err(panic) => Lost::Panicked(text(panic.as_ref())),
            Ok(Poll::Pending) if polls > POLLS => Lost::Busy,
            Ok(Poll::Pending) if noted.is_woken() => {
                unwoken = 0;
                return Poll::Pending;
            }
            Ok(Poll::Pending) if patience.is_zero() && unwoken < CHANCES => {
                unwoken += 1;
                previous = Some(noted);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Ok(Poll::Pending) if patience.is_zero() || alarm.has_rung() => Lost::Stuck,
            Ok(Poll::Pending) => {
                alarm.set(cx.waker());
                return Poll::Pending;
            }
        };
        drop(catch_unwind(AssertUnwindSafe(|| drop(check.take()))));
        Poll::Ready(Err(lost))
    })
    .await
}

/// Returns the message of a panic.
pub(super) fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a text".to_owned())
}

/// A waker that records whether it was used.
struct Noted {
    inner: Waker,
    woken: AtomicBool,
}

impl Noted {
    fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.inner.wake_by_ref();
    }
}

/// An alarm that wakes a check without other wake-ups. It is a thread and no timer of a runtime, so that a
/// suite runs on any runtime.
struct Alarm {
    patience: Duration,
    shared: Arc<Mutex<Clockwork>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Clockwork {
    due: Option<(Instant, Waker)>,
    rung: bool,
    over: bool,
}

impl Alarm {
    /// True if the alarm rang since it was last set. Unsets it.
    fn has_rung(&self) -> bool {
        let mut clockwork = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        clockwork.due = None;
        std::mem::take(&mut clockwork.rung)
    }

    fn set(&mut self, waker: &Waker) {
        let due = Instant::now() + self.patience;
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).due = Some((due, waker.clone()));
        let (shared, patience) = (Arc::clone(&self.shared), self.patience);
        self.thread.get_or_insert_with(|| std::thread::spawn(move || tick(&shared, patience)));
    }
}

fn tick(shared: &Mutex<Clockwork>, patience: Duration) {
    loop {
        let mut clockwork = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if clockwork.over {
            return;
        }
        let now = Instant::now();
        let left = clockwork.due.as_ref().map_or(patience, |(due, _)| due.saturating_duration_since(now));
        if left.is_zero()
            && let Some((_, waker)) = clockwork.due.take()
        {
            clockwork.rung = true;
            drop(clockwork);
            waker.wake();
            continue;
        }
        drop(clockwork);
        std::thread::park_timeout(left);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lost, guarded};
    use std::time::Duration;

    const ZERO: Duration = Duration::ZERO;

    #[tokio::test]
    async fn a_check_that_ends_gives_what_it_ends_with() {
        let yields = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            7
        };
        assert_eq!(guarded(ZERO, yields).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_caught_with_its_text_in_a_destructor_too() {
        struct Trap;
        impl Drop for Trap {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("dropped"));
            }
        }
        let panics = async { std::panic::resume_unwind(Box::new("broken".to_owned())) };
        assert_eq!(guarded::<()>(ZERO, panics).await, Err(Lost::Panicked("broken".to_owned())));
        let stuck = async {
            let _trap = Trap;
            std::future::pending::<()>().await;
        };
        assert_eq!(guarded(ZERO, stuck).await, Err(Lost::Stuck));
    }

    #[tokio::test]
    async fn what_nothing_wakes_is_stuck_and_what_a_thread_wakes_is_not() {
        let patience = Duration::from_millis(50);
        assert_eq!(guarded(patience, std::future::pending::<()>()).await, Err(Lost::Stuck));
        let (tell, told) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || tell.send(7));
        assert_eq!(guarded(Duration::from_secs(60), told).await, Ok(Ok(7)));
        assert_eq!(thread.join().ok(), Some(Ok(())));
    }

    #[tokio::test]
    async fn what_goes_round_in_a_circle_is_given_up() {
        let spins = async {
            loop {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(guarded::<()>(Duration::from_secs(60), spins).await, Err(Lost::Busy));
    }
}
