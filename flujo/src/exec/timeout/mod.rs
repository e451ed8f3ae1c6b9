//! Timeouts of calls and forms, which count active time: that in which an attempt, or the wait before the next one, is
//! under way. Questions, `wait` and the time in which no process works on the
//! run do not count.
//!
//! Only attempts are cut off, and their records say by which scope: a replay sees what the run saw, whatever its
//! clock says. From there it travels to the border of the scope as a signal, which no option on the way
//! catches, and is an ordinary failure from there on.

mod scopes;
mod stopwatch;

pub(crate) use scopes::Scopes;
pub(crate) use stopwatch::Stopwatch;

use super::Cx;
use super::driver::Driver;
use super::env::RunEnv;
use crate::clock::{Clock, Timestamp};
use crate::context::Context;
use crate::engine::ArmEnd;
use crate::error::{Error, FailureRecord, RunResult};
use crate::path::{NodeId, Path};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A timed scope around a node.
#[derive(Debug)]
pub(crate) struct Timed {
    watch: Arc<Stopwatch>,
    /// The path of the scope and its limit. `None` for an arm that only measures its time, for the execution that
    /// takes its result.
    bound: Option<(Path, Duration)>,
    outer: InTime,
}

/// The innermost timed scope around a node, if there is one.
pub(crate) type InTime = Option<Arc<Timed>>;

impl Timed {
    /// From the innermost scope to the outermost.
    fn outward(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.outer.as_deref())
    }

    /// Adds the active time from `began` to `ended` to all scopes.
    pub(crate) fn add(&self, env: &RunEnv, began: Timestamp, ended: Timestamp) {
        let mut news = false;
        for scope in self.outward() {
            news |= scope.watch.add(began, ended);
        }
        if news {
            env.scopes().changed.notify_waiters();
        }
    }

    /// The first scope that has no time left at `now`, and if there is none, what is left to all of them.
    fn left(&self, now: Timestamp) -> Result<Duration, (&Path, Duration)> {
        let mut left = Duration::MAX;
        for scope in self.outward() {
            let Some((path, limit)) = &scope.bound else { continue };
            match limit.checked_sub(scope.watch.used(now)) {
                Some(more) if !more.is_zero() => left = left.min(more),
                _ => return Err((path, *limit)),
            }
        }
        Ok(left)
    }

    /// A scope that took longer than it may.
    fn late(&self, now: Timestamp) -> Option<(&Path, Duration)> {
        let bounds = self.outward().filter_map(|scope| Some((scope, scope.bound.as_ref()?)));
        let mut late = bounds.filter(|(scope, (_, limit))| scope.watch.used(now) > *limit);
        late.next().map(|(_, (path, limit))| (path, *limit))
    }

    /// Shortens a wait to the time left to the scopes around it.
    pub(crate) fn shortened(&self, wait: Duration, now: Timestamp) -> Duration {
        self.left(now).map_or(Duration::ZERO, |left| wait.min(left))
    }

    /// Runs something within the time that is left. As with the time of an attempt, it is dropped when its time
    /// is up, what comes late is not taken, and what `passes` (a signal) is no matter of time.
    pub(crate) async fn bound<T>(
        &self,
        env: &RunEnv,
        work: impl Future<Output = T> + Send,
        passes: impl FnOnce(&T) -> bool,
    ) -> Result<T, FailureRecord> {
        let clock = env.clock.as_ref();
        let under_way = UnderWay::begin(self, clock);
        let mut work = Box::pin(work);
        let done = loop {
            let mut changed = std::pin::pin!(env.scopes().changed.notified());
            changed.as_mut().enable();
            let left = self.left(clock.now()).unwrap_or_default();
            tokio::select! {
                biased;
                done = &mut work => break Some(done),
                () = clock.sleep(left) => {
                    if self.left(clock.now()).is_err() {
                        break None;
                    }
                }
                () = changed => {}
            }
        };
        drop(catch_unwind(AssertUnwindSafe(|| drop(work))));
        let now = clock.now();
        drop(under_way);
        let cut_off = |(scope, limit): (&Path, Duration)| FailureRecord::cut_off(limit, scope.clone());
        match (done, self.late(now)) {
            (Some(done), Some(late)) => {
                if passes(&done) {
                    Ok(done)
                } else {
                    Err(cut_off(late))
                }
            }
            (Some(done), None) => Ok(done),
            (None, Some(late)) => Err(cut_off(late)),
            // The time is up to the nanosecond.
            (None, None) => Err(self.left(now).map_or_else(cut_off, FailureRecord::timed_out)),
        }
    }
}

