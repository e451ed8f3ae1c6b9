//! The journal of a run: each change becomes rows, written in order and under the fencing token.

use crate::StorageError;
use crate::active_runs::ActiveRuns;
use crate::completion::{Completer, Completion, channel};
use crate::job_queue::{Job, JobQueue};
use crate::messages;
use crate::rows;
use crate::run_state::{RunStateRow, owned};
use flujo::clock::{Clock, Timestamp};
use flujo::engine::kit::{ByPath, Change, Entry, Journal, Lifecycle};
use flujo::engine::{FinalOutcome, Key};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Answered, Reply};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::sync::{Arc, OnceLock};

/// A run with an execution in this process.
pub(crate) type RunEntry = Entry<ByPath<RunWriter>>;

/// Writes the changes of one run for one owner.
#[derive(Clone)]
pub(crate) struct RunWriter {
    pub(crate) run: i64,
    pub(crate) owner: i64,
    pub(crate) token: i64,
    pub(crate) jobs: JobQueue,
    pub(crate) active: Arc<ActiveRuns<RunEntry>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// First write error; every later write fails with it, so the journal has no gaps.
    pub(crate) first_error: Arc<OnceLock<StorageError>>,
    /// The position of the next record of the run.
    pub(crate) position: usize,
}

impl Journal for RunWriter {
    type Ack = Completion<()>;
    const SHARED: bool = true;

    fn write(&mut self, change: Change<'_>) -> Self::Ack {
        let (completer, completion) = channel(self.jobs.blocking);
        match self.rows(change) {
            Ok(write) => {
                self.jobs.send(Box::new(WriteJob { writer: self.clone(), write, answered: None, completer }));
            }
            Err(error) => {
                let _ = self.first_error.set(error.clone());
                let _ = completer.send(Err(error));
            }
        }
        completion
    }

    async fn durable(ack: Self::Ack) -> Result<(), Signal> {
        Ok(ack.await?)
    }
}

impl RunWriter {
    /// Makes the rows of a change.
    fn rows(&mut self, change: Change<'_>) -> Result<Write, StorageError> {
        let run = self.run;
        Ok(match change {
            Change::Started(lifecycle) => Write::State(Box::new(lifecycle.into_owned()), Moment::Started),
            Change::Finished(lifecycle) => Write::State(Box::new(lifecycle.into_owned()), Moment::Finished),
            Change::Released(lifecycle) => Write::State(Box::new(lifecycle.into_owned()), Moment::Released),
            Change::Attempt { record, within, reserved, progress } => {
                let position = self.position;
                self.position += 1;
                Write::Record {
                    cells: rows::record(run, position, &record, &within, false)?,
                    messages: messages::cells(run, position, &record)?,
                    settles: reserved.then(|| record.key.clone()),
                    progress,
                }
            }
            Change::Timer { key, deadline } => Write::Timer(rows::timer(run, &key, deadline)),
            Change::Asked { question, arms, progress } => {
                Write::Asked { cells: rows::question(run, &question, &arms)?, progress }
            }
            Change::Due { path, reply } => Write::Due(path.into_owned(), reply.into_owned()),
            Change::Withdrawn(paths) => Write::Withdrawn(paths.into_owned()),
            Change::Reserved(r) => {
                Write::Reserved(rows::entry(run, &r.key, r.amount, &r.within, "reserved")?)
            }
            Change::Settled { key, used, within } => Write::Spent {
                cells: rows::entry(run, &key, used, &within, "settled")?,
                key: key.into_owned(),
            },
            Change::Forfeited { key, used, within } => Write::Spent {
                cells: rows::entry(run, &key, used, &within, "given up")?,
                key: key.into_owned(),
            },
            // Only transactions of the control side make these changes.
            Change::Created(_)
            | Change::Acquired(_)
            | Change::Replied { .. }
            | Change::Cancelled(_)
            | Change::Reopened(_) => {
                let what = "an execution wrote a change of the control side".to_owned();
                return Err(StorageError::Internal(what));
            }
        })
    }
}

/// The rows of a change.
enum Write {
    Record { cells: Vec<Value>, messages: Option<Vec<Value>>, settles: Option<Key>, progress: bool },
    State(Box<Lifecycle>, Moment),
    Timer(Vec<Value>),
    Asked { cells: Vec<Value>, progress: bool },
    Due(Path, Reply),
    Withdrawn(Vec<Path>),
    Reserved(Vec<Value>),
    Spent { key: Key, cells: Vec<Value> },
}

