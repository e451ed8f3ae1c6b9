//! The results that an ephemeral run keeps while a pipeline call may restart: without it, a restart would run again
//! what was finished.

use crate::clock::Clock;
use crate::engine::kit::drive_on_copies;
use crate::engine::{
    Account, Arm, ArmEnd, AttemptCommand, Body, ForkPolicy, Handle, Key, OnQuestion, Record,
};
use crate::error::Signal;
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A handle whose records live as long as the call.
#[derive(Clone)]
pub(super) struct Memo {
    clock: Arc<dyn Clock>,
    account: Arc<dyn Account>,
    log: Arc<Mutex<RecordLog>>,
}

#[derive(Default)]
struct RecordLog {
    order: Vec<Arc<Record>>,
    index: HashMap<Key, Arc<Record>>,
}

impl Memo {
    pub(super) fn new(clock: Arc<dyn Clock>, account: Arc<dyn Account>) -> Self {
        Self { clock, account, log: Arc::default() }
    }

    /// Takes the records, in order.
    pub(super) fn take(&self) -> Vec<Arc<Record>> {
        std::mem::take(&mut self.log().order)
    }

    fn log(&self) -> MutexGuard<'_, RecordLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handle for Memo {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let known = self.log().index.get(&command.key).cloned();
        if let Some(record) = known {
            record.answers(&command)?;
            return Ok(record);
        }
        let done = body.await?;
        self.account.settle(&command.key, done.usage, &command.within).await?;
        let record = Arc::new(Record::new(command, done));
        let mut log = self.log();
        log.index.insert(record.key.clone(), Arc::clone(&record));
        log.order.push(Arc::clone(&record));
        Ok(record)
    }

    async fn sleep(&mut self, _: Key, wait: Duration) -> Result<(), Signal> {
        self.clock.sleep(wait).await;
        Ok(())
    }

    async fn ask(&mut self, question: Question, _: OnQuestion<'_>) -> Result<Reply, Signal> {
        let what = format!(
            "{}: an ephemeral run cannot wait for a reply: start it without `.ephemeral()`",
            question.path
        );
        Err(Signal::Engine(what.into()))
    }

    async fn fork<'b>(
        &mut self,
        _: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        Ok(drive_on_copies(self, arms, policy).await)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.account)
    }
}
