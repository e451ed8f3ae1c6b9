//! What a run that is worked on writes: each change becomes rows, in the order in which things happen, and
//! each write carries the fencing token.

use super::Fault;
use super::live::Live;
use super::rows;
use super::standing::{StandingRow, owned};
use super::told::{Tell, Told, channel};
use super::writer::{Job, Jobs};
use crate::clock::{Clock, Timestamp};
use crate::engine::kit::{Change, Journal, Lifecycle};
use crate::engine::{FinalOutcome, Key};
use crate::error::Signal;
use crate::path::Path;
use crate::question::{Answered, Reply};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::sync::{Arc, OnceLock};

/// Writes for one owner of one run.
#[derive(Clone)]
pub(super) struct Pen {
    pub(super) run: i64,
    pub(super) owner: i64,
    pub(super) token: i64,
    pub(super) jobs: Jobs,
    pub(super) live: Arc<Live>,
    pub(super) clock: Arc<dyn Clock>,
    /// Something was not written: nothing is, from there on, or there would be holes.
    pub(super) broken: Arc<OnceLock<Fault>>,
    /// The position of the next record.
    pub(super) next: usize,
}

impl Journal for Pen {
    type Ack = Told<()>;
    const SHARED: bool = true;

    fn write(&mut self, change: Change<'_>) -> Self::Ack {
        let run = self.run;
        let write = match change {
            Change::Started(standing) => Write::Standing(Box::new(standing.into_owned()), Why::Began),
            Change::Finished(standing) => Write::Standing(Box::new(standing.into_owned()), Why::Finished),
            Change::Released(standing) => Write::Standing(Box::new(standing.into_owned()), Why::Released),
            Change::Attempt { record, within, reserved, progress } => {
                let position = self.next;
                self.next += 1;
                Write::Record {
                    cells: rows::record(run, position, &record, &within, false),
                    settles: reserved.then(|| record.key.clone()),
                    progress,
                }
            }
            Change::Timer { key, deadline } => Write::Timer(rows::timer(run, &key, deadline)),
            Change::Asked { question, arms, progress } => {
                Write::Asked { cells: rows::question(run, &question, &arms), progress }
            }
            Change::Due { path, reply } => Write::Due(path.into_owned(), reply.into_owned()),
            Change::Withdrawn(paths) => Write::Withdrawn(paths.into_owned()),
            Change::Reserved(r) => Write::Reserved(rows::entry(run, &r.key, r.amount, &r.within, "reserved")),
            Change::Settled { key, used, within } => Write::Spent {
                cells: rows::entry(run, &key, used, &within, "settled"),
                key: key.into_owned(),
            },
            Change::Forfeited { key, used, within } => Write::Spent {
                cells: rows::entry(run, &key, used, &within, "given up"),
                key: key.into_owned(),
            },
            // The control side writes them itself, in one transaction with what it decides.
            Change::Created(_)
            | Change::Acquired(_)
            | Change::Replied { .. }
            | Change::Cancelled(_)
            | Change::Reopened(_) => Write::Nothing,
        };
        let (tell, told) = channel(self.jobs.blocking);
        self.jobs.send(Box::new(Stroke { pen: self.clone(), write, answered: None, tell }));
        told
    }

    async fn durable(ack: Self::Ack) -> Result<(), Signal> {
        Ok(ack.await?)
    }
}

/// What is to be written.
enum Write {
    Record { cells: Vec<Value>, settles: Option<Key>, progress: bool },
    Standing(Box<Lifecycle>, Why),
    Timer(Vec<Value>),
    Asked { cells: Vec<Value>, progress: bool },
    Due(Path, Reply),
    Withdrawn(Vec<Path>),
    Reserved(Vec<Value>),
    Spent { key: Key, cells: Vec<Value> },
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Began,
    Finished,
    Released,
}

/// One job of a pen.
struct Stroke {
    pen: Pen,
    write: Write,
    /// How a question that was due is answered.
    answered: Option<Answered>,
    tell: Tell<()>,
}

