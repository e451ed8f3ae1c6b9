use super::in_run::{ByPath, work};
use super::records::Records;
use super::{
    Activity, Change, Engine, Keep, Program, RunFilter, RunId, RunRecord, RunSummary, RunView, Table, Turn,
};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::error::{Error, Signal};
use crate::path::Path;
use crate::question::Reply;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;

/// The default engine: records in memory, keyed by path, encoded exactly as on disk. A run survives a
/// dropped future and a panicking step, not the process.
///
/// Cloning it gives the same engine.
#[derive(Clone)]
pub struct Memory {
    table: Arc<Table<Records>>,
}

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
    /// An empty engine on the system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    /// An empty engine on this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { table: Arc::new(Table::new(clock)) }
    }

    /// Takes the run away from whoever works on it, as another process would: for tests of ownership.
    ///
    /// # Errors
    /// The run is unknown.
    pub fn take_over(&self, id: &RunId) -> Result<Turn<impl Keep>, Error> {
        Ok(self.table.entry(id)?.take_over())
    }
}

#[async_trait]
impl Engine for Memory {
    fn clock(&self) -> Arc<dyn Clock> {
        self.table.clock()
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let made = self.table.create_with(run, |run| {
            let mut records = Records::of(run.graph.size(), run.seed.records.iter().cloned());
            records.timers.extend(run.seed.timers.iter().map(|key| (key.clone(), Timestamp(0))));
            records
        });
        Ok(made.err().map(|found| found.view(|records| records.order.clone())))
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let Some(turn) = self.table.entry(id)?.take_turn()? else { return Ok(()) };
        work(turn, program).await
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        Ok(self.table.entry(id).ok().map(|run| run.view(|records| records.order.clone())))
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        Ok(self.table.list(filter))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.idle().await;
        Ok(())
    }

    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.reopen(Records::attempts);
        Ok(())
    }

    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.table.entry(id)?.reply(path, reply)
    }

    async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.cancel();
        Ok(())
    }
}

impl Keep for Records {
    type Ack = ();
    const REPLIES_HERE: bool = true;
    fn write(&mut self, _: Change<'_>) {}
    async fn durable((): (), _: &Activity) -> Result<(), Signal> {
        Ok(())
    }
}

impl ByPath for Records {
    fn records(&self) -> &Records {
        self
    }
    fn records_mut(&mut self) -> &mut Records {
        self
    }
}
