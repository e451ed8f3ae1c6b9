//! The [`Engine`] of a database: every operation is a transaction, so that any process can do it.

use crate::actions;
use crate::claim;
use crate::control::{self, ControlOutcome};
use crate::count;
use crate::list::{self, Lives};
use crate::load::{self, Loaded};
use crate::questions;
use crate::run_state::RunStateRow;
use crate::usage;
use crate::{Shared, Sqlite, unknown};
use async_trait::async_trait;
use flujo::clock::{Clock, Timestamp};
use flujo::engine::{
    Action, Engine, PendingQuestion, Program, QuestionFilter, RunCount, RunFilter, RunId, RunRecord,
    RunSummary, RunView, UsageFilter, UsageLine,
};
use flujo::error::Error;
use flujo::path::Path as NodePath;
use flujo::question::Reply;
use rusqlite::Connection;
use std::sync::Arc;

/// The maximum number of reads of a run whose row contradicts its execution.
const LOOKS: usize = 3;

#[async_trait]
impl Engine for Sqlite {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let id = run.id.clone();
        if self.write(move |db| control::create(db, &run)).await? {
            return Ok(None);
        }
        self.view(&id).await
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        self.work(id, program).await
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut looks = 0;
        loop {
            self.shared.writer.jobs().flush().await;
            let before = self.shared.active.is_active(id);
            let (wanted, monitor, me) = (id.clone(), Arc::clone(&self.shared.monitor), self.shared.me);
            let (cache, prefix) = (Arc::clone(&self.shared.cache), self.prefetch(id).await);
            let found = self.read(move |db| {
                let Some(loaded) = Loaded::read(db, &wanted, &cache, prefix)? else { return Ok(None) };
                let others = claim::is_running(db, &loaded.row, (me, false), &monitor)?;
                let over = loaded.row.owner.is_some() && !others && loaded.row.was_rewritten(db)?;
                Ok(Some((loaded, others, over)))
            });
            let Some((loaded, others, over)) = found.await? else { return Ok(None) };
            let mine = loaded.row.owner == Some(me);
            let here = before || self.shared.active.is_active(id);
            looks += 1;
            // An execution ended during the read, here or in another process: the next read sees its result.
            if ((mine && !here) || (!mine && over)) && looks < LOOKS {
                continue;
            }
            return Ok(Some(loaded.view(others || (mine && here))));
        }
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.shared.writer.jobs().flush().await;
        let (filter, lives) = (filter.clone(), self.lives());
        self.read(move |db| list::list(db, &filter, &lives)).await
    }

    async fn count(&self, filter: &RunFilter) -> Result<Vec<RunCount>, Error> {
        self.shared.writer.jobs().flush().await;
        let (filter, lives) = (filter.clone(), self.lives());
        self.read(move |db| count::count(db, &filter, &lives)).await
    }

    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        self.shared.writer.jobs().flush().await;
        let filter = filter.clone();
        self.read(move |db| questions::pending(db, &filter)).await
    }

    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageLine>, Error> {
        self.shared.writer.jobs().flush().await;
        let (filter, lives) = (filter.clone(), self.lives());
        self.read(move |db| usage::report(db, &filter, &lives)).await
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        let _watching = self.shared.active.watch();
        // The writer blocks while there are no watchers: this wakes it.
        self.shared.writer.jobs().call(false, |_| Ok(())).await.map_err(|error| self.error(error))?;
        loop {
            let changed = self.shared.active.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.shared.active.is_active(id) {
                changed.await;
                continue;
            }
            self.shared.writer.jobs().flush().await;
            let (wanted, here) = (id.clone(), false);
            let (me, monitor) = (self.shared.me, Arc::clone(&self.shared.monitor));
            let live = self.read(move |db| {
                let Some(run) = load::number(db, &wanted)? else { return Ok(None) };
                let row = RunStateRow::find(db, run)?;
                claim::is_running(db, &row, (me, here), &monitor).map(Some)
            });
            match live.await? {
                None => return Err(unknown(id)),
                Some(false) => return Ok(()),
                Some(true) => changed.await,
            }
        }
    }

    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let (wanted, by, clock) = (id.clone(), by.map(str::to_owned), self.clock());
        match self.write(move |db| control::reopen(db, &wanted, (clock.now(), by.as_deref()))).await? {
            ControlOutcome::Unknown => Err(unknown(id)),
            ControlOutcome::Applied | ControlOutcome::Refused(_) => Ok(()),
        }
    }

    async fn reply(&self, id: &RunId, path: &NodePath, reply: Reply) -> Result<(), Error> {
        let (wanted, at, clock) = (id.clone(), path.clone(), self.clock());
        match self.write(move |db| control::reply(db, &wanted, (&at, &reply), clock.now())).await? {
            ControlOutcome::Unknown => Err(unknown(id)),
            ControlOutcome::Refused(refused) => Err(refused),
            ControlOutcome::Applied => Ok(()),
        }
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let by = by.map(str::to_owned);
        let (wanted, clock, monitor) = (id.clone(), self.clock(), Arc::clone(&self.shared.monitor));
        let (me, active) = (self.shared.me, Arc::clone(&self.shared.active));
        let cancel = move |db: &Connection| {
            let here = active.is_active(&wanted);
            control::cancel(db, &wanted, (me, here), &monitor, (clock.now(), by.as_deref()))
        };
        match self.write(cancel).await? {
            ControlOutcome::Unknown => return Err(unknown(id)),
            ControlOutcome::Applied | ControlOutcome::Refused(_) => {}
        }
        if self.shared.active.is_active(id) {
            // The execution is notified after the commit and before the next one: once that one is durable,
            // the run issues no further command.
            self.shared.writer.jobs().call(false, |_| Ok(())).await.map_err(|fault| self.error(fault))?;
        }
        Ok(())
    }

    async fn prune(&self, before: Timestamp, by: Option<&str>) -> Result<u64, Error> {
        self.delete_before(before, by).await
    }

    async fn pruned(&self) -> Result<Vec<Action>, Error> {
        self.read(actions::all).await
    }
}

impl Sqlite {
    /// What decides which runs have an execution.
    fn lives(&self) -> Lives {
        let Shared { me, monitor, active, .. } = &*self.shared;
        Lives { me: *me, monitor: Arc::clone(monitor), active: Arc::clone(active) }
    }
}
