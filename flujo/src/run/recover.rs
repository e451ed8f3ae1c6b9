//! Going on with runs that nobody works on.

use super::flujo::{Flujo, Registered};
use crate::cx::Pipeline;
use crate::engine::{BoxFuture, RunFilter, RunId, RunState, RunSummary};
use crate::error::{ErrorKind, RunResult};
use crate::step::RunIn;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Goes on with a run of a pipeline that is known by its name.
pub(crate) type GoOn<R> = fn(Flujo<R>, RunId) -> BoxFuture<'static, RunResult<()>>;

/// Goes on with a run, whatever it comes to: that is written down.
pub(crate) fn go_on<P, R>(flujo: Flujo<R>, id: RunId) -> BoxFuture<'static, RunResult<()>>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    Box::pin(async move { flujo.resume::<P>(id).await.map(drop) })
}

/// What [`Flujo::recover`] has gone on with.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// These, and where each of them stands now.
    pub runs: Vec<(RunId, RunState)>,
    /// These could not be gone on with, and why.
    pub problems: Vec<(RunId, crate::Error)>,
    /// These are of pipelines that are not registered here.
    pub unknown: Vec<RunId>,
}

/// So many runs are gone on with at the same time, if nothing else is said.
const TOGETHER: usize = 64;

impl<R: Send + Sync + 'static> Flujo<R> {
    /// Goes on with every run of the registered pipelines that nobody works on and that waits for nothing: those
    /// whose process is gone, those that were written down and never begun, and paused ones whose reply has
    /// come or whose deadline has passed. Ends when each of them has ended or paused.
    ///
    /// # Errors
    /// The engine failed. What goes wrong with one run is in [`Recovered::problems`].
    pub async fn recover(&self) -> RunResult<Recovered> {
        let mut recovered = Recovered::default();
        let (ready, unknown) = self.ready(&BTreeSet::new()).await?;
        recovered.unknown = unknown;
        let mut waiting = ready.into_iter().map(|(id, run)| self.one(id, run));
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(TOGETHER).collect();
        while let Some((id, done)) = running.next().await {
            running.extend(waiting.next());
            match done {
                Ok(()) => {
                    let status = self.inspect(&id).await?.status;
                    recovered.runs.push((id, RunState::from(&status)));
                }
                Err(error) => recovered.problems.push((id, error)),
            }
        }
        recovered.runs.sort();
        Ok(recovered)
    }

    /// Keeps going on with runs, in this process and for others: see [`Worker`].
    pub fn worker(&self) -> Worker<R> {
        let every = Duration::from_secs(1);
        Worker { flujo: self.clone(), every, together: TOGETHER, grace: Duration::from_secs(10) }
    }

    /// The runs that a filter takes, in the order of their ids.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.engine()?.list(filter).await
    }

    async fn one(&self, id: RunId, go_on: GoOn<R>) -> (RunId, RunResult<()>) {
        let done = go_on(self.clone(), id.clone()).await;
        (id, done)
    }

    /// Runs to go on with, and those that only others can. `except` those.
    async fn ready(&self, except: &BTreeSet<RunId>) -> RunResult<(Vec<(RunId, GoOn<R>)>, Vec<RunId>)> {
        let unfinished = RunFilter::default()
            .state(RunState::Created)
            .state(RunState::Interrupted)
            .state(RunState::Paused);
        let now = self.shared.clock.now();
        let (mut ready, mut unknown) = (Vec::new(), Vec::new());
        for run in self.list(&unfinished).await? {
            if !run.is_ready(now) || except.contains(&run.id) {
                continue;
            }
            match self.shared.registered.iter().find(|known: &&Registered<R>| known.name == run.pipeline) {
                Some(known) => ready.push((run.id, known.go_on)),
                None => unknown.push(run.id),
            }
        }
        Ok((ready, unknown))
    }
}

/// Keeps going on with the runs of the registered pipelines that nobody works on: it takes over those of
/// processes that are gone, applies the deadlines of questions, and goes on with what was answered. Any number of
/// processes may have one.
///
/// ```no_run
/// # async fn f(flujo: flujo::Flujo) -> Result<(), flujo::Error> {
/// # let the_end = std::future::pending::<()>();
/// flujo.worker().until(the_end).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a worker does nothing until it is told until when"]
pub struct Worker<R> {
    flujo: Flujo<R>,
    every: Duration,
    together: usize,
    grace: Duration,
}

impl<R> fmt::Debug for Worker<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("every", &self.every).finish_non_exhaustive()
    }
}

impl<R: Send + Sync + 'static> Worker<R> {
    /// How often it looks for runs, on the engine's clock; every second if nothing is said.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// At most so many runs at the same time; 64 if nothing is said.
    pub fn together(mut self, runs: usize) -> Self {
        self.together = runs.max(1);
        self
    }

    /// How long it waits, once it is to stop, for the runs that it works on; 10 seconds if nothing is said. What
    /// is still under way then is dropped, which is as safe as a crash.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Works until `stop` completes, for instance a signal from the operating system. Gives how many times it
    /// went on with a run.
    ///
    /// # Errors
    /// There is no engine that keeps runs. What goes wrong with one run is written down with it, and what goes
    /// wrong with the engine is tried again.
    pub async fn until(self, stop: impl Future<Output = ()> + Send) -> RunResult<u64> {
        let Self { flujo, every, together, grace } = self;
        let clock = flujo.engine()?.clock();
        let mut stop = std::pin::pin!(stop);
        let (mut running, mut under_way, mut n) = (FuturesUnordered::new(), BTreeSet::new(), 0);
        loop {
            // An engine that fails now may be well in a while: a disk that was full, for instance.
            if let Ok((ready, _)) = flujo.ready(&under_way).await {
                for (id, go_on) in ready.into_iter().take(together.saturating_sub(running.len())) {
                    under_way.insert(id.clone());
                    let flujo = flujo.clone();
                    running.push(async move { flujo.one(id, go_on).await });
                    n += 1;
                }
            }
            let mut pause = clock.sleep(every);
            loop {
                tokio::select! {
                    biased;
                    () = &mut stop => {
                        let rest = async { while running.next().await.is_some() {} };
                        tokio::select! { biased; () = rest => {} () = clock.sleep(grace) => {} }
                        return Ok(n);
                    }
                    Some((id, done)) = running.next(), if !running.is_empty() => {
                        // What cannot go on as it is would fail again at once: it is left until it is looked for
                        // with the next build.
                        if !matches!(&done, Err(error) if !matches!(error.kind(), ErrorKind::Busy(_))) {
                            under_way.remove(&id);
                        }
                    }
                    () = &mut pause => break,
                }
            }
        }
    }
}
