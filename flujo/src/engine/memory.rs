use super::records::Records;
use super::{
    Account, Arm, ArmEnd, ArmGrant, Asked, AttemptCommand, Body, Engine, ForkPolicy, Handle, Key, Program,
    Record, RunId, RunRecord, RunView, Table, Turn, drive_arms,
};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    pub fn take_over(&self, id: &RunId) -> Result<Turn<impl Send>, Error> {
        Ok(self.table.entry(id)?.take_over())
    }
}

#[async_trait]
impl Engine for Memory {
    fn clock(&self) -> Arc<dyn Clock> {
        self.table.clock()
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let made = self.table.create_with(run, |run| Records::seeded(run.graph.nodes.len(), &run.seed));
        Ok(made.err().map(|found| found.view(|records| records.order.clone())))
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let Some(turn) = self.table.entry(id)?.take_turn()? else { return Ok(()) };
        let turn = Arc::new(turn);
        let handle = InRun { turn: Arc::clone(&turn), arms: Vec::new() };
        let ended = turn.activity().drive(program.run(Box::new(handle))).await;
        turn.finish(ended);
        Ok(())
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        Ok(self.table.entry(id).ok().map(|run| run.view(|records| records.order.clone())))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.idle().await;
        Ok(())
    }

    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        self.table.entry(id)?.reopen(|records, path| {
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
    turn: Arc<Turn<Records>>,
    /// The arms that this handle works in, outermost first.
    arms: Vec<(Path, usize)>,
}

#[async_trait]
impl Handle for InRun {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let recorded =
            self.turn.find_or_begin(&command.key.path, |records| records.find(&command.key).cloned())?;
        if let Some(record) = recorded {
            record.answers(&command)?;
            return Ok(record);
        }
        let done = self.turn.activity().body(body()).await??;
        let within = command.within.clone();
        let record = Arc::new(Record::new(command, done));
        self.turn.commit(&record, &within, |records| records.push(Arc::clone(&record)))?;
        Ok(record)
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        let clock = self.turn.clock();
        let now = clock.now();
        let deadline = self.turn.issue(|records| *records.timers.entry(key).or_insert(now.plus(wait)))?;
        let left = deadline.since(now);
        if left.is_zero() { Ok(()) } else { self.turn.activity().body(clock.sleep(left)).await }
    }

    async fn ask(&mut self, question: Question, asked: Asked<'_>) -> Result<Reply, Signal> {
        self.turn.ask(question, &self.arms, asked).await
    }

    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        self.turn.check()?;
        let (turn, within, at) = (Arc::clone(&self.turn), self.arms.clone(), path.clone());
        let started = arms.into_iter().enumerate().map(move |(i, arm)| {
            let mut chain = within.clone();
            chain.push((at.clone(), i));
            let handle = Self { turn: Arc::clone(&turn), arms: chain };
            (arm.body)(ArmGrant { handle: Box::new(handle), encode: false })
        });
        let ends = drive_arms(Box::new(started), policy).await;
        for (i, end) in ends.iter().enumerate() {
            if matches!(end, ArmEnd::Failed(_) | ArmEnd::Cancelled) {
                self.turn.withdraw(&path, i)?;
            }
        }
        Ok(ends)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.turn) as Arc<dyn Account>
    }
}
