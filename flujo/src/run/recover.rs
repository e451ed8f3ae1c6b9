//! Recovery of runs without an owner.

use super::flujo::Flujo;
use super::outcome::Outcome;
use super::registry::AnyPipeline;
use super::resume::Resuming;
use super::runtime::Runtime;
use crate::engine::{RunFilter, RunId, RunState, RunSummary};
use crate::error::RunResult;
use crate::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A run to resume, and its pipeline.
pub(super) type ReadyRun = (RunId, Arc<dyn AnyPipeline>);

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
    /// The runs that could not be resumed, with the errors: those that do not fit the code, for instance, whose error is
    /// [`Signal::JournalMismatch`](crate::error::Signal::JournalMismatch) at the node.
    pub problems: Vec<(RunId, crate::Error)>,
    /// The runs whose pipelines are not registered here.
    pub unknown: Vec<RunId>,
}

/// The default number of runs that are resumed concurrently.
pub(super) const TOGETHER: usize = 64;

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

    /// Returns the runs that match a filter, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine is ephemeral and records nothing.
    pub async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.runtime.listed(filter).await
    }
}

impl Runtime {
    fn recovered(&self) -> BoxFuture<'_, RunResult<Recovered>> {
        Box::pin(async move {
            let mut recovered = Recovered::default();
            let (ready, unknown) = self.ready(&[]).await?;
            recovered.unknown = unknown;
            let mut waiting = ready.into_iter().map(|(id, run)| self.one(id, run));
            let mut running: FuturesUnordered<_> = waiting.by_ref().take(TOGETHER).collect();
            while let Some((id, done)) = running.next().await {
                running.extend(waiting.next());
                match done {
                    Ok(_) => {
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

    pub(super) async fn one(
        &self,
        id: RunId,
        pipeline: Arc<dyn AnyPipeline>,
    ) -> (RunId, RunResult<Outcome<()>>) {
        let done = self.go_on(&pipeline, Resuming::unfinished(id.clone())).await;
        (id, done)
    }

    /// Lists the runs to resume, without those in `except`, and the runs whose pipelines are not registered here.
    pub(super) async fn ready(&self, except: &[&BTreeSet<RunId>]) -> RunResult<(Vec<ReadyRun>, Vec<RunId>)> {
        let unfinished = RunFilter::default()
            .state(RunState::Created)
            .state(RunState::Interrupted)
            .state(RunState::Paused);
        let now = self.clock.now();
        let (mut ready, mut unknown) = (Vec::new(), Vec::new());
        for run in self.engine()?.list(&unfinished).await? {
            if !run.is_ready(now) || except.iter().any(|ids| ids.contains(&run.id)) {
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
