//! The state of a run and its owner: its row of the table `standings`.

use crate::StorageError;
use crate::row::{
    VerifiedRow, cell_of, int_cell, json_cell, list_cell, optional, optional_cell_of, text_cell, time_cell,
    with_checksum,
};
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::FinalOutcome;
use flujo::engine::kit::Lifecycle;
use flujo::usage::Usage;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::time::Duration;

/// The state of a run, as stored in its row.
#[derive(Clone, Debug)]
pub(crate) struct RunStateRow {
    pub(crate) run: i64,
    pub(crate) lifecycle: Lifecycle,
    /// The process that owns the run.
    pub(crate) owner: Option<i64>,
    /// The fencing token: every claim of the run gets the next one.
    pub(crate) token: i64,
    /// The time of the owner's claim.
    pub(crate) taken: Option<Timestamp>,
    /// The time of the last write of the row.
    pub(crate) changed: Timestamp,
    /// The durable name of the run's pipeline, for counts.
    pub(crate) pipeline: String,
}

pub(crate) const COLUMNS: &str = "run, status, owner, token, taken, changed, cancelled, replied, takeovers, active, \
                                  context, output, failure, forgiven, under_way, stopped, pipeline, started, ended, \
                                  usage, reason, acted, sum";

impl RunStateRow {
    /// Returns the state of a new run.
    pub(crate) fn new(run: i64, pipeline: &str, context: Json, created: Timestamp) -> Self {
        let lifecycle = Lifecycle::new(context, created);
        let pipeline = pipeline.to_owned();
        Self { run, lifecycle, owner: None, token: 0, taken: None, changed: created, pipeline }
    }

    /// Reads the row; `initial` is the initial context of the run.
    pub(crate) fn read(db: &Connection, run: i64, initial: &Json) -> Result<Self, StorageError> {
        let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM standings WHERE run = ?1"))?;
        let mut rows = statement.query([run])?;
        match rows.next()? {
            Some(row) => Self::of(row, 0, initial),
            None => Err(StorageError::damaged(format_args!("run {run} has no row in `standings`"))),
        }
    }

    /// Reads the row and the initial context.
    pub(crate) fn find(db: &Connection, run: i64) -> Result<Self, StorageError> {
        let initial = crate::run_row::context(db, run)?;
        Self::read(db, run, &initial)
    }

