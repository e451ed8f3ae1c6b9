use super::{
    Arm, ArmEnd, ArmGrant, AttemptCommand, Body, BoxFuture, Engine, Entry, ForkPolicy, Handle, Key, Program,
    Record, Reservation, RunId, RunRecord, RunView, Table, Turn, drive_arms,
};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::error::{Error, ErrorKind, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The default engine: records in memory, keyed by path, encoded exactly as on disk. A run survives a
/// dropped future and a panicking step, not the process.
///
/// Cloning it gives the same engine.
#[derive(Clone)]
pub struct Memory {
    table: Arc<Table>,
    runs: Arc<Mutex<BTreeMap<RunId, Arc<Run>>>>,
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
        Self { table: Arc::new(Table::new(clock)), runs: Arc::default() }
    }

    /// Takes the run away from whoever works on it, as another process would: for tests of ownership.
    ///
    /// # Errors
    /// The run is unknown.
    pub fn take_over(&self, id: &RunId) -> Result<Turn, Error> {
        Ok(self.table.entry(id)?.take_over())
    }

    fn run(&self, id: &RunId) -> Result<Arc<Run>, Error> {
        let found = lock(&self.runs).get(id).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Run {
    entry: Arc<Entry>,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    order: Vec<Arc<Record>>,
    /// By path and attempt: a step and a model step of one name would share them, and the kind is compared.
    index: HashMap<(Path, u32), usize>,
    /// Absolute deadlines of timers.
    timers: BTreeMap<Key, Timestamp>,
}

impl Records {
    fn find(&self, key: &Key) -> Option<Arc<Record>> {
        self.index.get(&(key.path.clone(), key.n)).and_then(|i| self.order.get(*i)).cloned()
    }
    fn push(&mut self, record: Arc<Record>) {
        self.index.insert((record.key.path.clone(), record.key.n), self.order.len());
        self.order.push(record);
    }
}

#[async_trait]
impl Engine for Memory {
    fn clock(&self) -> Arc<dyn Clock> {
        self.table.clock()
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let id = run.id.clone();
        let Ok(entry) = self.table.create(run) else { return self.view(&id).await };
        let mut records = Records::default();
        for record in &entry.run().seed {
            records.push(Arc::clone(record));
        }
        let run = Arc::new(Run { entry, records: Mutex::new(records) });
        lock(&self.runs).insert(id, run);
        Ok(None)
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let run = self.run(id)?;
        let Some(turn) = run.entry.take_turn()? else { return Ok(()) };
        let turn = Arc::new(turn);
        let handle = InRun { run: Arc::clone(&run), turn: Arc::clone(&turn), arms: Vec::new() };
        let ended = turn.activity().drive(program.run(Box::new(handle))).await;
        turn.finish(ended);
        Ok(())
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        Ok(self.run(id).ok().map(|run| {
            let records = lock(&run.records).order.clone();
            run.entry.view(records)
        }))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.idle().await;
        Ok(())
    }

    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        let run = self.run(id)?;
        run.entry.reopen(|path| {
            let records = lock(&run.records);
            records.order.iter().filter(|r| r.key.path == *path).map(|r| r.key.n).max().unwrap_or(0)
        });
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

struct InRun {
    run: Arc<Run>,
    turn: Arc<Turn>,
    /// The arms that this handle works in, outermost first.
    arms: Vec<(Path, usize)>,
}

#[async_trait]
impl Handle for InRun {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        self.turn.check()?;
        let recorded = lock(&self.run.records).find(&command.key);
        if let Some(record) = recorded {
            record.answers(&command)?;
            return Ok(record);
        }
        self.turn.begin(&command.key.path)?;
        let done = self.turn.activity().body(body()).await?;
        let record = Arc::new(Record::new(command, done));
        let stored = Arc::clone(&record);
        self.turn.commit(&record, || lock(&self.run.records).push(stored))?;
        Ok(record)
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        self.turn.check()?;
        let clock = self.turn.clock();
        let now = clock.now();
        let deadline = *lock(&self.run.records).timers.entry(key).or_insert(now.plus(wait));
        let left = deadline.since(now);
        if left.is_zero() { Ok(()) } else { self.turn.activity().body(clock.sleep(left)).await }
    }

    async fn ask(&mut self, question: Question) -> Result<Reply, Signal> {
        self.turn.ask(question, &self.arms).await
    }

    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        self.turn.check()?;
        let started = arms.into_iter().enumerate().map(|(i, arm)| -> BoxFuture<'b, ArmEnd> {
            let mut chain = self.arms.clone();
            chain.push((path.clone(), i));
            let handle = Self { run: Arc::clone(&self.run), turn: Arc::clone(&self.turn), arms: chain };
            let grant = ArmGrant { handle: Box::new(handle), encode: false };
            // An arm does nothing, not even its first command, before there is room for it.
            Box::pin(async move { (arm.body)(grant).await })
        });
        let ends = drive_arms(started.collect(), policy).await;
        for (i, end) in ends.iter().enumerate() {
            if matches!(end, ArmEnd::Failed(_) | ArmEnd::Cancelled) {
                self.turn.withdraw(&path, i)?;
            }
        }
        Ok(ends)
    }

    async fn reserve(&mut self, reservation: Reservation) -> Result<(), Signal> {
        if lock(&self.run.records).find(&reservation.key).is_some() {
            return Ok(());
        }
        self.turn.reserve(reservation)
    }

    async fn settle(&mut self, key: Key, used: Usage) -> Result<(), Signal> {
        self.turn.settle(key, used)
    }
}