impl Job for Stroke {
    fn apply(&mut self, db: &Connection) -> Result<(), Fault> {
        let Pen { run, owner, token, broken, clock, .. } = &self.pen;
        let run = *run;
        owned(db, run, *owner, *token)?;
        // An owner that leaves says so, whatever went wrong before.
        let leaves = matches!(self.write, Write::Standing(_, Why::Released));
        if let Some(fault) = broken.get().filter(|_| !leaves) {
            return Err(fault.clone());
        }
        match &self.write {
            Write::Record { cells, settles, progress } => {
                if let Some(key) = settles {
                    rows::release(db, run, key)?;
                }
                insert(db, rows::RECORD, cells)?;
                progressed(db, run, *progress, clock.now())
            }
            Write::Asked { cells, progress } => {
                insert(db, rows::QUESTION, cells)?;
                progressed(db, run, *progress, clock.now())
            }
            Write::Timer(cells) => insert(db, rows::TIMER, cells),
            Write::Due(path, reply) => {
                rows::answer(db, run, path, reply)?;
                let (_, answered) = super::load::questions(db, run)?;
                self.answered = answered.into_iter().find(|answered| answered.question.path == *path);
                Ok(())
            }
            Write::Withdrawn(paths) => paths.iter().try_for_each(|path| {
                db.prepare_cached("DELETE FROM questions WHERE run = ?1 AND path = ?2 AND answer IS NULL")?
                    .execute(params![run, path.as_str()])?;
                Ok(())
            }),
            Write::Reserved(cells) => insert(db, rows::ENTRY, cells),
            Write::Spent { key, cells } => {
                rows::release(db, run, key)?;
                insert(db, rows::ENTRY, cells)
            }
            Write::Nothing => Ok(()),
            Write::Standing(standing, why) => stand(db, run, standing, *why, clock.now()),
        }
    }

    fn done(self: Box<Self>, ended: Result<(), Fault>) {
        let Self { pen, write, answered, tell } = *self;
        // Whoever was faster, the question or somebody who replied: this is what counts.
        if let (Ok(()), Some(answered), Some(entry)) = (&ended, answered, pen.live.entry(pen.run)) {
            entry.record_reply(answered);
        }
        if let Err(fault @ (Fault::Busy(_) | Fault::Storage(_))) = &ended {
            // What comes later fails for the same reason.
            let _ = pen.broken.set(fault.clone());
            if matches!(write, Write::Standing(_, Why::Released | Why::Finished)) {
                pen.live.leave_later(pen.run, pen.token);
            }
        }
        let _ = tell.send(ended);
    }
}

fn insert(db: &Connection, into: &str, cells: &[Value]) -> Result<(), Fault> {
    db.prepare_cached(into)?.execute(params_from_iter(cells))?;
    Ok(())
}

/// The run has come one step further: takeovers no longer count.
fn progressed(db: &Connection, run: i64, progress: bool, now: Timestamp) -> Result<(), Fault> {
    if !progress {
        return Ok(());
    }
    let initial = super::load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    row.standing.takeovers = 0;
    row.standing.in_flight.clear();
    row.changed = now;
    row.write(db, &initial)
}

/// Writes down where the run stands. Whether it is cancelled is known here better than by its owner.
fn stand(db: &Connection, run: i64, standing: &Lifecycle, why: Why, now: Timestamp) -> Result<(), Fault> {
    let initial = super::load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    let cancelled = row.standing.cancelled || standing.cancelled;
    row.changed = now;
    if why == Why::Released {
        // Only what was written before is there: the rest is lost with the execution.
        row.standing.active = standing.active;
        row.standing.in_flight.clone_from(&standing.in_flight);
    } else {
        row.standing = standing.clone();
    }
    row.standing.cancelled = cancelled;
    if why != Why::Began {
        row.owner = None;
        row.taken = None;
    }
    if why == Why::Finished {
        // A reply that came too late to be told waits for whoever goes on.
        let mut notes = db.prepare_cached("SELECT count(*) FROM inbox WHERE run = ?1")?;
        row.standing.replied |= notes.query_row([run], |row| row.get::<_, i64>(0))? > 0;
        // Nobody works on it any more, so nobody will come across the flag.
        if cancelled && row.standing.outcome.is_none() {
            row.standing.outcome = Some(FinalOutcome::Cancelled);
        }
        if row.standing.outcome.is_some() {
            rows::close(db, run)?;
        }
    }
    row.write(db, &initial)
}
