//! The row that says where a run stands, and who works on it.

use super::Fault;
use super::row::{Sound, cell_of, int_cell, json_cell, list_cell, optional, sealed, time_cell};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::FinalOutcome;
use crate::engine::kit::Lifecycle;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::time::Duration;

/// The row of a run.
#[derive(Clone, Debug)]
pub(super) struct StandingRow {
    pub(super) run: i64,
    pub(super) standing: Lifecycle,
    /// Who works on it.
    pub(super) owner: Option<i64>,
    /// The fencing token: whoever takes the run gets the next one.
    pub(super) token: i64,
    /// When the owner took it.
    pub(super) taken: Option<Timestamp>,
    /// When anything in this row changed.
    pub(super) changed: Timestamp,
}

pub(super) const COLUMNS: &str = "run, status, owner, token, taken, changed, cancelled, replied, takeovers, active, \
                                  context, output, failure, forgiven, under_way, stopped, sum";

impl StandingRow {
    /// Of a run that was just created.
    pub(super) fn new(run: i64, context: Json, now: Timestamp) -> Self {
        let standing = Lifecycle::new(context);
        Self { run, standing, owner: None, token: 0, taken: None, changed: now }
    }

    /// Reads the row; `initial` is the context that the run began with.
    pub(super) fn read(db: &Connection, run: i64, initial: &Json) -> Result<Self, Fault> {
        let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM standings WHERE run = ?1"))?;
        let mut rows = statement.query([run])?;
        match rows.next()? {
            Some(row) => Self::of(row, 0, initial),
            None => Err(Fault::damaged(format_args!("run {run} stands nowhere"))),
        }
    }

    /// As [`read`](Self::read), of a run of which nothing else was read.
    pub(super) fn find(db: &Connection, run: i64) -> Result<Self, Fault> {
        let initial = super::load::context(db, run)?;
        Self::read(db, run, &initial)
    }

    /// Whether somebody has written the row since it was read.
    pub(super) fn is_other_by_now(&self, db: &Connection) -> Result<bool, Fault> {
        let mut now = db.prepare_cached("SELECT owner, token, changed FROM standings WHERE run = ?1")?;
        let now = now
            .query_row([self.run], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?)))
            .optional()?;
        let changed = i64::try_from(self.changed.0).unwrap_or(i64::MAX);
        Ok(now != Some((self.owner, self.token, changed)))
    }

    /// From a row whose columns begin at `first`.
    pub(super) fn of(row: &rusqlite::Row<'_>, first: usize, initial: &Json) -> Result<Self, Fault> {
        let row = Sound::<16>::verify("standings", row, first)?;
        let in_flight = row.list(14)?;
        let outcome = match row.text(1)? {
            "created" | "begun" | "paused" => None,
            "done" => Some(FinalOutcome::Done(row.json(11)?)),
            "failed" => Some(FinalOutcome::Failed(row.value(12)?)),
            "cancelled" => Some(FinalOutcome::Cancelled),
            "crashed" => Some(FinalOutcome::Crashed(row.list(14)?)),
            _ => return row.wrong(1),
        };
        let mut standing = Lifecycle::new(row.optional_json(10)?.unwrap_or_else(|| initial.clone()));
        standing.paused = row.text(1)? == "paused";
        standing.begun = row.text(1)? != "created";
        standing.cancelled = row.flag(6)?;
        standing.replied = row.flag(7)?;
        standing.takeovers = row.small(8)?;
        standing.active = Duration::from_nanos(row.natural(9)?);
        standing.forgiven = row.list(13)?;
        standing.in_flight = if outcome.is_none() { in_flight } else { Vec::new() };
        standing.stopped = row.optional_value(15)?;
        standing.outcome = outcome;
        let taken = if row.optional_int(4)?.is_some() { Some(row.time(4)?) } else { None };
        Ok(Self {
            run: row.int(0)?,
            standing,
            owner: row.optional_int(2)?,
            token: row.int(3)?,
            taken,
            changed: row.time(5)?,
        })
    }

    /// Writes the row; what is as it was in the beginning is not written again.
    pub(super) fn write(&self, db: &Connection, initial: &Json) -> Result<(), Fault> {
        let standing = &self.standing;
        let (output, failure) = match &standing.outcome {
            Some(FinalOutcome::Done(output)) => (json_cell(output.as_str()), Value::Null),
            Some(FinalOutcome::Failed(failure)) => (Value::Null, cell_of(failure)),
            _ => (Value::Null, Value::Null),
        };
        let under_way = match &standing.outcome {
            Some(FinalOutcome::Crashed(paths)) => paths,
            _ => &standing.in_flight,
        };
        let context = (standing.context != *initial).then(|| json_cell(standing.context.as_str()));
        let cells = vec![
            Value::Integer(self.run),
            Value::Text(status(standing).to_owned()),
            optional(self.owner.map(Value::Integer)),
            Value::Integer(self.token),
            optional(self.taken.map(time_cell)),
            time_cell(self.changed),
            Value::Integer(standing.cancelled.into()),
            Value::Integer(standing.replied.into()),
            Value::Integer(standing.takeovers.into()),
            int_cell(u64::try_from(standing.active.as_nanos()).unwrap_or(u64::MAX)),
            optional(context),
            output,
            failure,
            list_cell(&standing.forgiven),
            list_cell(under_way),
            optional(standing.stopped.as_ref().map(cell_of)),
        ];
        let mut statement = db.prepare_cached(&format!(
            "INSERT OR REPLACE INTO standings ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        ))?;
        statement.execute(params_from_iter(sealed("standings", cells)))?;
        Ok(())
    }
}

/// The word for where a run stands. Whether somebody works on it is another question.
fn status(standing: &Lifecycle) -> &'static str {
    match &standing.outcome {
        Some(FinalOutcome::Done(_)) => "done",
        Some(FinalOutcome::Failed(_)) => "failed",
        Some(FinalOutcome::Cancelled) => "cancelled",
        Some(FinalOutcome::Crashed(_)) => "crashed",
        None if standing.paused => "paused",
        None if standing.begun => "begun",
        None => "created",
    }
}

/// Whether this owner, with this token, still has the run.
pub(super) fn owned(db: &Connection, run: i64, owner: i64, token: i64) -> Result<(), Fault> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM standings WHERE run = ?1 AND owner = ?2 AND token = ?3")?;
    let found = statement.query_row([run, owner, token], |_| Ok(())).optional()?;
    found.ok_or(Fault::Lost)
}