    /// True if the row was written since this read.
    pub(crate) fn was_rewritten(&self, db: &Connection) -> Result<bool, StorageError> {
        let mut now = db.prepare_cached("SELECT owner, token, changed FROM standings WHERE run = ?1")?;
        let now = now
            .query_row([self.run], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?)))
            .optional()?;
        let changed = i64::try_from(self.changed.0).unwrap_or(i64::MAX);
        Ok(now != Some((self.owner, self.token, changed)))
    }

    /// Reads the columns of a row from `first` on.
    pub(crate) fn of(row: &rusqlite::Row<'_>, first: usize, initial: &Json) -> Result<Self, StorageError> {
        let row = VerifiedRow::<22>::verify("standings", row, first)?;
        let in_flight = row.list(14)?;
        let outcome = match row.text(1)? {
            "created" | "begun" | "paused" => None,
            "done" => Some(FinalOutcome::Done(row.json(11)?)),
            "failed" => Some(FinalOutcome::Failed(row.value(12)?)),
            "cancelled" => Some(FinalOutcome::Cancelled),
            "crashed" => Some(FinalOutcome::Crashed(row.list(14)?)),
            _ => return row.wrong(1),
        };
        let changed = row.time(5)?;
        let context = row.optional_json(10)?.unwrap_or_else(|| initial.clone());
        let mut lifecycle = Lifecycle::new(context, changed);
        let time = |i: usize| row.optional_int(i)?.map(|_| row.time(i)).transpose();
        (lifecycle.started, lifecycle.ended) = (time(17)?, time(18)?);
        lifecycle.usage = row.optional_value(19)?.unwrap_or_default();
        lifecycle.acted = row.list(21)?;
        lifecycle.paused = row.text(1)? == "paused";
        lifecycle.begun = row.text(1)? != "created";
        lifecycle.cancelled = row.flag(6)?;
        lifecycle.replied = row.flag(7)?;
        lifecycle.takeovers = row.small(8)?;
        lifecycle.active = Duration::from_nanos(row.natural(9)?);
        lifecycle.forgiven = row.list(13)?;
        lifecycle.in_flight = if outcome.is_none() { in_flight } else { Vec::new() };
        lifecycle.stopped = row.optional_value(15)?;
        lifecycle.outcome = outcome;
        let taken = time(4)?;
        Ok(Self {
            run: row.int(0)?,
            lifecycle,
            owner: row.optional_int(2)?,
            token: row.int(3)?,
            taken,
            changed,
            pipeline: row.text(16)?.to_owned(),
        })
    }

    /// Writes the row. A context that equals `initial` is NULL.
    pub(crate) fn write(&self, db: &Connection, initial: &Json) -> Result<(), StorageError> {
        let lifecycle = &self.lifecycle;
        let (output, failure) = match &lifecycle.outcome {
            Some(FinalOutcome::Done(output)) => (json_cell(output.as_str()), Value::Null),
            Some(FinalOutcome::Failed(failure)) => (Value::Null, cell_of(failure)?),
            _ => (Value::Null, Value::Null),
        };
        let under_way = match &lifecycle.outcome {
            Some(FinalOutcome::Crashed(paths)) => paths,
            _ => &lifecycle.in_flight,
        };
        let context = (lifecycle.context != *initial).then(|| json_cell(lifecycle.context.as_str()));
        let cells = vec![
            Value::Integer(self.run),
            Value::Text(status(lifecycle).to_owned()),
            optional(self.owner.map(Value::Integer)),
            Value::Integer(self.token),
            optional(self.taken.map(time_cell)),
            time_cell(self.changed),
            Value::Integer(lifecycle.cancelled.into()),
            Value::Integer(lifecycle.replied.into()),
            Value::Integer(lifecycle.takeovers.into()),
            int_cell(u64::try_from(lifecycle.active.as_nanos()).unwrap_or(u64::MAX)),
            optional(context),
            output,
            failure,
            list_cell(&lifecycle.forgiven)?,
            list_cell(under_way)?,
            optional_cell_of(lifecycle.stopped.as_ref())?,
            text_cell(&self.pipeline),
            optional(lifecycle.started.map(time_cell)),
            optional(lifecycle.ended.map(time_cell)),
            optional_cell_of(Some(&lifecycle.usage).filter(|usage| **usage != Usage::default()))?,
            optional(lifecycle.outcome.as_ref().and_then(FinalOutcome::failure_line).map(Value::Text)),
            list_cell(&lifecycle.acted)?,
        ];
        let mut statement = db.prepare_cached(&format!(
            "INSERT OR REPLACE INTO standings ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        ))?;
        statement.execute(params_from_iter(with_checksum("standings", cells)))?;
        Ok(())
    }
}

/// Returns the stored status; the column `owner` says whether the run has an owner.
fn status(lifecycle: &Lifecycle) -> &'static str {
    match &lifecycle.outcome {
        Some(FinalOutcome::Done(_)) => "done",
        Some(FinalOutcome::Failed(_)) => "failed",
        Some(FinalOutcome::Cancelled) => "cancelled",
        Some(FinalOutcome::Crashed(_)) => "crashed",
        None if lifecycle.paused => "paused",
        None if lifecycle.begun => "begun",
        None => "created",
    }
}

/// Checks that this owner, with this token, still owns the run.
pub(crate) fn owned(db: &Connection, run: i64, owner: i64, token: i64) -> Result<(), StorageError> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM standings WHERE run = ?1 AND owner = ?2 AND token = ?3")?;
    let found = statement.query_row([run, owner, token], |_| Ok(())).optional()?;
    found.ok_or(StorageError::OwnershipLost)
}
