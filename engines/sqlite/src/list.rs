//! Lists of runs.

use crate::StorageError;
use crate::owners::{LeaseMonitor, Owner};
use flujo::clock::Timestamp;
use flujo::engine::{RunFilter, RunId, RunState, RunSummary};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// The maximum number of reads of a list during which owners end.
const LOOKS: usize = 3;

/// Returns the runs that match the filter. `live` says whether a run that this process owns has an execution.
/// Only the columns that are shown are read and verified.
pub(crate) fn list(
    db: &Connection,
    filter: &RunFilter,
    live: impl Fn(&RunId, i64) -> Option<bool>,
    monitor: &LeaseMonitor,
) -> Result<Vec<RunSummary>, StorageError> {
    let mut looks = 1;
    loop {
        let (found, orphans) = at_once(db, filter, &live, monitor)?;
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

/// Runs with a dead owner, each with that owner.
type Orphans = Vec<(RunId, i64)>;

/// Reads the list as of one moment, with the runs whose owner is dead.
fn at_once(
    db: &Connection,
    filter: &RunFilter,
    live: impl Fn(&RunId, i64) -> Option<bool>,
    monitor: &LeaseMonitor,
) -> Result<(Vec<RunSummary>, Orphans), StorageError> {
    let (sql, values) = query(filter);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let (mut found, mut orphans, mut owners) = (Vec::new(), Vec::new(), HashMap::new());
    while let Some(row) = rows.next()? {
        let id = RunId::from(row.get_ref(0)?.as_str().map_err(StorageError::damaged)?);
        let state = match row.get_ref(2)?.as_str().map_err(StorageError::damaged)? {
            "created" => RunState::Created,
            "begun" => match row.get::<_, Option<i64>>(3)? {
                None => RunState::Interrupted,
                Some(owner) => {
                    let here = live(&id, owner);
                    let lives = match here {
                        Some(here) => here,
                        None => lives(db, owner, monitor, &mut owners)?,
                    };
                    if lives {
                        RunState::Running
                    } else {
                        orphans.push((id.clone(), owner));
                        RunState::Interrupted
                    }
                }
            },
            "paused" => RunState::Paused,
            "done" => RunState::Done,
            "failed" => RunState::Failed,
            "cancelled" => RunState::Cancelled,
            "crashed" => RunState::Crashed,
            other => return Err(StorageError::damaged(format_args!("run `{id}` has the status `{other}`"))),
        };
        let replied = state == RunState::Paused && row.get(4)?;
        let deadline = row.get::<_, Option<i64>>(5)?.and_then(|n| u64::try_from(n).ok()).map(Timestamp);
        let mut summary = RunSummary::new(id, row.get(1)?, state);
        (summary.replied, summary.deadline) = (replied, deadline);
        if filter.takes(&summary, found.len()) {
            found.push(summary);
        }
        if filter.limit.is_some_and(|limit| found.len() >= limit) {
            break;
        }
    }
    Ok((found, orphans))
}

/// True if an owner is alive; decided once per owner.
fn lives(
    db: &Connection,
    owner: i64,
    monitor: &LeaseMonitor,
    decided: &mut HashMap<i64, bool>,
) -> Result<bool, StorageError> {
    if let Some(lives) = decided.get(&owner) {
        return Ok(*lives);
    }
    let lives = Owner::read(db, owner)?.is_some_and(|owner| !monitor.is_gone(&owner));
    decided.insert(owner, lives);
    Ok(lives)
}

fn query(filter: &RunFilter) -> (String, Vec<Value>) {
    let mut sql = "SELECT r.id, r.pipeline, s.status, s.owner, s.replied, \
                   CASE s.status WHEN 'paused' THEN (SELECT min(q.deadline) FROM questions q \
                   WHERE q.run = r.run AND q.answer IS NULL) END \
                   FROM runs r JOIN standings s ON s.run = r.run WHERE true"
        .to_owned();
    let mut values = Vec::new();
    if let Some(pipeline) = &filter.pipeline {
        sql.push_str(" AND r.pipeline = ?");
        values.push(Value::Text(pipeline.clone()));
    }
    if let Some(after) = &filter.after {
        sql.push_str(" AND r.id > ?");
        values.push(Value::Text(after.as_str().to_owned()));
    }
    if !filter.states.is_empty() {
        let words: Vec<&str> = filter.states.iter().copied().filter_map(status).collect();
        sql.push_str(" AND s.status IN ('");
        sql.push_str(&words.join("', '"));
        sql.push_str("')");
    }
    sql.push_str(" ORDER BY r.id");
    (sql, values)
}

/// Returns the stored status of runs in this state; `None` for a state that this version does not have.
fn status(state: RunState) -> Option<&'static str> {
    Some(match state {
        RunState::Created => "created",
        RunState::Running | RunState::Interrupted => "begun",
        RunState::Paused => "paused",
        RunState::Done => "done",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
        RunState::Crashed => "crashed",
        _ => return None,
    })
}
