//! The handle of engines that keep records by path: arms run inline, so one place serves them all.

use super::records::Records;
use super::{
    Account, Arm, ArmEnd, ArmGrant, Asked, AttemptCommand, Body, Change, Ended, ForkPolicy, Handle, Issued,
    Keep, Key, Program, Record, Turn, drive_arms,
};
use crate::error::{Error, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// What keeps records by path.
pub(crate) trait ByPath: Keep {
    fn records(&self) -> &Records;
    fn records_mut(&mut self) -> &mut Records;
}

/// Works on a run until the end of this execution, which is written down.
pub(crate) async fn work<K: ByPath>(turn: Turn<K>, program: Arc<dyn Program>) -> Result<(), Error> {
    let turn = Arc::new(turn);
    let handle = InRun { turn: Arc::clone(&turn), arms: Vec::new() };
    let ended: Ended = turn.activity().drive(program.run(Box::new(handle))).await;
    let ack = turn.finish(ended)?;
    K::durable(ack, turn.activity()).await?;
    Ok(())
}

struct InRun<K: Keep> {
    turn: Arc<Turn<K>>,
    /// The arms that this handle works in, outermost first.
    arms: Vec<(Path, usize)>,
}

impl<K: Keep> InRun<K> {
    async fn durable(&self, ack: Option<K::Ack>) -> Result<(), Signal> {
        match ack {
            Some(ack) => K::durable(ack, self.turn.activity()).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl<K: ByPath> Handle for InRun<K> {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let find = |kept: &K| kept.records().find(&command.key).cloned();
        match self.turn.find_or_begin(&command.key.path, find)? {
            Issued::Found(record) => {
                record.answers(&command)?;
                return Ok(record);
            }
            Issued::Begun(ack) => self.durable(ack).await?,
        }
        let done = self.turn.activity().body(body()).await??;
        let within = command.within.clone();
        let record = Arc::new(Record::new(command, done));
        let push = |kept: &mut K| kept.records_mut().push(Arc::clone(&record));
        let ack = self.turn.commit(&record, &within, push)?;
        K::durable(ack, self.turn.activity()).await?;
        Ok(record)
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        let clock = self.turn.clock();
        let now = clock.now();
        let (deadline, ack) = self.turn.issue(|kept| {
            if let Some(deadline) = kept.records().timers.get(&key) {
                return (*deadline, None);
            }
            let deadline = now.plus(wait);
            let ack = kept.write(Change::Timer { key: &key, deadline });
            kept.records_mut().timers.insert(key, deadline);
            (deadline, Some(ack))
        })?;
        self.durable(ack).await?;
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
                let ack = self.turn.withdraw(&path, i)?;
                self.durable(ack).await?;
            }
        }
        Ok(ends)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.turn) as Arc<dyn Account>
    }
}