/// The moment at which an execution writes the state of its run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Started,
    Finished,
    Released,
}

/// The job that writes a change.
struct WriteJob {
    writer: RunWriter,
    write: Write,
    /// The accepted reply to a question whose deadline has passed.
    answered: Option<Answered>,
    completer: Completer<()>,
}

impl Job for WriteJob {
    fn apply(&mut self, db: &Connection) -> Result<(), StorageError> {
        let RunWriter { run, owner, token, first_error, clock, .. } = &self.writer;
        let run = *run;
        owned(db, run, *owner, *token)?;
        // A run is released even after a failed write.
        let releases = matches!(self.write, Write::State(_, Moment::Released));
        if let Some(error) = first_error.get().filter(|_| !releases) {
            return Err(error.clone());
        }
        match &self.write {
            Write::Record { cells, messages, settles, progress } => {
                if let Some(key) = settles {
                    rows::release(db, run, key)?;
                }
                insert(db, rows::RECORD, cells)?;
                if let Some(messages) = messages {
                    insert(db, messages::INSERT, messages)?;
                }
                progressed(db, run, *progress, clock.now())
            }
            Write::Asked { cells, progress } => {
                insert(db, rows::QUESTION, cells)?;
                progressed(db, run, *progress, clock.now())
            }
            Write::Timer(cells) => insert(db, rows::TIMER, cells),
            Write::Due(path, reply) => {
                rows::answer(db, run, path, reply)?;
                let (_, answered) = crate::questions::questions(db, run)?;
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
            Write::State(lifecycle, moment) => write_state(db, run, lifecycle, *moment, clock.now()),
        }
    }

    fn done(self: Box<Self>, ended: Result<(), StorageError>) {
        let Self { writer, write, answered, completer } = *self;
        // The default, or a reply that came first: the database has the accepted one.
        if let (Ok(()), Some(answered), Some(entry)) = (&ended, answered, writer.active.entry(writer.run)) {
            entry.record_reply(answered);
        }
        if let Some(error) =
            ended.as_ref().err().filter(|error| !matches!(error, StorageError::OwnershipLost))
        {
            let _ = writer.first_error.set(error.clone());
            if matches!(write, Write::State(_, Moment::Released | Moment::Finished)) {
                writer.active.release_later(writer.run, writer.token);
            }
        }
        let _ = completer.send(ended);
    }
}

fn insert(db: &Connection, into: &str, cells: &[Value]) -> Result<(), StorageError> {
    db.prepare_cached(into)?.execute(params_from_iter(cells))?;
    Ok(())
}

/// Resets the count of takeovers, if the run has finished a command since the last one.
fn progressed(db: &Connection, run: i64, progress: bool, now: Timestamp) -> Result<(), StorageError> {
    if !progress {
        return Ok(());
    }
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    row.lifecycle.takeovers = 0;
    row.lifecycle.in_flight.clear();
    row.changed = now;
    row.write(db, &initial)
}

/// Writes the state of the run. The row may have a cancellation that its owner does not know yet.
fn write_state(
    db: &Connection,
    run: i64,
    lifecycle: &Lifecycle,
    moment: Moment,
    now: Timestamp,
) -> Result<(), StorageError> {
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    let cancelled = row.lifecycle.cancelled || lifecycle.cancelled;
    row.changed = now;
    if moment == Moment::Released {
        // The execution was dropped: its other changes are not recorded.
        row.lifecycle.active = lifecycle.active;
        row.lifecycle.in_flight.clone_from(&lifecycle.in_flight);
    } else {
        // Only the control side writes what was done from outside.
        let acted = std::mem::take(&mut row.lifecycle.acted);
        row.lifecycle = lifecycle.clone();
        row.lifecycle.acted = acted;
    }
    row.lifecycle.cancelled = cancelled;
    if moment != Moment::Started {
        row.owner = None;
        row.taken = None;
    }
    if moment == Moment::Finished {
        // A reply that was not forwarded is left for the next execution.
        let mut notes = db.prepare_cached("SELECT count(*) FROM inbox WHERE run = ?1")?;
        row.lifecycle.replied |= notes.query_row([run], |row| row.get::<_, i64>(0))? > 0;
        // There is no execution that would see the flag.
        if cancelled && row.lifecycle.outcome.is_none() {
            row.lifecycle.outcome = Some(FinalOutcome::Cancelled);
            row.lifecycle.ended = Some(now);
        }
        if row.lifecycle.outcome.is_some() {
            rows::close(db, run)?;
        }
    }
    row.write(db, &initial)
}
