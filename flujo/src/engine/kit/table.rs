use super::entry::lock;
use super::{Entry, Journal, SavedRun};
use crate::clock::Clock;
use crate::engine::{PendingQuestion, QuestionFilter, RunFilter, RunId, RunRecord, RunSummary};
use crate::error::{Error, ErrorKind};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// The runs of an engine that holds all of them in this process, by their ids.
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
/// use flujo::engine::kit::{Entry, SavedRun, Table};
/// use flujo::engine::{QuestionFilter, RunFilter, RunRecord};
/// use std::sync::Arc;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// # let run = |id: &str| RunRecord { id: id.into(), ..RunRecord::clone(&view.run) };
/// let table: Table = Table::new(Arc::new(SystemClock::new()));
/// let entry = table.create(run("r-2")).expect("the id is free");
/// // The id is taken: the answer is the run that has it.
/// let known = table.create_with(run("r-2"), |_run| ()).expect_err("the id is taken");
/// assert!(Arc::ptr_eq(&entry, &known));
///
/// // A run that was loaded.
/// table.insert(Entry::new(SavedRun::new(run("r-3")), (), table.clock()));
/// assert_eq!(table.list(&RunFilter::default()).len(), 2);
/// assert_eq!(table.questions(&QuestionFilter::default()), []);
/// assert_eq!(table.entry(&"r-3".into())?.run().id.as_str(), "r-3");
///
/// entry.cancel(None).await?;
/// assert_eq!(table.remove_ended(&"r-2".into()), Some(true));
/// assert_eq!(table.remove_ended(&"r-3".into()), Some(false));
/// # Ok(())
/// # }
/// ```
pub struct Table<J: Journal = ()> {
    runs: Mutex<BTreeMap<RunId, Arc<Entry<J>>>>,
    clock: Arc<dyn Clock>,
}

impl<J: Journal> fmt::Debug for Table<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl<J: Journal> Table<J> {
    /// Creates an empty table.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { runs: Mutex::default(), clock }
    }

    /// Returns the clock of the runs.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Creates a run by compare-and-set. `journal` creates its journal; it is called under the lock of the table.
    ///
    /// # Errors
    /// The existing run with this id.
    pub fn create_with(
        &self,
        run: RunRecord,
        journal: impl FnOnce(&RunRecord) -> J,
    ) -> Result<Arc<Entry<J>>, Arc<Entry<J>>> {
        let mut runs = lock(&self.runs);
        if let Some(found) = runs.get(&run.id) {
            return Err(Arc::clone(found));
        }
        let journal = journal(&run);
        let id = run.id.clone();
        let entry = Entry::new(SavedRun::new(run), journal, Arc::clone(&self.clock));
        runs.insert(id, Arc::clone(&entry));
        Ok(entry)
    }

    /// Adds a run that was loaded; it replaces a run with the same id.
    pub fn insert(&self, entry: Arc<Entry<J>>) {
        lock(&self.runs).insert(entry.run().id.clone(), entry);
    }

    /// Removes a run if it has ended. Returns true if it had ended, and `None` if there is no such run.
    pub fn remove_ended(&self, id: &RunId) -> Option<bool> {
        let mut runs = lock(&self.runs);
        let ended = runs.get(id)?.has_ended();
        if ended {
            runs.remove(id);
        }
        Some(ended)
    }

    /// Returns the runs that match a filter, in its order.
    pub fn list(&self, filter: &RunFilter) -> Vec<RunSummary> {
        filter.list(self.entries().iter().map(|run| run.summary()))
    }

    /// Returns the open questions that match a filter, oldest first.
    pub fn questions(&self, filter: &QuestionFilter) -> Vec<PendingQuestion> {
        let mut all = Vec::new();
        for entry in self.entries() {
            let run = entry.run();
            let asked = |question| PendingQuestion::new(run.id.clone(), run.pipeline.clone(), question);
            all.extend(entry.questions().into_iter().map(asked));
        }
        filter.list(all)
    }

    fn entries(&self) -> Vec<Arc<Entry<J>>> {
        lock(&self.runs).values().cloned().collect()
    }

    /// Returns the run of this id.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`]: there is no such run.
    pub fn entry(&self, id: &RunId) -> Result<Arc<Entry<J>>, Error> {
        let found = lock(&self.runs).get(id).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }
}

impl<J: Journal + Default> Table<J> {
    /// Creates a run by compare-and-set, with a default journal.
    ///
    /// # Errors
    /// The existing run with this id.
    pub fn create(&self, run: RunRecord) -> Result<Arc<Entry<J>>, Arc<Entry<J>>> {
        self.create_with(run, |_| J::default())
    }
}
