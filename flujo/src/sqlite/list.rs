//! Lists of runs.

use super::Fault;
use super::owners::{Judge, Owner};
use crate::clock::Timestamp;
use crate::engine::{RunFilter, RunId, RunState, RunSummary};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// So often it is looked again where a process has ended while it was read.
const LOOKS: usize = 3;

/// The runs that the filter takes. Only what is shown is read, so only that is verified.
pub(super) fn list(
    db: &Connection,
    filter: &RunFilter,
    live: impl Fn(&RunId, i64) -> Option<bool>,
    judge: &Judge,
) -> Result<Vec<RunSummary>, Fault> {
    let mut looks = 1;
    loop {
        let (found, orphans) = at_once(db, filter, &live, judge)?;
        // A process that is gone may have ended its run just before: what it wrote last counts.
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

/// Whether the run is still its owner's.
fn has(db: &Connection, id: &RunId, owner: i64) -> Result<bool, Fault> {
    let sql = "SELECT s.owner IS ?2 FROM runs r JOIN standings s ON s.run = r.run WHERE r.id = ?1";
    let found =
        db.prepare_cached(sql)?.query_row(params![id.as_str(), owner], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// Runs whose owner is gone, each with that.
type Orphans = Vec<(RunId, i64)>;

/// The same as it was at one moment, with those whose owner is gone.
fn at_once(
    db: &Connection,
    filter: &RunFilter,
    live: impl Fn(&RunId, i64) -> Option<bool>,
    judge: &Judge,
) -> Result<(Vec<RunSummary>, Orphans), Fault> {
    let (sql, values) = query(filter);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let (mut found, mut orphans, mut owners) = (Vec::new(), Vec::new(), HashMap::new());
    while let Some(row) = rows.next()? {
        let id = RunId::from(row.get_ref(0)?.as_str().map_err(Fault::damaged)?);
        let state = match row.get_ref(2)?.as_str().map_err(Fault::damaged)? {
            "created" => RunState::Created,
            "begun" => match row.get::<_, Option<i64>>(3)? {
                None => RunState::Interrupted,
                Some(owner) => {
                    let here = live(&id, owner);
                    let lives = match here {
                        Some(here) => here,
                        None => lives(db, owner, judge, &mut owners)?,
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
            other => return Err(Fault::damaged(format_args!("a run stands at `{other}`"))),
        };
        let replied = state == RunState::Paused && row.get(4)?;
        let deadline = row.get::<_, Option<i64>>(5)?.and_then(|n| u64::try_from(n).ok()).map(Timestamp);
        let summary = RunSummary { id, pipeline: row.get(1)?, state, replied, deadline };
        if filter.takes(&summary, found.len()) {
            found.push(summary);
        }
        if filter.limit.is_some_and(|limit| found.len() >= limit) {
            break;
        }
    }
    Ok((found, orphans))
}

/// Asked once for each owner.
fn lives(db: &Connection, owner: i64, judge: &Judge, known: &mut HashMap<i64, bool>) -> Result<bool, Fault> {
    if let Some(lives) = known.get(&owner) {
        return Ok(*lives);
    }
    let lives = Owner::read(db, owner)?.is_some_and(|owner| !judge.is_gone(&owner));
    known.insert(owner, lives);
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
        let words: Vec<&str> = filter.states.iter().copied().map(word).collect();
        sql.push_str(" AND s.status IN ('");
        sql.push_str(&words.join("', '"));
        sql.push_str("')");
    }
    sql.push_str(" ORDER BY r.id");
    (sql, values)
}

/// The status that runs of this state have.
fn word(state: RunState) -> &'static str {
    match state {
        RunState::Created => "created",
        RunState::Running | RunState::Interrupted => "begun",
        RunState::Paused => "paused",
        RunState::Done => "done",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
        RunState::Crashed => "crashed",
    }
}
