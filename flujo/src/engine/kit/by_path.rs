use super::{Change, Entry, Journal, Ownership, Records, SavedRun, drive_arms};
use crate::clock::{Clock, Timestamp};
use crate::engine::{
    Account, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, ForkPolicy, Handle, Key, OnQuestion, Program,
    Record, RunRecord,
};
use crate::error::{Error, Signal};
use crate::future::{BoxFuture, boxed};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The journal of an engine that finds records by path: the records of a run in memory, in front of the journal `J`
/// that makes them durable.
///
/// Its handles run the arms of a fork inline, so all of them share one journal. [`Ownership::execute`] is an
/// execution.
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
/// use flujo::engine::RunRecord;
/// use flujo::engine::kit::{ByPath, Entry, SavedRun, Table};
/// use std::sync::Arc;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// # let flujo = Flujo::builder().engine(memory).pipeline::<welcome>().build()?;
/// # let run = |id: &str| RunRecord { id: id.into(), ..RunRecord::clone(&view.run) };
/// let table = Table::new(Arc::new(SystemClock::new()));
/// let entry = table.create_with(run("r-2"), |run| ByPath::new(run, ())).expect("the id is free");
/// assert!(entry.view(|journal| journal.records().to_vec()).records.is_empty());
///
/// // Works on it, with the code of this process.
/// let program = flujo.programs().program(entry.run(), Vec::new())?;
/// if let Some(owned) = entry.acquire().await? {
///     owned.execute(program).await?;
/// }
/// assert!(entry.has_ended());
///
/// // A run that was loaded, with the records that it has.
/// let mut saved = SavedRun::new(run("r-3"));
/// saved.records.clone_from(&view.records);
/// table.insert(Entry::load(saved, (), table.clock()));
/// let loaded = table.entry(&"r-3".into())?;
/// assert_eq!(loaded.view(|journal| journal.records().to_vec()).records, view.records);
/// # Ok(())
/// # }
/// ```
pub struct ByPath<J> {
    records: Records,
    journal: J,
}

impl<J> fmt::Debug for ByPath<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByPath").field("records", &self.records).finish_non_exhaustive()
    }
}

impl<J: Journal> ByPath<J> {
    /// Creates the journal of a run that was just created: it holds the records of its seed.
    pub fn new(run: &RunRecord, journal: J) -> Self {
        let mut records = Records::new(run.graph.size(), run.seed.records.iter().cloned());
        for key in &run.seed.timers {
            records.set_timer(key.clone(), Timestamp(0));
        }
        Self { records, journal }
    }

    /// Returns the records of the run.
    pub fn records(&self) -> &Records {
        &self.records
    }
}

impl<J: Journal> Journal for ByPath<J> {
    type Ack = J::Ack;
    const SHARED: bool = J::SHARED;

    fn write(&mut self, change: Change<'_>) -> J::Ack {
        self.journal.write(change)
    }

    fn durable(ack: J::Ack) -> impl Future<Output = Result<(), Signal>> + Send {
        J::durable(ack)
    }
}

impl<J: Journal> Entry<ByPath<J>> {
    /// Creates the entry of a run that was loaded; later changes are written to `journal`.
    pub fn load(mut saved: SavedRun, journal: J, clock: Arc<dyn Clock>) -> Arc<Self> {
        let mut records =
            Records::new(saved.run.graph.size(), std::mem::take(&mut saved.records).into_iter());
        for (key, deadline) in std::mem::take(&mut saved.timers) {
            records.set_timer(key, deadline);
        }
        Self::new(saved, ByPath { records, journal }, clock)
    }
}

impl<J: Journal> Ownership<ByPath<J>> {
    /// Works on the run until the end of this execution, and waits until that end is durable. Dropping the future
    /// equals a crash.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    /// [`ErrorKind::Signal`](crate::ErrorKind::Signal): another owner took over. In both cases the end of the
    /// execution is not written.
    pub async fn execute(self, program: Arc<dyn Program>) -> Result<(), Error> {
        let ownership = Arc::new(self);
        let handle = ByPathHandle { ownership: Arc::clone(&ownership), arms: Vec::new() };
        let ended = ownership.activity().drive(program.run(Box::new(handle))).await;
        Ok(ownership.finish(ended).await?)
    }
}

struct ByPathHandle<J: Journal> {
    ownership: Arc<Ownership<ByPath<J>>>,
    /// The arms that enclose this handle, outermost first.
    arms: Vec<(Path, usize)>,
}

impl<J: Journal> ByPathHandle<J> {
    async fn attempted(&self, command: AttemptCommand, body: Body<'_>) -> Result<Arc<Record>, Signal> {
        let find = |journal: &ByPath<J>| journal.records.find(&command.key).cloned();
        if let Some(record) = self.ownership.find_or_begin(&command.key.path, find).await? {
            record.answers(&command)?;
            return Ok(record);
        }
        let within = command.within.clone();
        // In one place: what an attempt leaves is large.
        let record = match self.ownership.activity().fallible_body(body).await {
            Ok(done) => Arc::new(Record::new(command, done)),
            Err(signal) => return Err(signal),
        };
        let keep = |journal: &mut ByPath<J>| journal.records.push(Arc::clone(&record));
        self.ownership.commit(&record, &within, keep).await?;
        Ok(record)
    }
}

#[async_trait]
impl<J: Journal> Handle for ByPathHandle<J> {
    // Written as `async_trait` would, but for how the future is boxed: every step of a recorded run comes here.
    fn attempt<'b, 's, 'f>(
        &'s mut self,
        command: AttemptCommand,
        body: Body<'b>,
    ) -> BoxFuture<'f, Result<Arc<Record>, Signal>>
    where
        's: 'f,
        'b: 'f,
        Self: 'f,
    {
        boxed!(self.attempted(command, body))
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        let clock = self.ownership.clock();
        let now = clock.now();
        let set = |journal: &mut ByPath<J>| {
            if let Some(deadline) = journal.records.timer(&key) {
                return (deadline, None);
            }
            let deadline = now.plus(wait);
            let ack = journal.write(Change::Timer { key: Cow::Borrowed(&key), deadline });
            journal.records.set_timer(key, deadline);
            (deadline, Some(ack))
        };
        let deadline = self.ownership.issue(set).await?;
        // Time has passed while the timer became durable.
        let left = deadline.since(clock.now());
        if left.is_zero() { Ok(()) } else { self.ownership.activity().body(clock.sleep(left)).await }
    }

    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        self.ownership.ask(question, &self.arms, on_asked).await
    }

    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        self.ownership.check()?;
        let (ownership, around, at) = (Arc::clone(&self.ownership), self.arms.clone(), path.clone());
        let started = arms.into_iter().enumerate().map(move |(i, arm)| {
            let mut arms = around.clone();
            arms.push((at.clone(), i));
            let handle = Self { ownership: Arc::clone(&ownership), arms };
            (arm.body)(ArmGrant { handle: Box::new(handle), encode: false })
        });
        let ends = drive_arms(Box::new(started), policy).await;
        for (i, end) in ends.iter().enumerate() {
            if matches!(end, ArmEnd::Failed(_) | ArmEnd::Cancelled) {
                self.ownership.withdraw(&path, i).await?;
            }
        }
        Ok(ends)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.ownership) as Arc<dyn Account>
    }
}
