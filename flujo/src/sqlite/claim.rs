//! Taking a run, to work on it.

use super::owners::{Judge, Owner};
use super::standing::{StandingRow, owned};
use super::told::Tell;
use super::writer::{Job, Jobs};
use super::{Fault, load, rows};
use crate::clock::{Clock, Timestamp};
use crate::engine::RunId;
use rusqlite::Connection;
use std::sync::Arc;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// There is no such run.
    Unknown,
    /// It has ended; maybe just now, taken over once too often.
    Ended,
    /// Another process works on it.
    Busy,
    /// It is this process's, with this token.
    Mine { run: i64, token: i64 },
}

/// Takes the run for `me`, if nobody lives who has it.
pub(super) fn claim(
    db: &Connection,
    id: &RunId,
    me: i64,
    judge: &Judge,
    now: Timestamp,
) -> Result<Claim, Fault> {
    let Some(run) = load::number(db, id)? else { return Ok(Claim::Unknown) };
    let initial = load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    if row.standing.outcome.is_some() {
        return Ok(Claim::Ended);
    }
    if let Some(owner) = row.owner.filter(|owner| *owner != me) {
        match Owner::read(db, owner)? {
            Some(owner) if !judge.is_gone(&owner) => return Ok(Claim::Busy),
            Some(owner) => work_of(&mut row, owner.seen),
            None => {}
        }
    }
    rows::charge(db, run)?;
    let mine = row.standing.take();
    row.token += 1;
    row.changed = now;
    (row.owner, row.taken) = if mine { (Some(me), Some(now)) } else { (None, None) };
    if !mine {
        rows::close(db, run)?;
    }
    // Whoever takes a run lives.
    Owner::beat(db, me, judge.me(), now)?;
    row.write(db, &initial)?;
    Ok(if mine { Claim::Mine { run, token: row.token } } else { Claim::Ended })
}

/// A job that claims a run. If nobody waits for it any more, the run is left again.
pub(super) struct Claiming {
    pub(super) id: RunId,
    pub(super) me: i64,
    pub(super) judge: Arc<Judge>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jobs: Jobs,
    pub(super) tell: Tell<Claim>,
    pub(super) made: Claim,
}

impl Job for Claiming {
    fn apply(&mut self, db: &Connection) -> Result<(), Fault> {
        self.made = claim(db, &self.id, self.me, &self.judge, self.clock.now())?;
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), Fault>) {
        let Self { me, jobs, tell, made, .. } = *self;
        if let Err(Ok(Claim::Mine { run, token })) = tell.send(ended.map(|()| made)) {
            drop(Left { jobs, run, me, token, kept: false });
        }
    }
}

/// A run that is claimed: dropped, it is left, unless it was kept.
pub(super) struct Left {
    pub(super) jobs: Jobs,
    pub(super) run: i64,
    pub(super) me: i64,
    pub(super) token: i64,
    pub(super) kept: bool,
}

impl Drop for Left {
    fn drop(&mut self) {
        if !self.kept {
            let (run, me, token) = (self.run, self.me, self.token);
            self.jobs.hand_in(move |db| leave(db, run, me, token));
        }
    }
}

/// Nobody works on the run any more, if this owner still had it.
pub(super) fn leave(db: &Connection, run: i64, me: i64, token: i64) -> Result<(), Fault> {
    if owned(db, run, me, token).is_err() {
        return Ok(());
    }
    let initial = load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    (row.owner, row.taken) = (None, None);
    row.write(db, &initial)
}

/// Counts the time in which an owner that is gone has worked on it, up to its last heartbeat.
pub(super) fn work_of(row: &mut StandingRow, seen: Timestamp) {
    let worked = row.taken.map(|taken| seen.since(taken)).unwrap_or_default();
    row.standing.active = row.standing.active.saturating_add(worked);
}

/// Whether somebody works on the run: `me` if this process does.
pub(super) fn is_live(
    db: &Connection,
    row: &StandingRow,
    (me, here): (i64, bool),
    judge: &Judge,
) -> Result<bool, Fault> {
    match row.owner {
        None => Ok(false),
        Some(owner) if owner == me => Ok(here),
        Some(owner) => Ok(Owner::read(db, owner)?.is_some_and(|owner| !judge.is_gone(&owner))),
    }
}