/// Something that is under way in a scope and in those around it.
struct UnderWay<'t> {
    timed: &'t Timed,
    clock: &'t dyn Clock,
    began: Timestamp,
}

impl<'t> UnderWay<'t> {
    fn begin(timed: &'t Timed, clock: &'t dyn Clock) -> Self {
        let began = clock.now();
        for scope in timed.outward() {
            scope.watch.begin(began);
        }
        Self { timed, clock, began }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let now = self.clock.now();
        for scope in self.timed.outward() {
            scope.watch.end(self.began, now);
        }
    }
}

impl ArmEnd {
    /// When something of the arm was under way, as its record says.
    fn active(&self) -> &[(Timestamp, Timestamp)] {
        match self {
            Self::Recorded(record) => &record.active,
            Self::Failed(failure) => &failure.active,
            Self::Inline | Self::Signal(_) | Self::Cancelled => &[],
        }
    }
}

/// Adds the active time of arms that other executions ran.
pub(crate) fn note(timed: &InTime, env: &RunEnv, ends: &[ArmEnd]) {
    let Some(timed) = timed else { return };
    for (began, ended) in ends.iter().flat_map(ArmEnd::active) {
        timed.add(env, *began, *ended);
    }
}

/// The stopwatch of an arm, for the execution that takes its result.
pub(crate) fn noting(outer: &Arc<Timed>) -> (Arc<Stopwatch>, Arc<Timed>) {
    let watch = Arc::new(Stopwatch::default());
    let timed = Timed { watch: Arc::clone(&watch), bound: None, outer: Some(Arc::clone(outer)) };
    (watch, Arc::new(timed))
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// The driver of a form with a timeout: the same context, and what runs on it counts there.
    pub fn timed(&mut self, id: impl Into<NodeId>, limit: Duration) -> Cx<'_, C, R> {
        let path = self.driver.place(id.into()).path();
        Self::with_driver(self.ctx, self.res, self.driver.timed_at(path, limit))
    }

    /// The end of the form that this driver was made for: that its time is up is an ordinary failure from here
    /// on.
    ///
    /// # Errors
    /// As `done`.
    pub fn in_time<T>(&self, done: RunResult<T>) -> RunResult<T> {
        match done {
            Ok(value) => {
                self.driver.leave(None);
                Ok(value)
            }
            Err(error) => {
                let error = self.driver.at_border(error);
                self.driver.leave(Some(&error));
                Err(error)
            }
        }
    }
}

impl Driver<'_> {
    /// The driver of a timed scope at `path`.
    pub(crate) fn timed_at(&mut self, path: Path, limit: Duration) -> Driver<'_> {
        let watch = self.env.scopes().enter(&path);
        let timed = Timed { watch, bound: Some((path, limit)), outer: self.timed.clone() };
        Driver { timed: Some(Arc::new(timed)), ..self.reborrow() }
    }

    fn bound(&self) -> Option<&Path> {
        let bound = self.timed.as_deref().and_then(|timed| timed.bound.as_ref());
        bound.map(|(path, _)| path)
    }

    /// The error outside of the scope that this driver was made for.
    pub(crate) fn at_border(&self, error: Error) -> Error {
        match self.bound() {
            Some(path) => error.out_of_time_at(path),
            None => error,
        }
    }

    /// Forgets the scope that this driver was made for.
    pub(crate) fn leave(&self, error: Option<&Error>) {
        // A replay pass that stops inside an arm ends with a signal; keep the scope, other passes still use it.
        let passes = error.is_some_and(|error| error.signal().is_some());
        if let (false, Some(path)) = (passes, self.bound()) {
            self.env.scopes().leave(path);
        }
    }
}
