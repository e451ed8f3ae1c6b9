//! The engine as the runtime knows it.

use super::claim;
use super::control::{self, Done};
use super::list;
use super::load::{self, Loaded};
use super::standing::StandingRow;
use super::{Sqlite, unknown};
use crate::clock::Clock;
use crate::engine::{Engine, Program, RunFilter, RunId, RunRecord, RunSummary, RunView};
use crate::error::Error;
use crate::path::Path as NodePath;
use crate::question::Reply;
use async_trait::async_trait;
use rusqlite::Connection;
use std::sync::Arc;

/// So often a run is looked at that this process seems to have and does not work on.
const LOOKS: usize = 3;

#[async_trait]
impl Engine for Sqlite {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let (id, clock) = (run.id.clone(), self.clock());
        if self.write(move |db| control::create(db, &run, clock.now())).await? {
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
            let before = self.shared.live.is_taken(id);
            let (wanted, judge, me) = (id.clone(), Arc::clone(&self.shared.judge), self.shared.me);
            let (known, first) = (Arc::clone(&self.shared.known), self.read_ahead(id).await);
            let found = self.read(move |db| {
                let Some(loaded) = Loaded::read(db, &wanted, &known, first)? else { return Ok(None) };
                let others = claim::is_live(db, &loaded.row, (me, false), &judge)?;
                let over = loaded.row.owner.is_some() && !others && loaded.row.is_other_by_now(db)?;
                Ok(Some((loaded, others, over)))
            });
            let Some((loaded, others, over)) = found.await? else { return Ok(None) };
            let mine = loaded.row.owner == Some(me);
            let here = before || self.shared.live.is_taken(id);
            looks += 1;
            // Begun and left again while it was read, here or by another process that has ended since: what is
            // written by now says how.
            if ((mine && !here) || (!mine && over)) && looks < LOOKS {
                continue;
            }
            return Ok(Some(loaded.view(others || (mine && here))));
        }
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.shared.writer.jobs().flush().await;
        let (filter, judge) = (filter.clone(), Arc::clone(&self.shared.judge));
        let (me, here) = (self.shared.me, Arc::clone(&self.shared.live));
        let live = move |id: &RunId, owner| (owner == me).then(|| here.is_taken(id));
        self.read(move |db| list::list(db, &filter, live, &judge)).await
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        let _watching = self.shared.live.watch();
        // The thread sleeps while nobody watches: this wakes it.
        self.shared.writer.jobs().call(false, |_| Ok(())).await.map_err(|fault| self.error(fault))?;
        loop {
            let changed = self.shared.live.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.shared.live.is_taken(id) {
                changed.await;
                continue;
            }
            self.shared.writer.jobs().flush().await;
            let (wanted, here) = (id.clone(), false);
            let (me, judge) = (self.shared.me, Arc::clone(&self.shared.judge));
            let live = self.read(move |db| {
                let Some(run) = load::number(db, &wanted)? else { return Ok(None) };
                let row = StandingRow::find(db, run)?;
                claim::is_live(db, &row, (me, here), &judge).map(Some)
            });
            match live.await? {
                None => return Err(unknown(id)),
                Some(false) => return Ok(()),
                Some(true) => changed.await,
            }
        }
    }

    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        let (wanted, clock) = (id.clone(), self.clock());
        match self.write(move |db| control::reopen(db, &wanted, clock.now())).await? {
            Done::Unknown => Err(unknown(id)),
            Done::Yes | Done::Refused(_) => Ok(()),
        }
    }

    async fn reply(&self, id: &RunId, path: &NodePath, reply: Reply) -> Result<(), Error> {
        let (wanted, at, clock) = (id.clone(), path.clone(), self.clock());
        match self.write(move |db| control::reply(db, &wanted, (&at, &reply), clock.now())).await? {
            Done::Unknown => Err(unknown(id)),
            Done::Refused(refused) => Err(refused),
            Done::Yes => Ok(()),
        }
    }

    async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        let (wanted, clock, judge) = (id.clone(), self.clock(), Arc::clone(&self.shared.judge));
        let (me, live) = (self.shared.me, Arc::clone(&self.shared.live));
        let cancel = move |db: &Connection| {
            let here = live.is_taken(&wanted);
            control::cancel(db, &wanted, (me, here), &judge, clock.now())
        };
        match self.write(cancel).await? {
            Done::Unknown => return Err(unknown(id)),
            Done::Yes | Done::Refused(_) => {}
        }
        if self.shared.live.is_taken(id) {
            // The run is told behind the commit, before the next one: once that is there, no command of it is issued.
            self.shared.writer.jobs().call(false, |_| Ok(())).await.map_err(|fault| self.error(fault))?;
        }
        Ok(())
    }
}
