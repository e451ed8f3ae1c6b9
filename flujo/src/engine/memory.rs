use super::kit::{Journal, LocalEngine, Ownership};
use super::retention::{EndedRuns, Retention};
use super::{
    Action, ActionKind, Engine, PendingQuestion, Program, QuestionFilter, RunFilter, RunId, RunRecord,
    RunSummary, RunView, Status,
};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::error::{Error, ErrorKind};
use crate::path::Path;
use crate::question::Reply;
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The default engine: records in memory, found by path, encoded exactly as on disk. A run survives a dropped future
/// and a panicking step, but not the end of the process.
///
/// Ended runs are kept for a while, as configured by its [`Retention`]. A clone is a handle to the same engine.
#[derive(Clone)]
pub struct Memory {
    engine: LocalEngine<()>,
    ended: Arc<Mutex<EndedRuns>>,
    pruned: Arc<Mutex<Vec<Action>>>,
}

/// The number of deletions that are kept.
const PRUNED: usize = 1_000;

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// Creates an empty engine on the system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    /// Creates an empty engine on this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { engine: LocalEngine::new(clock, |_| ()), ended: Arc::default(), pruned: Arc::default() }
    }

    /// Sets the number of ended runs that are kept, and for how long. Defaults to [`Retention::DEFAULT`].
    #[must_use]
    pub fn retention(self, retention: Retention) -> Self {
        self.ended().set_retention(retention);
        self
    }

    /// Removes an ended run: its records, its result, and its id. Returns true if there was such a run.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let engine = flujo::engine::Memory::new();
    /// let flujo = Flujo::builder().engine(engine.clone()).build()?;
    /// flujo.run(welcome("Ada".to_string())).id("ada").await.into_output()?;
    /// assert!(engine.forget(&"ada".into())?);
    /// assert!(!engine.forget(&"ada".into())?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Busy`]: the run has not ended. Cancel it first.
    pub fn forget(&self, id: &RunId) -> Result<bool, Error> {
        let mut ended = self.ended();
        match self.engine.remove_ended(id) {
            Some(true) => {
                ended.remove(id);
                Ok(true)
            }
            Some(false) => Err(Error::new(ErrorKind::Busy(id.to_string()))),
            None => Ok(false),
        }
    }

    fn ended(&self) -> MutexGuard<'_, EndedRuns> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the end of the run, if it has ended, and removes the runs that have expired.
    fn settle(&self, id: &RunId) {
        let mut ended = self.ended();
        if self.engine.has_ended(id) {
            ended.ended(id, self.engine.clock().now());
        }
        self.expire(&mut ended);
    }

    fn expire(&self, ended: &mut EndedRuns) {
        for id in ended.expired(self.engine.clock().now()) {
            // A run that is being resumed is no longer ended, and stays.
            self.engine.remove_ended(&id);
        }
    }

    /// Takes ownership away from the current execution of the run, as another process would: for tests of ownership.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    pub fn take_over(&self, id: &RunId) -> Result<Ownership<impl Journal>, Error> {
        self.engine.take_over(id)
    }
}

/// Records the end of a run when an execution of it is over.
struct Settle<'m> {
    engine: &'m Memory,
    id: &'m RunId,
}

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        self.engine.settle(self.id);
    }
}

#[async_trait]
impl Engine for Memory {
    fn clock(&self) -> Arc<dyn Clock> {
        self.engine.clock()
    }
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        self.expire(&mut self.ended());
        self.engine.create(run).await
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        // A guard, so that this also happens if the execution is dropped after the last command of the run.
        let _settled = Settle { engine: self, id };
        self.engine.execute(id, program).await
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        let view = self.engine.view(id).await?;
        if view.as_ref().is_some_and(|view| matches!(view.status, Status::Ended(_))) {
            self.settle(id);
            self.ended().read(id);
        }
        self.expire(&mut self.ended());
        Ok(view)
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.expire(&mut self.ended());
        self.engine.list(filter).await
    }
    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        self.engine.questions(filter).await
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.engine.idle(id).await
    }
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let done = self.engine.reopen(id, by).await;
        let mut ended = self.ended();
        if !self.engine.has_ended(id) {
            ended.remove(id);
        }
        done
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.engine.reply(id, path, reply).await
    }
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let done = self.engine.cancel(id, by).await;
        self.settle(id);
        done
    }
    async fn prune(&self, before: Timestamp, by: Option<&str>) -> Result<u64, Error> {
        let mut runs = 0;
        for run in self.engine.list(&RunFilter::default()).await? {
            if run.ended.is_some_and(|ended| ended < before)
                && self.engine.remove_ended(&run.id) == Some(true)
            {
                self.ended().remove(&run.id);
                runs += 1;
            }
        }
        let mut pruned = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        pruned.insert(0, Action::new(self.engine.clock().now(), by, ActionKind::Pruned { before, runs }));
        pruned.truncate(PRUNED);
        Ok(runs)
    }
    async fn pruned(&self) -> Result<Vec<Action>, Error> {
        Ok(self.pruned.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
