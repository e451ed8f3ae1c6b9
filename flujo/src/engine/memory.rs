use super::kit::{Journal, LocalEngine, Ownership};
use super::{Engine, Program, RunFilter, RunId, RunRecord, RunSummary, RunView};
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::path::Path;
use crate::question::Reply;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;

/// The default engine: records in memory, found by path, encoded exactly as on disk. A run survives a dropped future
/// and a panicking step, not the process.
///
/// Cloning it gives the same engine.
#[derive(Clone)]
pub struct Memory(LocalEngine<()>);

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
        Self(LocalEngine::new(clock, |_| ()))
    }

    /// Takes the run away from the execution that works on it, as another process would: for tests of ownership.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    pub fn take_over(&self, id: &RunId) -> Result<Ownership<impl Journal>, Error> {
        self.0.take_over(id)
    }
}

#[async_trait]
impl Engine for Memory {
    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        self.0.create(run).await
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        self.0.execute(id, program).await
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        self.0.view(id).await
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.0.list(filter).await
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.0.idle(id).await
    }
    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        self.0.reopen(id).await
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.0.reply(id, path, reply).await
    }
    async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        self.0.cancel(id).await
    }
}
