use crate::error::Signal;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::Notify;

/// The work in progress of one execution of a run; by it, a pause is distinguished from a wait.
///
/// A question does not end an execution at once: siblings continue, and a reply that arrives meanwhile is used
/// without a pause. The run is suspended when a poll of its whole program leaves nothing to do: no body is running,
/// no task was woken, and at least one question is open.
///
/// ```
/// use flujo::engine::kit::{Activity, WorkGuard};
/// use flujo::error::Signal;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let activity = Activity::default();
/// // A body, and a write, are work in progress.
/// assert_eq!(activity.body(async { 1 }).await, Ok(1));
/// assert_eq!(activity.storing(async { 2 }).await, 2);
/// let guard: WorkGuard<'_> = activity.working();
/// drop(guard);
///
/// // A wait suspends the run when no work is in progress.
/// let waited = activity.drive(activity.until(|| None::<Result<(), Signal>>)).await;
/// assert_eq!(waited, Err(Signal::Suspended));
///
/// // Something changed outside, so waits look again; after a cancellation nothing begins.
/// activity.changed();
/// activity.cancel();
/// assert_eq!(activity.body(async { 3 }).await, Err(Signal::Cancelled));
/// # }
/// ```
#[derive(Default)]
pub struct Activity {
    bodies: AtomicUsize,
    waiting: AtomicUsize,
    suspended: AtomicBool,
    cancelled: AtomicBool,
    changed: Notify,
}

impl fmt::Debug for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activity")
            .field("bodies", &self.bodies)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// Marks work in progress until it is dropped.
#[derive(Debug)]
pub struct WorkGuard<'a>(&'a AtomicUsize);

impl<'a> WorkGuard<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}
impl Drop for WorkGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Activity {
    /// Marks work in progress until the guard is dropped.
    pub fn working(&self) -> WorkGuard<'_> {
        WorkGuard::new(&self.bodies)
    }

    /// Wakes the waiters in [`until`](Activity::until), so that they check again.
    pub fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// Ends every body and every wait with [`Signal::Cancelled`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.changed();
    }

    fn check(&self) -> Result<(), Signal> {
        if self.cancelled.load(Ordering::SeqCst) { Err(Signal::Cancelled) } else { Ok(()) }
    }

    /// Runs a body as work in progress; a cancellation drops it.
    ///
    /// # Errors
    /// [`Signal::Cancelled`].
    pub async fn body<T>(&self, body: impl Future<Output = T> + Send) -> Result<T, Signal> {
        self.fallible_body(async { Ok(body.await) }).await
    }

    /// [`body`](Self::body) for one that may end with a signal itself. Its output is handed on as it is: that of an attempt
    /// is large.
    pub(super) fn fallible_body<T, F>(&self, body: F) -> UnlessCancelled<'_, F>
    where
        F: Future<Output = Result<T, Signal>> + Send,
    {
        UnlessCancelled { activity: self, working: None, body }
    }

    /// Waits for storage as work in progress; a cancellation does not drop it.
    pub async fn storing<T>(&self, write: impl Future<Output = T> + Send) -> T {
        let mut write = std::pin::pin!(write);
        let mut working = None;
        poll_fn(|cx| {
            let polled = write.as_mut().poll(cx);
            // A write that is ready at once, as in memory, needs no guard.
            if polled.is_pending() && working.is_none() {
                working = Some(self.working());
            }
            polled
        })
        .await
    }

    /// Waits for a change from outside the run, until `look` returns a value.
    ///
    /// # Errors
    /// [`Signal::Suspended`] if the run has nothing else to do.
    pub async fn until<T>(&self, mut look: impl FnMut() -> Option<Result<T, Signal>>) -> Result<T, Signal> {
        let _waiting = WorkGuard::new(&self.waiting);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the check, so that a change in between is not missed.
            changed.as_mut().enable();
            self.check()?;
            if let Some(found) = look() {
                return found;
            }
            if self.suspended.load(Ordering::SeqCst) {
                return Err(Signal::Suspended);
            }
            changed.await;
        }
    }

    /// Drives `program` to completion.
    pub async fn drive<T>(&self, program: impl Future<Output = T> + Send) -> T {
        let mut program = std::pin::pin!(program);
        let mut changed = std::pin::pin!(self.changed.notified());
        poll_fn(move |cx| {
            loop {
                // A reply or a cancellation from another thread must wake this task.
                if changed.as_mut().poll(cx).is_ready() {
                    changed.set(self.changed.notified());
                    continue;
                }
                let noted = Arc::new(Noted { inner: cx.waker().clone(), woken: AtomicBool::new(false) });
                let waker = Waker::from(Arc::clone(&noted));
                if let Poll::Ready(out) = program.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(out);
                }
                let idle = !noted.woken.load(Ordering::SeqCst)
                    && self.bodies.load(Ordering::SeqCst) == 0
                    && self.waiting.load(Ordering::SeqCst) > 0;
                if !idle || self.suspended.swap(true, Ordering::SeqCst) {
                    return Poll::Pending;
                }
                self.changed();
            }
        })
        .await
    }
}

pin_project_lite::pin_project! {
    /// A body, which is work in progress while it waits, and is dropped by a cancellation.
    pub(super) struct UnlessCancelled<'a, F> {
        activity: &'a Activity,
        working: Option<WorkGuard<'a>>,
        #[pin]
        body: F,
    }
}

impl<T, F: Future<Output = Result<T, Signal>>> Future for UnlessCancelled<'_, F> {
    type Output = Result<T, Signal>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // `cancel` wakes the whole program, so one check per poll is enough, and needs no registration of a waker.
        if let Err(signal) = this.activity.check() {
            return Poll::Ready(Err(signal));
        }
        let polled = this.body.poll(cx);
        // Whether a run is idle is asked after a poll of all of it: a body that is ready at once needs no guard.
        if polled.is_pending() && this.working.is_none() {
            *this.working = Some(this.activity.working());
        }
        polled
    }
}

/// A waker that records whether it was used: a task that was woken during its own poll is not idle.
struct Noted {
    inner: Waker,
    woken: AtomicBool,
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
