//! Control operations on runs, from outside of their executions and by any process.

use crate::owners::{LeaseMonitor, Owner};
use crate::row::{
    cell_of, json_cell, list_cell, optional, optional_cell_of, text_cell, time_cell, with_checksum,
};
use crate::run_state::RunStateRow;
use crate::{StorageError, claim, inbox, load, messages, rows};
use flujo::clock::Timestamp;
use flujo::engine::kit::check_reply;
use flujo::engine::{Labels, RunId, RunRecord};
use flujo::error::Error;
use flujo::path::Path;
use flujo::question::{Answered, Reply};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Inserts a new run; false if its id exists.
pub(crate) fn create(db: &Connection, record: &RunRecord) -> Result<bool, StorageError> {
    if load::number(db, &record.id)?.is_some() {
        return Ok(false);
    }
    let graph = graph(db, record)?;
    // Never reuses the number of a deleted run: a process that still executes that one must not write to this
    // one.
    let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1";
    let run: i64 = db.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    if run > rows::RUNS {
        let what = "the database has had as many runs as it can number: go on with another file";
        return Err(StorageError::failed(what));
    }
    let limits = optional_cell_of(Some(&record.limits).filter(|limits| !limits.is_none()))?;
    let cells = vec![
        Value::Integer(run),
        text_cell(record.id.as_str()),
        text_cell(&record.pipeline),
        Value::Integer(graph),
        json_cell(record.input.as_str()),
        Value::Blob(record.digest.to_bytes().to_vec()),
        json_cell(record.context.as_str()),
        limits,
        Value::Integer(record.retries.into()),
        record.seed.origin.as_ref().map_or(Value::Null, |id| text_cell(id.as_str())),
        time_cell(record.created),
        optional_cell_of(Some(&record.labels).filter(|labels| !labels.is_empty()))?,
        optional(record.by.as_deref().map(text_cell)),
        list_cell(&record.models)?,
    ];
    db.prepare_cached(
        "INSERT INTO runs (run, id, pipeline, graph, input, digest, context, limits, retries, seed_origin, \
         created, labels, started_by, models, sum) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )?
    .execute(params_from_iter(with_checksum("runs", cells)))?;
    for (name, value) in record.labels.iter() {
        db.prepare_cached("INSERT INTO labels (name, value, run) VALUES (?,?,?)")?
            .execute(params![name, value, run])?;
    }
    RunStateRow::new(run, &record.pipeline, record.context.clone(), record.created)
        .write(db, &record.context)?;
    for (position, seed) in record.seed.records.iter().enumerate() {
        let cells = rows::record(run, position, seed, &None, true)?;
        db.prepare_cached(rows::RECORD)?.execute(params_from_iter(cells))?;
        if let Some(cells) = messages::cells(run, position, seed)? {
            db.prepare_cached(messages::INSERT)?.execute(params_from_iter(cells))?;
        }
    }
    for Answered { question, reply } in &record.seed.replies {
        let cells = rows::question(run, question, &[])?;
        db.prepare_cached(rows::QUESTION)?.execute(params_from_iter(cells))?;
        rows::answer(db, run, &question.path, reply)?;
    }
    for key in &record.seed.timers {
        let cells = rows::timer(run, key, Timestamp(0));
        db.prepare_cached(rows::TIMER)?.execute(params_from_iter(cells))?;
    }
    Ok(true)
}

/// Returns the number of the graph of the run's pipeline. The graph is written once for all runs of a build.
fn graph(db: &Connection, record: &RunRecord) -> Result<i64, StorageError> {
    let fingerprint = rows::fingerprint(record);
    let mut known = db.prepare_cached("SELECT graph FROM graphs WHERE fingerprint = ?1")?;
    if let Some(graph) = known.query_row([&fingerprint], |row| row.get(0)).optional()? {
        return Ok(graph);
    }
    let graph: i64 = db.query_row("SELECT coalesce(max(graph), 0) + 1 FROM graphs", [], |row| row.get(0))?;
    let types = cell_of(&*record.graph.stored())?;
    let cells = with_checksum("graphs", vec![Value::Integer(graph), Value::Text(fingerprint), types]);
    db.execute(
        "INSERT INTO graphs (graph, fingerprint, types, sum) VALUES (?,?,?,?)",
        params_from_iter(cells),
    )?;
    Ok(graph)
}

/// The result of an operation on a run.
#[derive(Debug)]
pub(crate) enum ControlOutcome {
    /// The run does not exist.
    Unknown,
    /// The operation took effect.
    Applied,
    /// The operation was refused.
    Refused(Error),
}

/// Answers a question by compare-and-set.
pub(crate) fn reply(
    db: &Connection,
    id: &RunId,
    (path, reply): (&Path, &Reply),
    now: Timestamp,
) -> Result<ControlOutcome, StorageError> {
    let Some(run) = load::number(db, id)? else { return Ok(ControlOutcome::Unknown) };
    let (open, answered) = crate::questions::questions(db, run)?;
    let first = answered.iter().find(|a| a.question.path == *path).map(|a| &a.reply);
    let open = open.iter().map(|open| &open.question).find(|question| question.path == *path);
    if let Err(refused) = check_reply(path, first, open, now) {
        return Ok(ControlOutcome::Refused(refused));
    }
    rows::answer(db, run, path, reply)?;
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    if let Some(owner) = row.owner {
        inbox::leave(db, owner, run)?;
    } else {
        row.lifecycle.replied = row.lifecycle.paused;
        row.changed = now;
        row.write(db, &initial)?;
    }
    Ok(ControlOutcome::Applied)
}

/// Cancels a run: at its next command if it has an execution, else at once.
pub(crate) fn cancel(
    db: &Connection,
    id: &RunId,
    mine: (i64, bool),
    monitor: &LeaseMonitor,
    (now, by): (Timestamp, Option<&str>),
) -> Result<ControlOutcome, StorageError> {
    let Some(run) = load::number(db, id)? else { return Ok(ControlOutcome::Unknown) };
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    let running = claim::is_running(db, &row, mine, monitor)?;
    if !row.lifecycle.cancel((now, by), running) {
        return Ok(ControlOutcome::Applied);
    }
    row.changed = now;
    if running {
        row.write(db, &initial)?;
        if let Some(owner) = row.owner {
            inbox::leave(db, owner, run)?;
        }
        return Ok(ControlOutcome::Applied);
    }
    if let Some(owner) = row.owner.map(|owner| Owner::read(db, owner)).transpose()?.flatten() {
        claim::count_working_time(&mut row, owner.seen);
    }
    // Fences an owner that was taken for dead and comes back.
    row.token += 1;
    (row.owner, row.taken) = (None, None);
    rows::close(db, run)?;
    row.lifecycle.usage = load::usage(db, run)?;
    row.write(db, &initial)?;
    Ok(ControlOutcome::Applied)
}

/// Resets a failed run, so that it can be resumed.
pub(crate) fn reopen(
    db: &Connection,
    id: &RunId,
    (now, by): (Timestamp, Option<&str>),
) -> Result<ControlOutcome, StorageError> {
    let Some(run) = load::number(db, id)? else { return Ok(ControlOutcome::Unknown) };
    let initial = crate::run_row::context(db, run)?;
    let mut row = RunStateRow::read(db, run, &initial)?;
    let count = "SELECT coalesce(max(n), 0) FROM records WHERE record BETWEEN ?1 AND ?2 AND path = ?3";
    let (first, last) = (rows::place(run, 0), rows::place(run, usize::MAX));
    let mut failed = None;
    let attempts = |path: &Path| {
        let n: rusqlite::Result<u32> =
            db.query_row(count, params![first, last, path.as_str()], |row| row.get(0));
        n.unwrap_or_else(|error| {
            failed = Some(error);
            0
        })
    };
    let reopened = row.lifecycle.reopen((now, by), attempts);
    if let Some(error) = failed {
        return Err(error.into());
    }
    if reopened {
        row.changed = now;
        row.write(db, &initial)?;
    }
    Ok(ControlOutcome::Applied)
}

/// Deletes up to `most` runs that ended before `before`, with all of their rows, and returns how many.
pub(crate) fn prune(db: &Connection, before: Timestamp, most: usize) -> Result<u64, StorageError> {
    let old = "SELECT run FROM standings WHERE status IN ('done', 'failed', 'cancelled', 'crashed') \
               AND changed < ?1 ORDER BY changed LIMIT ?2";
    let (before, most) =
        (i64::try_from(before.0).unwrap_or(i64::MAX), i64::try_from(most).unwrap_or(i64::MAX));
    let old: Vec<i64> =
        db.prepare_cached(old)?.query_map([before, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for run in &old {
        for table in ["records", "messages"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE record BETWEEN ?1 AND ?2"))?
                .execute([rows::place(*run, 0), rows::place(*run, usize::MAX)])?;
        }
        unlabel(db, *run)?;
        for table in ["timers", "questions", "ledger", "inbox", "standings", "runs"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1"))?.execute([run])?;
        }
    }
    if old.is_empty() {
        db.execute("DELETE FROM graphs WHERE graph NOT IN (SELECT graph FROM runs)", [])?;
    }
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}

/// Deletes the rows of a run's labels, which its own row lists.
fn unlabel(db: &Connection, run: i64) -> Result<(), StorageError> {
    let text: Option<String> =
        db.prepare_cached("SELECT labels FROM runs WHERE run = ?1")?.query_row([run], |row| row.get(0))?;
    let labels: Labels = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    for (name, value) in labels.iter() {
        db.prepare_cached("DELETE FROM labels WHERE name = ?1 AND value = ?2 AND run = ?3")?
            .execute(params![name, value, run])?;
    }
    Ok(())
}
