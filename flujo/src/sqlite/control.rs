//! What is done to a run from outside: by this process or another one, whether it works on it or not.

use super::owners::{Judge, Owner};
use super::row::{cell_of, json_cell, sealed, text_cell, time_cell};
use super::standing::StandingRow;
use super::{Fault, inbox, load, rows};
use crate::clock::Timestamp;
use crate::engine::kit::check_reply;
use crate::engine::{FinalOutcome, RunId, RunRecord};
use crate::error::Error;
use crate::path::Path;
use crate::question::{Answered, Reply};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Writes down a new run; `false` if there is one of this id.
pub(super) fn create(db: &Connection, record: &RunRecord, now: Timestamp) -> Result<bool, Fault> {
    if load::number(db, &record.id)?.is_some() {
        return Ok(false);
    }
    let graph = graph(db, record)?;
    // Never one that a deleted run had: whoever still works on that must not take this one for it.
    let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1";
    let run: i64 = db.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    if run > rows::RUNS {
        let what = "the database has had as many runs as it has room for: go on with another file";
        return Err(Fault::Storage(what.to_owned()));
    }
    let limits = (!record.limits.is_none()).then(|| cell_of(&record.limits));
    let cells = vec![
        Value::Integer(run),
        text_cell(record.id.as_str()),
        text_cell(&record.pipeline),
        Value::Integer(graph),
        json_cell(record.input.as_str()),
        Value::Blob(record.digest.to_bytes().to_vec()),
        json_cell(record.context.as_str()),
        limits.unwrap_or(Value::Null),
        Value::Integer(record.retries.into()),
        record.seed.origin.as_ref().map_or(Value::Null, |id| text_cell(id.as_str())),
        time_cell(now),
    ];
    db.prepare_cached(
        "INSERT INTO runs (run, id, pipeline, graph, input, digest, context, limits, retries, seed_origin, \
         created, sum) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    )?
    .execute(params_from_iter(sealed("runs", cells)))?;
    StandingRow::new(run, record.context.clone(), now).write(db, &record.context)?;
    for (position, seed) in record.seed.records.iter().enumerate() {
        let cells = rows::record(run, position, seed, &None, true);
        db.prepare_cached(rows::RECORD)?.execute(params_from_iter(cells))?;
    }
    for Answered { question, reply } in &record.seed.replies {
        let cells = rows::question(run, question, &[]);
        db.prepare_cached(rows::QUESTION)?.execute(params_from_iter(cells))?;
        rows::answer(db, run, &question.path, reply)?;
    }
    for key in &record.seed.timers {
        let cells = rows::timer(run, key, Timestamp(0));
        db.prepare_cached(rows::TIMER)?.execute(params_from_iter(cells))?;
    }
    Ok(true)
}

/// The names and types of the run's pipeline, written once for all runs of one build of it.
fn graph(db: &Connection, record: &RunRecord) -> Result<i64, Fault> {
    let fingerprint = rows::fingerprint(record);
    let mut known = db.prepare_cached("SELECT graph FROM graphs WHERE fingerprint = ?1")?;
    if let Some(graph) = known.query_row([&fingerprint], |row| row.get(0)).optional()? {
        return Ok(graph);
    }
    let graph: i64 = db.query_row("SELECT coalesce(max(graph), 0) + 1 FROM graphs", [], |row| row.get(0))?;
    let types = cell_of(&*record.graph.stored());
    let cells = sealed("graphs", vec![Value::Integer(graph), Value::Text(fingerprint), types]);
    db.execute(
        "INSERT INTO graphs (graph, fingerprint, types, sum) VALUES (?,?,?,?)",
        params_from_iter(cells),
    )?;
    Ok(graph)
}

/// What came of something that was done to a run.
#[derive(Debug)]
pub(super) enum Done {
    /// There is no such run.
    Unknown,
    /// It is done.
    Yes,
    /// It is not, and this is why.
    Refused(Error),
}

/// Answers a question by compare-and-set.
pub(super) fn reply(
    db: &Connection,
    id: &RunId,
    (path, reply): (&Path, &Reply),
    now: Timestamp,
) -> Result<Done, Fault> {
    let Some(run) = load::number(db, id)? else { return Ok(Done::Unknown) };
    let (open, answered) = load::questions(db, run)?;
    let first = answered.iter().find(|a| a.question.path == *path).map(|a| &a.reply);
    let open = open.iter().map(|open| &open.question).find(|question| question.path == *path);
    if let Err(refused) = check_reply(path, first, open, now) {
        return Ok(Done::Refused(refused));
    }
    rows::answer(db, run, path, reply)?;
    let initial = load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    if let Some(owner) = row.owner {
        // Whoever works on the run is told.
        inbox::leave(db, owner, run)?;
    } else {
        row.standing.replied = row.standing.paused;
        row.write(db, &initial)?;
    }
    Ok(Done::Yes)
}

/// Ends the run: at its next command if somebody works on it, else at once.
pub(super) fn cancel(
    db: &Connection,
    id: &RunId,
    mine: (i64, bool),
    judge: &Judge,
    now: Timestamp,
) -> Result<Done, Fault> {
    let Some(run) = load::number(db, id)? else { return Ok(Done::Unknown) };
    let initial = load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    if row.standing.outcome.is_some() {
        return Ok(Done::Yes);
    }
    row.standing.cancelled = true;
    row.changed = now;
    if super::claim::is_live(db, &row, mine, judge)? {
        row.write(db, &initial)?;
        if let Some(owner) = row.owner {
            inbox::leave(db, owner, run)?;
        }
        return Ok(Done::Yes);
    }
    if let Some(owner) = row.owner.map(|owner| Owner::read(db, owner)).transpose()?.flatten() {
        super::claim::work_of(&mut row, owner.seen);
    }
    // Whoever had it and comes back finds another token.
    row.token += 1;
    (row.owner, row.taken) = (None, None);
    row.standing.outcome = Some(FinalOutcome::Cancelled);
    rows::close(db, run)?;
    row.write(db, &initial)?;
    Ok(Done::Yes)
}

/// Makes a failed run ready to go on.
pub(super) fn reopen(db: &Connection, id: &RunId, now: Timestamp) -> Result<Done, Fault> {
    let Some(run) = load::number(db, id)? else { return Ok(Done::Unknown) };
    let initial = load::context(db, run)?;
    let mut row = StandingRow::read(db, run, &initial)?;
    let count = "SELECT coalesce(max(n), 0) FROM records WHERE record BETWEEN ?1 AND ?2 AND path = ?3";
    let (first, last) = (rows::place(run, 0), rows::place(run, usize::MAX));
    let mut fault = None;
    let attempts = |path: &Path| {
        let n: rusqlite::Result<u32> =
            db.query_row(count, params![first, last, path.as_str()], |row| row.get(0));
        n.unwrap_or_else(|error| {
            fault = Some(error);
            0
        })
    };
    let reopened = row.standing.reopen(attempts);
    if let Some(error) = fault {
        return Err(error.into());
    }
    if reopened {
        row.changed = now;
        row.write(db, &initial)?;
    }
    Ok(Done::Yes)
}

/// Deletes up to `most` runs that ended before `before`, with all that belongs to them. Gives how many.
pub(super) fn prune(db: &Connection, before: Timestamp, most: usize) -> Result<u64, Fault> {
    let old = "SELECT run FROM standings WHERE status IN ('done', 'failed', 'cancelled', 'crashed') \
               AND changed < ?1 ORDER BY changed LIMIT ?2";
    let (before, most) =
        (i64::try_from(before.0).unwrap_or(i64::MAX), i64::try_from(most).unwrap_or(i64::MAX));
    let old: Vec<i64> =
        db.prepare_cached(old)?.query_map([before, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for run in &old {
        db.prepare_cached("DELETE FROM records WHERE record BETWEEN ?1 AND ?2")?
            .execute([rows::place(*run, 0), rows::place(*run, usize::MAX)])?;
        for table in ["timers", "questions", "ledger", "inbox", "standings", "runs"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1"))?.execute([run])?;
        }
    }
    if old.is_empty() {
        db.execute("DELETE FROM graphs WHERE graph NOT IN (SELECT graph FROM runs)", [])?;
    }
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}
