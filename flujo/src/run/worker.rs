//! The worker, which resumes runs continuously.

use super::flujo::Flujo;
use super::outcome::Outcome;
use super::recover::TOGETHER;
use super::runtime::Runtime;
use crate::engine::RunId;
use crate::error::{Error, ErrorKind, RunResult, Signal};
use crate::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

impl<R: Send + Sync + 'static> Flujo<R> {
    /// Creates a worker, which resumes runs continuously: see [`Worker`].
    pub fn worker(&self) -> Worker<R> {
        let every = Duration::from_secs(1);
        Worker {
            flujo: self.clone(),
            pace: Pace { every, together: TOGETHER, grace: Duration::from_secs(10) },
            on_problem: None,
        }
    }
}

/// A loop that resumes the runs of the registered pipelines that have no execution: it takes over runs of processes
/// that are gone, applies the deadlines of questions, and resumes answered runs. Any number of processes may have a
/// worker.
///
/// A run that cannot be resumed, because it does not fit the code for instance, is warned of with `tracing` and reported
/// to [`on_problem`](Self::on_problem). The worker does not try it again; that of another build does. Where the engine
/// failed, a full disk for instance, the run is tried again.
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
    on_problem: Option<Report>,
}

/// A function that is called with a run that cannot be resumed, and the error.
type Report = Arc<dyn Fn(&RunId, &Error) + Send + Sync>;

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

    /// Sets a function that is called once for each run that cannot be resumed, with the error: the records of the run
    /// do not fit the code, for instance.
    ///
    /// ```no_run
    /// # async fn f(flujo: flujo::Flujo, the_end: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> Result<(), flujo::Error> {
    /// flujo.worker().on_problem(|run, error| eprintln!("{run} does not go on: {error}")).until(the_end).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_problem(mut self, report: impl Fn(&RunId, &Error) + Send + Sync + 'static) -> Self {
        self.on_problem = Some(Arc::new(report));
        self
    }

    /// Works until `stop` completes, for instance a signal from the operating system. Returns the number of runs that
    /// it resumed, without those that could not be resumed.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine is ephemeral and records nothing. Errors of
    /// single runs are recorded with them or go to [`on_problem`](Self::on_problem), and errors of the engine are
    /// retried.
    pub async fn until(self, stop: impl Future<Output = ()> + Send) -> RunResult<u64> {
        self.flujo.runtime.work((self.pace, self.on_problem), pin!(stop)).await
    }
}

/// The runs of a worker.
#[derive(Default)]
struct Progress {
    under_way: BTreeSet<RunId>,
    /// The runs that cannot be resumed here: each try would fail in the same way.
    refused: BTreeSet<RunId>,
    /// The runs that an error of the engine met, which are tried again.
    troubled: BTreeSet<RunId>,
    /// The number of runs that ended here.
    ended: u64,
    /// The runs that went on here and have not ended, so that one that goes on again counts once.
    unfinished: BTreeSet<RunId>,
    on_problem: Option<Report>,
}

impl Progress {
    fn add(&mut self, id: RunId, done: RunResult<Outcome<()>>) {
        self.under_way.remove(&id);
        match done {
            Ok(outcome) if has_ended(&outcome) => {
                self.troubled.remove(&id);
                self.unfinished.remove(&id);
                self.ended = self.ended.saturating_add(1);
            }
            Ok(_) => _ = self.unfinished.insert(id),
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => {}
            Err(error) if is_of_the_engine(&error) => {
                if self.troubled.insert(id.clone()) {
                    tracing::warn!(target: "flujo", run = %id, %error, "the engine failed; the run is tried again");
                    self.report(&id, &error);
                }
            }
            Err(error) => {
                let path = error.path().map(tracing::field::display);
                match error.signal() {
                    Some(Signal::JournalMismatch(mismatch)) => {
                        let what = mismatch.what.as_str();
                        tracing::warn!(target: "flujo", run = %id, path, what, "a run does not fit this code, and waits for the code that it knows");
                    }
                    _ => {
                        tracing::warn!(target: "flujo", run = %id, path, %error, "a run cannot be resumed by this worker");
                    }
                }
                self.report(&id, &error);
                self.refused.insert(id);
            }
        }
    }

    fn report(&self, id: &RunId, error: &Error) {
        if let Some(on_problem) = &self.on_problem {
            on_problem(id, error);
        }
    }

    /// The number of runs that went on, those included whose work is dropped.
    fn went_on(mut self) -> u64 {
        self.unfinished.append(&mut self.under_way);
        self.ended.saturating_add(u64::try_from(self.unfinished.len()).unwrap_or(u64::MAX))
    }
}

/// An error that may be gone at the next try: a disk that was full, for instance.
fn is_of_the_engine(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Engine(_) | ErrorKind::Signal(Signal::Engine(_)))
}

fn has_ended(outcome: &Outcome<()>) -> bool {
    match outcome {
        Outcome::Done(()) | Outcome::Cancelled => true,
        Outcome::Paused(_) => false,
        Outcome::Failed(error) => !matches!(
            error.kind(),
            ErrorKind::Interrupted
                | ErrorKind::Signal(Signal::Engine(_) | Signal::Internal(_) | Signal::OwnershipLost)
        ),
    }
}

impl Runtime {
    fn work<'w>(
        &'w self,
        (pace, on_problem): (Pace, Option<Report>),
        mut stop: Pin<&'w mut (dyn Future<Output = ()> + Send + 'w)>,
    ) -> BoxFuture<'w, RunResult<u64>> {
        Box::pin(async move {
            let Pace { every, together, grace } = pace;
            let clock = self.engine()?.clock();
            let (mut running, mut progress) =
                (FuturesUnordered::new(), Progress { on_problem, ..Progress::default() });
            loop {
                // An error of the engine may be temporary: a disk that was full, for instance.
                if let Ok((ready, _)) = self.ready(&[&progress.under_way, &progress.refused]).await {
                    for (id, pipeline) in ready.into_iter().take(together.saturating_sub(running.len())) {
                        progress.under_way.insert(id.clone());
                        running.push(self.one(id, pipeline));
                    }
                }
                let mut pause = clock.sleep(every);
                loop {
                    tokio::select! {
                        biased;
                        () = &mut stop => {
                            let rest = async {
                                while let Some((id, done)) = running.next().await {
                                    progress.add(id, done);
                                }
                            };
                            tokio::select! { biased; () = rest => {} () = clock.sleep(grace) => {} }
                            return Ok(progress.went_on());
                        }
                        Some((id, done)) = running.next(), if !running.is_empty() => progress.add(id, done),
                        () = &mut pause => break,
                    }
                }
            }
        })
    }
}
