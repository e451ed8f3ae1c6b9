//! Claims: how a process takes ownership of a run.

use crate::completion::Completer;
use crate::job_queue::{Job, JobQueue};
use crate::owners::{LeaseMonitor, Owner};
use crate::run_state::{RunStateRow, owned};
use crate::{StorageError, load, rows};
use flujo::clock::{Clock, Timestamp};
use flujo::engine::RunId;
use rusqlite::Connection;
use std::sync::Arc;

/// The result of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The run does not exist.
    Unknown,
    /// The run has ended; possibly just now, by one takeover too many.
    Ended,
    /// Another process owns the run.
    Busy,
    /// The run is owned by this process, with this fencing token.
    Mine { run: i64, token: i64 },
}

/// Claims the run for `me`, unless a live process owns it.
pub(crate) fn claim(
    db: &Connection,
    id: &RunId,
    me: i64,
    monitor: &LeaseMonitor,
    now: Timestamp,
) -> Result<Claim, StorageError> {
    let Some(run) = load::number(db, id)? else { return Ok(Claim::Unknown) };
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    if row.lifecycle.outcome.is_some() {
        return Ok(Claim::Ended);
    }
    if let Some(owner) = row.owner.filter(|owner| *owner != me) {
        match Owner::read(db, owner)? {
            Some(owner) if !monitor.is_gone(&owner) => return Ok(Claim::Busy),
            Some(owner) => count_working_time(&mut row, owner.seen),
            None => {}
        }
    }
    rows::charge(db, run)?;
    let mine = row.lifecycle.take(now);
    row.token += 1;
    row.changed = now;
    (row.owner, row.taken) = if mine { (Some(me), Some(now)) } else { (None, None) };
    if !mine {
        rows::close(db, run)?;
        row.lifecycle.usage = load::usage(db, run)?;
    }
    // Otherwise another process that saw the last heartbeat long ago would take over the run at once.
    Owner::heartbeat(db, me, monitor.me(), now)?;
    row.write(db, &initial)?;
    Ok(if mine { Claim::Mine { run, token: row.token } } else { Claim::Ended })
}

/// The job that claims a run. If its caller was dropped meanwhile, the run is released again.
pub(crate) struct ClaimJob {
    pub(crate) id: RunId,
    pub(crate) me: i64,
    pub(crate) monitor: Arc<LeaseMonitor>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jobs: JobQueue,
    pub(crate) completer: Completer<Claim>,
    pub(crate) claim: Claim,
}

impl Job for ClaimJob {
    fn apply(&mut self, db: &Connection) -> Result<(), StorageError> {
        self.claim = claim(db, &self.id, self.me, &self.monitor, self.clock.now())?;
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), StorageError>) {
        let Self { me, jobs, completer, claim, .. } = *self;
        if let Err(Ok(Claim::Mine { run, token })) = completer.send(ended.map(|()| claim)) {
            drop(ReleaseGuard { jobs, run, me, token, kept: false });
        }
    }
}

/// Releases a claimed run when it is dropped, unless an execution has taken it.
pub(crate) struct ReleaseGuard {
    pub(crate) jobs: JobQueue,
    pub(crate) run: i64,
    pub(crate) me: i64,
    pub(crate) token: i64,
    pub(crate) kept: bool,
}

impl Drop for ReleaseGuard {
    fn drop(&mut self) {
        if !self.kept {
            let (run, me, token) = (self.run, self.me, self.token);
            self.jobs.submit(move |db| release(db, run, me, token));
        }
    }
}

/// Writes that the run has no execution, if this owner still owns it.
pub(crate) fn release(db: &Connection, run: i64, me: i64, token: i64) -> Result<(), StorageError> {
    if owned(db, run, me, token).is_err() {
        return Ok(());
    }
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    (row.owner, row.taken) = (None, None);
    row.write(db, &initial)
}

/// Adds the working time of a dead owner, up to its last heartbeat.
pub(crate) fn count_working_time(row: &mut RunStateRow, seen: Timestamp) {
    let worked = row.taken.map(|taken| seen.since(taken)).unwrap_or_default();
    row.lifecycle.active = row.lifecycle.active.saturating_add(worked);
}

/// True if the run has an execution; `here` says so for this process.
pub(crate) fn is_running(
    db: &Connection,
    row: &RunStateRow,
    (me, here): (i64, bool),
    monitor: &LeaseMonitor,
) -> Result<bool, StorageError> {
    match row.owner {
        None => Ok(false),
        Some(owner) if owner == me => Ok(here),
        Some(owner) => Ok(Owner::read(db, owner)?.is_some_and(|owner| !monitor.is_gone(&owner))),
    }
}
