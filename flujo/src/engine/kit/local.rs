use super::{ByPath, Change, Entry, Journal, Ownership, SavedRun, Table};
use crate::clock::Clock;
use crate::engine::{
    Engine, PendingQuestion, Program, QuestionFilter, RunFilter, RunId, RunRecord, RunSummary, RunView,
};
use crate::error::Error;
use crate::path::Path;
use crate::question::Reply;
use async_trait::async_trait;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// An [`Engine`] of one process that finds records by path, made of a journal alone. A clone is a handle to the same
/// engine.
///
/// It holds all of its runs in memory, ended ones included. The storage behind its journals must belong to this
/// process alone: two processes that write to it would not see each other's changes.
pub struct LocalEngine<J: Journal> {
    inner: Arc<Inner<J>>,
}

struct Inner<J: Journal> {
    table: Table<ByPath<J>>,
    journal: Box<dyn Fn(&RunId) -> J + Send + Sync>,
}

impl<J: Journal> Clone for LocalEngine<J> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<J: Journal> fmt::Debug for LocalEngine<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEngine").finish_non_exhaustive()
    }
}

impl<J: Journal> LocalEngine<J> {
    /// Creates an engine without runs on this clock. `journal` creates the journal of a run.
    pub fn new(clock: Arc<dyn Clock>, journal: impl Fn(&RunId) -> J + Send + Sync + 'static) -> Self {
        Self { inner: Arc::new(Inner { table: Table::new(clock), journal: Box::new(journal) }) }
    }

    /// Adds a run that was loaded from storage, before any execution of it.
    pub fn load(&self, saved: SavedRun) {
        let journal = (self.inner.journal)(&saved.run.id);
        self.inner.table.insert(Entry::load(saved, journal, self.inner.table.clock()));
    }

    /// Returns true if the run is done, has failed or is cancelled; false if there is no such run.
    pub(in crate::engine) fn has_ended(&self, id: &RunId) -> bool {
        self.inner.table.entry(id).is_ok_and(|entry| entry.has_ended())
    }

    /// Removes a run from this process if it has ended; nothing is written to its journal. Returns true if it had
    /// ended, and `None` if there is no such run.
    pub(in crate::engine) fn remove_ended(&self, id: &RunId) -> Option<bool> {
        self.inner.table.remove_ended(id)
    }

    /// Takes ownership away from the current execution of the run, as another process would: for tests of ownership.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// use flujo::clock::SystemClock;
    /// use flujo::engine::kit::LocalEngine;
    /// use std::sync::Arc;
    ///
    /// let engine = LocalEngine::new(Arc::new(SystemClock::new()), |_run| ());
    /// let flujo = Flujo::builder().engine(engine.clone()).build()?;
    /// flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
    /// let owned = engine.take_over(&"r-1".into())?;
    /// owned.check()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    pub fn take_over(&self, id: &RunId) -> Result<Ownership<ByPath<J>>, Error> {
        Ok(self.inner.table.entry(id)?.take_over())
    }
}

#[async_trait]
impl<J: Journal> Engine for LocalEngine<J> {
    fn clock(&self) -> Arc<dyn Clock> {
        self.inner.table.clock()
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let mut created = None;
        let entry = self.inner.table.create_with(run, |run| {
            let mut journal = (self.inner.journal)(&run.id);
            // Written under the lock of the table, so that it precedes every other change of the run.
            created = Some(journal.write(Change::Created(Cow::Borrowed(run))));
            ByPath::new(run, journal)
        });
        if let Err(found) = entry {
            return Ok(Some(found.view(|journal| journal.records().to_vec())));
        }
        if let Some(ack) = created {
            J::durable(ack).await?;
        }
        Ok(None)
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        match self.inner.table.entry(id)?.acquire().await? {
            Some(ownership) => ownership.execute(program).await,
            None => Ok(()),
        }
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        let found = self.inner.table.entry(id).ok();
        Ok(found.map(|run| run.view(|journal| journal.records().to_vec())))
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        Ok(self.inner.table.list(filter))
    }

    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        Ok(self.inner.table.questions(filter))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.inner.table.entry(id)?.idle().await;
        Ok(())
    }

    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.inner.table.entry(id)?.reopen(by, |journal, path| journal.records().attempts(path)).await
    }

    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.inner.table.entry(id)?.reply(path, reply).await
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.inner.table.entry(id)?.cancel(by).await
    }
}
