//! Lists of runs.
//!
//! Every list walks an index in the order that it is asked for, and ends at its limit. A list by the last change takes
//! the first rows of each status, whose index is ordered by that, and merges them; what has an execution is written
//! rarely, so its last change is that of its last record.

use crate::StorageError;
use crate::active_runs::ActiveRuns;
use crate::list_query::{self, Walk};
use crate::owners::{LeaseMonitor, Owner};
use crate::row::unpacked;
use crate::run_writer::RunEntry;
use crate::{load, rows};
use flujo::clock::Timestamp;
use flujo::engine::{Labels, RunFilter, RunId, RunState, RunSummary};
use flujo::path::Path;
use flujo::usage::Usage;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;

/// The maximum number of reads of a list during which owners end.
const LOOKS: usize = 3;

/// What decides which runs have an execution: this process, its active runs, and the heartbeats of others.
#[derive(Clone)]
pub(crate) struct Lives {
    pub(crate) me: i64,
    pub(crate) monitor: Arc<LeaseMonitor>,
    pub(crate) active: Arc<ActiveRuns<RunEntry>>,
}

/// The owners that were looked at during one read: each is alive or not.
pub(crate) type Decided = HashMap<i64, bool>;

impl Lives {
    /// True if a process is alive; decided once per read.
    pub(crate) fn is_alive(
        &self,
        db: &Connection,
        owner: i64,
        decided: &mut Decided,
    ) -> Result<bool, StorageError> {
        if owner == self.me {
            return Ok(true);
        }
        if let Some(lives) = decided.get(&owner) {
            return Ok(*lives);
        }
        let lives = Owner::read(db, owner)?.is_some_and(|owner| !self.monitor.is_gone(&owner));
        decided.insert(owner, lives);
        Ok(lives)
    }
}

/// Returns the runs that match the filter. Only the columns that are shown are read.
pub(crate) fn list(
    db: &Connection,
    filter: &RunFilter,
    lives: &Lives,
) -> Result<Vec<RunSummary>, StorageError> {
    let mut looks = 1;
    loop {
        let snapshot = db.unchecked_transaction()?;
        let mut listing =
            Listing { db: &snapshot, filter, lives, decided: Decided::new(), orphans: Vec::new() };
        let found = listing.runs()?;
        let orphans = listing.orphans;
        drop(snapshot);
        // A dead process may have ended its run just before: its last write counts.
        let mut written = false;
        for (id, owner) in &orphans {
            written = written || !has(db, id, *owner)?;
        }
        if !written || looks == LOOKS {
            return Ok(found);
        }
        looks += 1;
    }
}

