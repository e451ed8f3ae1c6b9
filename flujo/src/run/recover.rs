//! Going on with runs that nobody works on.

use super::flujo::Flujo;
use super::registry::AnyPipeline;
use super::runtime::Runtime;
use crate::engine::{RunFilter, RunId, RunState, RunSummary};
use crate::error::{ErrorKind, RunResult};
use crate::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

/// A run to go on with, and its pipeline.
type ReadyRun = (RunId, Arc<dyn AnyPipeline>);

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
        self.runtime.recovered().await
    }

    /// Keeps going on with runs, in this process and for others: see [`Worker`].
    pub fn worker(&self) -> Worker<R> {
        let every = Duration::from_secs(1);
        Worker {
            flujo: self.clone(),
            pace: Pace { every, together: TOGETHER, grace: Duration::from_secs(10) },
        }
    }

    /// The runs that a filter takes, in the order of their ids.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.runtime.engine()?.list(filter).await
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
    pace: Pace,
}

/// How often a worker looks for runs, how many it takes, and how long it waits for them in the end.
#[derive(Clone, Copy)]
struct Pace {
    every: Duration,
    together: usize,
    grace: Duration,
}

impl<R> fmt::Debug for Worker<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("every", &self.pace.every).finish_non_exhaustive()
    }
}

impl<R: Send + Sync + 'static> Worker<R> {
    /// How often it looks for runs, on the engine's clock; every second if nothing is said.
    pub fn every(mut self, every: Duration) -> Self {
        self.pace.every = every;
        self
    }

    /// At most so many runs at the same time; 64 if nothing is said.
    pub fn together(mut self, runs: usize) -> Self {
        self.pace.together = runs.max(1);
        self
    }

    /// How long it waits, once it is to stop, for the runs that it works on; 10 seconds if nothing is said. What
    /// is still under way then is dropped, which is as safe as a crash.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.pace.grace = grace;
        self
    }

    /// Works until `stop` completes, for instance a signal from the operating system. Gives how many times it
    /// went on with a run.
    ///
    /// # Errors
    /// There is no engine that keeps runs. What goes wrong with one run is written down with it, and what goes
    /// wrong with the engine is tried again.
    pub async fn until(self, stop: impl Future<Output = ()> + Send) -> RunResult<u64> {
        self.flujo.runtime.work(self.pace, pin!(stop)).await
    }
}

impl Runtime {
    fn recovered(&self) -> BoxFuture<'_, RunResult<Recovered>> {
        Box::pin(async move {
            let mut recovered = Recovered::default();
            let (ready, unknown) = self.ready(&BTreeSet::new()).await?;
            recovered.unknown = unknown;
            let mut waiting = ready.into_iter().map(|(id, run)| self.one(id, run));
            let mut running: FuturesUnordered<_> = waiting.by_ref().take(TOGETHER).collect();
            while let Some((id, done)) = running.next().await {
                running.extend(waiting.next());
                match done {
                    Ok(()) => {
                        let status = self.view(&id).await?.status;
                        recovered.runs.push((id, RunState::from(&status)));
                    }
                    Err(error) => recovered.problems.push((id, error)),
                }
            }
            recovered.runs.sort();
            Ok(recovered)
        })
    }

    fn work<'w>(
        &'w self,
        pace: Pace,
        mut stop: Pin<&'w mut (dyn Future<Output = ()> + Send + 'w)>,
    ) -> BoxFuture<'w, RunResult<u64>> {
        Box::pin(async move {
            let Pace { every, together, grace } = pace;
            let clock = self.engine()?.clock();
            let (mut running, mut under_way, mut n) = (FuturesUnordered::new(), BTreeSet::new(), 0);
            loop {
                // An engine that fails now may be well in a while: a disk that was full, for instance.
                if let Ok((ready, _)) = self.ready(&under_way).await {
                    for (id, pipeline) in ready.into_iter().take(together.saturating_sub(running.len())) {
                        under_way.insert(id.clone());
                        running.push(self.one(id, pipeline));
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
        })
    }

    async fn one(&self, id: RunId, pipeline: Arc<dyn AnyPipeline>) -> (RunId, RunResult<()>) {
        let done = self.go_on(&pipeline, id.clone()).await;
        (id, done)
    }

    /// Runs to go on with, and those that only others can. `except` those.
    async fn ready(&self, except: &BTreeSet<RunId>) -> RunResult<(Vec<ReadyRun>, Vec<RunId>)> {
        let unfinished = RunFilter::default()
            .state(RunState::Created)
            .state(RunState::Interrupted)
            .state(RunState::Paused);
        let now = self.clock.now();
        let (mut ready, mut unknown) = (Vec::new(), Vec::new());
        for run in self.engine()?.list(&unfinished).await? {
            if !run.is_ready(now) || except.contains(&run.id) {
                continue;
            }
            match self.find(&run.pipeline) {
                Some(known) => ready.push((run.id, Arc::clone(known))),
                None => unknown.push(run.id),
            }
        }
        Ok((ready, unknown))
    }
}
