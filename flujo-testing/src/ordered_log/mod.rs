//! An engine that behaves like an ordered log such as Restate: commands are numbered per invocation, a replay
//! must issue the same commands in the same order, and every arm of a fork is an invocation of its own that
//! re-runs the body from a seed.

mod handle;
mod log;

use async_trait::async_trait;
use flujo::clock::{Clock, SystemClock};
use flujo::engine::kit::{Entry, Table};
use flujo::engine::{
    Engine, PendingQuestion, Program, QuestionFilter, RunFilter, RunId, RunRecord, RunSummary, RunView,
};
use flujo::error::{Error, ErrorKind};
use flujo::path::Path;
use flujo::question::Reply;
use handle::Invocation;
use log::Logs;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A test engine for pipelines that will run on an ordered log. Clones share the engine.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo_testing::OrderedLog;
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// pipeline! {
///     fn welcome(name: String) -> String { greet(name) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let log = OrderedLog::new();
/// let flujo = Flujo::builder().engine(log.clone()).build()?;
/// flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// let (invocation, commands) = &log.commands(&"r-1".into())?[0];
/// # let _ = invocation;
/// assert_eq!(commands.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OrderedLog {
    table: Arc<Table>,
    runs: Arc<Mutex<BTreeMap<RunId, Arc<Run>>>>,
}

struct Run {
    entry: Arc<Entry>,
    logs: Mutex<Logs>,
}

impl Run {
    fn logs(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OrderedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderedLog").finish_non_exhaustive()
    }
}

impl Default for OrderedLog {
    fn default() -> Self {
        Self::new()
    }
}

impl OrderedLog {
    /// Returns an empty engine on the system clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    /// Returns an empty engine on this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { table: Arc::new(Table::new(clock)), runs: Arc::default() }
    }

    /// Returns the commands of a run, one list per invocation: those of the root, then those of the arms by
    /// their paths.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`]: there is no such run.
    pub fn commands(&self, id: &RunId) -> Result<Vec<(String, Vec<String>)>, Error> {
        Ok(self.run(id)?.logs().listing())
    }

    /// Takes over a run as another process would: the current execution can no longer write. For tests of
    /// ownership.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`]: there is no such run.
    pub fn take_over(&self, id: &RunId) -> Result<(), Error> {
        drop(self.run(id)?.entry.take_over());
        Ok(())
    }

    /// Creates a run and its logs under one lock: every run has its logs.
    fn insert(&self, run: RunRecord) -> bool {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let id = run.id.clone();
        let Ok(entry) = self.table.create(run) else { return false };
        let logs = Mutex::new(Logs::seeded(&entry.run().seed));
        runs.insert(id, Arc::new(Run { entry, logs }));
        true
    }

    fn run(&self, id: &RunId) -> Result<Arc<Run>, Error> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(id).cloned().ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }
}

#[async_trait]
impl Engine for OrderedLog {
    fn clock(&self) -> Arc<dyn Clock> {
        self.table.clock()
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let id = run.id.clone();
        if self.insert(run) { Ok(None) } else { self.view(&id).await }
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let run = self.run(id)?;
        let Some(ownership) = run.entry.acquire().await? else { return Ok(()) };
        let ownership = Arc::new(ownership);
        let root = Invocation::root(Arc::clone(&run), Arc::clone(&ownership), Arc::clone(&program));
        let ended = ownership.activity().drive(program.run(Box::new(root))).await;
        Ok(ownership.finish(ended).await?)
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        Ok(self.run(id).ok().map(|run| {
            let records = run.logs().records();
            run.entry.view(|()| records)
        }))
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        Ok(self.table.list(filter))
    }

    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        Ok(self.table.questions(filter))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.idle().await;
        Ok(())
    }

    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let run = self.run(id)?;
        run.entry.reopen(by, |(), path| run.logs().attempts(path)).await?;
        // A log is immutable: the run resumes in a new one, seeded with the finished records.
        run.logs().start_over();
        Ok(())
    }

    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.table.entry(id)?.reply(path, reply).await
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.table.entry(id)?.cancel(by).await
    }
}