/// True if the owner still owns the run.
fn has(db: &Connection, id: &RunId, owner: i64) -> Result<bool, StorageError> {
    let sql = "SELECT s.owner IS ?2 FROM runs r JOIN standings s ON s.run = r.run WHERE r.id = ?1";
    let found =
        db.prepare_cached(sql)?.query_row(params![id.as_str(), owner], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// One read of a list.
struct Listing<'l> {
    db: &'l Connection,
    filter: &'l RunFilter,
    lives: &'l Lives,
    decided: Decided,
    /// Runs with a dead owner, each with that owner.
    orphans: Vec<(RunId, i64)>,
}

impl Listing<'_> {
    fn runs(&mut self) -> Result<Vec<RunSummary>, StorageError> {
        let mut found = Vec::new();
        for walk in Walk::all(self.db, self.filter)? {
            self.walk(&walk, &mut found)?;
        }
        Ok(self.filter.list(found))
    }

    /// Adds the runs of one walk over an index, at most as many as the list may have.
    fn walk(&mut self, walk: &Walk, found: &mut Vec<RunSummary>) -> Result<(), StorageError> {
        let (sql, values) = list_query::of(self.filter, walk);
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let (limit, mut n) = (self.filter.limit.unwrap_or(usize::MAX), 0);
        while n < limit
            && let Some(row) = rows.next()?
        {
            let summary = self.summary(row)?;
            if self.filter.takes(&summary) {
                // A walk in another order than that of the list is taken as a whole.
                n += usize::from(walk.is_ordered());
                found.push(summary);
            }
        }
        Ok(())
    }

    fn summary(&mut self, row: &Row<'_>) -> Result<RunSummary, StorageError> {
        let text = |i: usize| row.get_ref(i)?.as_str().map_err(StorageError::damaged);
        let (run, id) = (row.get::<_, i64>(0)?, RunId::from(text(1)?));
        let owner: Option<i64> = row.get(4)?;
        let state = match text(3)? {
            "begun" => self.begun(&id, owner)?,
            word => resting(word)
                .ok_or_else(|| StorageError::damaged(format_args!("run `{id}` has the status `{word}`")))?,
        };
        let mut summary = RunSummary::new(id, text(2)?.to_owned(), state);
        summary.replied = state == RunState::Paused && row.get(5)?;
        summary.deadline = time(row, 6)?;
        summary.created = time(row, 7)?.unwrap_or_default();
        summary.labels = json::<Labels>(row, 8)?;
        summary.origin = row.get::<_, Option<String>>(9)?.map(RunId::from);
        summary.started = time(row, 10)?;
        summary.changed = time(row, 11)?.unwrap_or_default();
        summary.ended = time(row, 12)?;
        summary.usage = json::<Usage>(row, 13)?;
        summary.failure = row.get(14)?;
        summary.questions = usize::try_from(row.get::<_, i64>(15)?).unwrap_or(0);
        if matches!(state, RunState::Running | RunState::Interrupted) {
            self.at_work(run, &mut summary)?;
        }
        Ok(summary)
    }

    fn begun(&mut self, id: &RunId, owner: Option<i64>) -> Result<RunState, StorageError> {
        let Some(owner) = owner else { return Ok(RunState::Interrupted) };
        let is_alive = if owner == self.lives.me {
            self.lives.active.is_active(id)
        } else {
            self.lives.is_alive(self.db, owner, &mut self.decided)?
        };
        if is_alive {
            return Ok(RunState::Running);
        }
        self.orphans.push((id.clone(), owner));
        Ok(RunState::Interrupted)
    }

    /// Fills in what an execution writes only at its end.
    fn at_work(&self, run: i64, summary: &mut RunSummary) -> Result<(), StorageError> {
        if let Some(entry) = self.lives.active.entry(run) {
            let live = entry.summary();
            (summary.changed, summary.usage, summary.under_way) = (live.changed, live.usage, live.under_way);
            return Ok(());
        }
        let last =
            "SELECT path, ended FROM records WHERE record >= ?1 AND record < ?2 ORDER BY record DESC LIMIT 1";
        let mut last = self.db.prepare_cached(last)?;
        let last = last.query_row([rows::place(run, 0), rows::place(run, usize::MAX)], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        });
        if let Some((path, ended)) = last.optional()? {
            let ended = Timestamp(u64::try_from(ended).unwrap_or_default());
            summary.changed = summary.changed.max(ended);
            if summary.state == RunState::Running {
                summary.under_way = vec![Path::from(path.as_str())];
            }
            summary.usage = load::usage(self.db, run)?;
        }
        Ok(())
    }
}

/// The state behind the stored status of a run without an execution.
pub(crate) fn resting(status: &str) -> Option<RunState> {
    Some(match status {
        "created" => RunState::Created,
        "paused" => RunState::Paused,
        "done" => RunState::Done,
        "failed" => RunState::Failed,
        "cancelled" => RunState::Cancelled,
        "crashed" => RunState::Crashed,
        _ => return None,
    })
}

fn time(row: &Row<'_>, i: usize) -> Result<Option<Timestamp>, StorageError> {
    Ok(row.get::<_, Option<i64>>(i)?.and_then(|n| u64::try_from(n).ok()).map(Timestamp))
}

/// The value of a cell of JSON; the default where it is NULL.
fn json<T: DeserializeOwned + Default>(row: &Row<'_>, i: usize) -> Result<T, StorageError> {
    let cell = row.get_ref(i)?;
    if cell == ValueRef::Null {
        return Ok(T::default());
    }
    let damaged = || StorageError::damaged("a label or the usage of a run cannot be read");
    let text = unpacked(cell).ok_or_else(damaged)?;
    serde_json::from_str(&text).map_err(|_| damaged())
}

impl Walk {
    /// True if the walk is in the order of the list.
    fn is_ordered(&self) -> bool {
        !matches!(self, Self::Begun | Self::Few(_))
    }
}
