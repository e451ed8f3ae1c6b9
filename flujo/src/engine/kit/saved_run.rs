use super::{Change, Ledger, Lifecycle, OpenQuestion};
use crate::clock::Timestamp;
use crate::engine::{Key, Record, RunId, RunRecord, RunView};
use crate::error::{Error, ErrorKind};
use crate::path::Path;
use crate::question::{Answered, Reply};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The durable state of a run: an engine loads it from its storage to continue the run.
///
/// An engine that stores [`Change`]s as they are replays them with [`apply`](Self::apply); an engine with its own
/// tables fills the fields.
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
/// use flujo::engine::Status;
/// use flujo::engine::kit::{Change, SavedRun};
/// use std::borrow::Cow;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// # let record = &view.records[0];
/// let mut saved = SavedRun::new(view.run.clone());
/// saved.apply(Change::Attempt {
///     record: Cow::Borrowed(&**record),
///     within: Cow::Owned(None),
///     reserved: false,
///     progress: true,
/// });
/// let view = saved.view(false);
/// assert_eq!((view.status, view.records.len()), (Status::Created, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SavedRun {
    /// The run as it was created.
    pub run: Arc<RunRecord>,
    /// The state of the run.
    pub lifecycle: Lifecycle,
    /// The records in the order in which they were written, those of the seed first.
    pub records: Vec<Arc<Record>>,
    /// The deadlines of the timers.
    pub timers: BTreeMap<Key, Timestamp>,
    /// Open questions in the order in which they were asked.
    pub questions: Vec<OpenQuestion>,
    /// Answered questions in the order of their replies.
    pub answered: Vec<Answered>,
    /// The usage and the reservations.
    pub ledger: Ledger,
}

impl SavedRun {
    /// Creates the state of a run directly after its creation, with the records of its seed.
    pub fn new(run: impl Into<Arc<RunRecord>>) -> Self {
        let run = run.into();
        Self {
            lifecycle: Lifecycle::new(run.context.clone(), run.created),
            records: run.seed.records.clone(),
            timers: run.seed.timers.iter().map(|key| (key.clone(), Timestamp(0))).collect(),
            questions: Vec::new(),
            answered: run.seed.replies.clone(),
            ledger: Ledger::new(run.limits),
            run,
        }
    }

    /// Applies the change that was written after those applied so far.
    pub fn apply(&mut self, change: Change<'_>) {
        match change {
            Change::Created(run) => *self = Self::new(run.into_owned()),
            Change::Acquired(now) => {
                self.ledger.charge_open();
                self.enter(now.into_owned());
            }
            Change::Started(now) | Change::Finished(now) | Change::Cancelled(now) | Change::Reopened(now) => {
                self.enter(now.into_owned());
            }
            Change::Released(now) => {
                // Other changes of the execution were lost with it.
                self.lifecycle.active = now.active;
                self.lifecycle.changed = now.changed;
                self.lifecycle.in_flight.clone_from(&now.in_flight);
            }
            Change::Attempt { record, within, progress, .. } => {
                self.ledger.settle(&record.key, record.usage, &within);
                self.lifecycle.in_flight.retain(|path| *path != record.key.path);
                self.lifecycle.changed = record.ended;
                self.progress(progress);
                self.records.push(Arc::new(record.into_owned()));
            }
            Change::Timer { key, deadline } => drop(self.timers.insert(key.into_owned(), deadline)),
            Change::Asked { question, arms, progress } => {
                self.progress(progress);
                self.lifecycle.changed = question.asked;
                self.questions.push(OpenQuestion::new(question.into_owned(), arms.into_owned()));
            }
            Change::Due { path, reply } => drop(self.answer(&path, reply.into_owned())),
            Change::Replied { path, reply } => {
                self.lifecycle.replied |= self.answer(&path, reply.into_owned());
            }
            Change::Withdrawn(paths) => self.questions.retain(|open| !paths.contains(&open.question.path)),
            Change::Reserved(held) => self.ledger.hold(&held.key, held.amount, &held.within),
            Change::Settled { key, used, within } => drop(self.ledger.settle(&key, used, &within)),
            Change::Forfeited { key, used, within } => self.ledger.forfeit(&key, used, &within),
        }
    }

    /// Returns the view of the run. `running` is true while an execution works on it.
    pub fn view(self, running: bool) -> RunView {
        let lifecycle = self.lifecycle;
        let mut view = RunView::new(self.run, lifecycle.status(running));
        view.context = lifecycle.context;
        view.records = self.records;
        view.questions = self.questions.into_iter().map(|open| open.question).collect();
        view.answered = self.answered;
        view.usage = self.ledger.spent();
        view.reserved = self.ledger.reserved();
        view.lost = self.ledger.lost().map(|(key, used)| (key.clone(), used)).collect();
        view.active = lifecycle.active;
        view.forgiven = lifecycle.forgiven;
        view.stopped = lifecycle.stopped;
        view.acted = lifecycle.acted;
        (view.started, view.changed, view.ended) = (lifecycle.started, lifecycle.changed, lifecycle.ended);
        view
    }

    fn enter(&mut self, lifecycle: Lifecycle) {
        self.lifecycle = lifecycle;
        if self.lifecycle.outcome.is_some() {
            self.questions.clear();
            self.ledger.charge_open();
        }
    }

    fn progress(&mut self, progress: bool) {
        if progress {
            self.lifecycle.takeovers = 0;
            // Running bodies are written only while takeovers count.
            self.lifecycle.in_flight.clear();
        }
    }

    /// Answers a question; false if it is not open.
    fn answer(&mut self, path: &Path, reply: Reply) -> bool {
        let open = self.questions.iter().position(|open| open.question.path == *path);
        let Some(open) = open.map(|i| self.questions.remove(i)) else { return false };
        self.lifecycle.changed = reply.at;
        self.answered.push(Answered { question: open.question, reply });
        true
    }
}

/// The runs of one shared journal, while it is read.
///
/// ```
/// # use flujo::engine::kit::{Change, SavedRuns};
/// # use flujo::engine::RunId;
/// # fn read(journal: Vec<(RunId, Change<'static>)>) -> Result<SavedRuns, flujo::Error> {
/// let mut runs = SavedRuns::default();
/// for (id, change) in journal {
///     runs.apply(&id, change)?;
/// }
/// # Ok(runs)
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct SavedRuns(BTreeMap<RunId, SavedRun>);

impl SavedRuns {
    /// Applies a change of the run `id`.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the run was not created before, so the beginning of the
    /// journal is missing.
    pub fn apply(&mut self, id: &RunId, change: Change<'_>) -> Result<(), Error> {
        match (self.0.get_mut(id), change) {
            (Some(run), change) => run.apply(change),
            (None, Change::Created(run)) => {
                self.0.insert(id.clone(), SavedRun::new(run.into_owned()));
            }
            (None, _) => {
                let what = format!("the journal has a change of run `{id}` before its creation");
                return Err(Error::new(ErrorKind::Engine(what.into())));
            }
        }
        Ok(())
    }
}

/// In the order of the runs' ids.
impl IntoIterator for SavedRuns {
    type Item = SavedRun;
    type IntoIter = std::collections::btree_map::IntoValues<RunId, SavedRun>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}
