//! Recovery of runs without an owner: `recover`, and the worker.

use super::flujo::Flujo;
use super::registry::AnyPipeline;
use super::resume::Resuming;
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

/// A run to resume, and its pipeline.
type ReadyRun = (RunId, Arc<dyn AnyPipeline>);

/// The result of [`Flujo::recover`].
///
/// ```
/// # use flujo::prelude::*;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// # let flujo = Flujo::builder().build()?;
/// use flujo::run::Recovered;
///
/// let recovered: Recovered = flujo.recover().await?;
/// for (run, problem) in &recovered.problems {
///     eprintln!("{run}: {problem}");
/// }
/// assert!(recovered.runs.is_empty() && recovered.unknown.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// The runs that were resumed, with their states at the end.
    pub runs: Vec<(RunId, RunState)>,
    /// The runs that could not be resumed, with the errors.
    pub problems: Vec<(RunId, crate::Error)>,
    /// The runs whose pipelines are not registered here.
    pub unknown: Vec<RunId>,
}

/// The default number of runs that are resumed concurrently.
const TOGETHER: usize = 64;

impl<R: Send + Sync + 'static> Flujo<R> {
    /// Resumes every run of the registered pipelines that has no execution and waits for nothing: runs whose process
    /// is gone, runs that were created and never begun, and paused runs whose reply has arrived or whose deadline has
    /// passed. Returns when each of them has ended or paused.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed. Errors of single runs are in
    /// [`Recovered::problems`].
    pub async fn recover(&self) -> RunResult<Recovered> {
        self.runtime.recovered().await
    }

    /// Creates a worker, which resumes runs continuously: see [`Worker`].
    pub fn worker(&self) -> Worker<R> {
        let every = Duration::from_secs(1);
        Worker {
            flujo: self.clone(),
            pace: Pace { every, together: TOGETHER, grace: Duration::from_secs(10) },
        }
    }

    /// Returns the runs that match a filter, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine is ephemeral and records nothing.
    pub async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.runtime.engine()?.list(filter).await
    }
}

/// A loop that resumes the runs of the registered pipelines that have no execution: it takes over runs of processes
/// that are gone, applies the deadlines of questions, and resumes answered runs. Any number of processes may have a
/// worker.
///
/// ```no_run
/// # async fn f(flujo: flujo::Flujo) -> Result<(), flujo::Error> {
/// # let the_end = std::future::pending::<()>();
/// flujo.worker().until(the_end).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a worker does nothing until `.until(..)` is awaited"]
pub struct Worker<R> {
    flujo: Flujo<R>,
    pace: Pace,
}

/// The options of a worker: polling interval, concurrency, and grace period at its end.
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
    /// Sets the interval between two polls for runs, on the engine's clock; defaults to one second.
    pub fn every(mut self, every: Duration) -> Self {
        self.pace.every = every;
        self
    }

    /// Sets the most runs that are resumed concurrently; defaults to 64.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// # async fn f(flujo: flujo::Flujo, the_end: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> Result<(), flujo::Error> {
    /// let resumed = flujo
    ///     .worker()
    ///     .every(Duration::from_secs(5))
    ///     .together(8)
    ///     .grace(Duration::from_secs(30))
    ///     .until(the_end)
    ///     .await?;
    /// println!("resumed {resumed} runs");
    /// # Ok(())
    /// # }
    /// ```
    pub fn together(mut self, runs: usize) -> Self {
        self.pace.together = runs.max(1);
        self
    }

    /// Sets the grace period: after `stop`, the worker waits this long for the runs that it works on; defaults to 10
    /// seconds. Runs that have not ended by then are dropped, which is as safe as a crash.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.pace.grace = grace;
        self
    }

    /// Works until `stop` completes, for instance a signal from the operating system. Returns the number of times
    /// that it resumed a run.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine is ephemeral and records nothing. Errors of
    /// single runs are recorded with them, and errors of the engine are retried.
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
                // An error of the engine may be temporary: a disk that was full, for instance.
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
                            // A run that cannot be resumed would fail again at once, so this worker does not try it
                            // again; the worker of the next build does.
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
        let done = self.go_on(&pipeline, Resuming::unfinished(id.clone())).await;
        (id, done)
    }

    /// Lists the runs to resume, without those in `except`, and the runs whose pipelines are not registered here.
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
