//! Version 4: what lists of runs show. A run has labels and the name of its caller, its state has the times and the
//! usage; both tables have their short columns first, because a list reads past none of the long ones. Messages of
//! models have a table of their own, since they may be deleted before their run.

use crate::StorageError;
use crate::row::{VerifiedRow, with_checksum};
use flujo::engine::FinalOutcome;
use flujo::usage::Usage;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

pub(super) const SQL: &str = "
CREATE TABLE new_runs (
    run         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    pipeline    TEXT NOT NULL,
    created     INTEGER NOT NULL,
    labels      TEXT,
    started_by  TEXT,
    seed_origin TEXT,
    graph       INTEGER NOT NULL REFERENCES graphs,
    digest      BLOB NOT NULL,
    limits      TEXT,
    retries     INTEGER NOT NULL,
    models      TEXT,
    input       ANY NOT NULL,
    context     ANY NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
CREATE TABLE new_standings (
    run         INTEGER PRIMARY KEY REFERENCES runs,
    status      TEXT NOT NULL,
    owner       INTEGER REFERENCES owners,
    token       INTEGER NOT NULL,
    pipeline    TEXT NOT NULL,
    taken       INTEGER,
    started     INTEGER,
    changed     INTEGER NOT NULL,
    ended       INTEGER,
    usage       TEXT,
    reason      TEXT,
    cancelled   INTEGER NOT NULL,
    replied     INTEGER NOT NULL,
    takeovers   INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    acted       TEXT,
    forgiven    TEXT,
    under_way   TEXT,
    stopped     TEXT,
    context     ANY,
    output      ANY,
    failure     ANY,
    sum         INTEGER NOT NULL
) STRICT;
";

const RENAMED: &str = "
DROP TABLE standings;
DROP TABLE runs;
ALTER TABLE new_runs RENAME TO runs;
ALTER TABLE new_standings RENAME TO standings;
CREATE INDEX runs_by_created ON runs (created, id);
CREATE INDEX runs_by_pipeline ON runs (pipeline, created, id);
CREATE INDEX standings_by_status ON standings (status, changed, pipeline, owner);
CREATE INDEX standings_by_owner ON standings (owner) WHERE owner IS NOT NULL;
CREATE INDEX questions_by_age ON questions (asked) WHERE answer IS NULL;

CREATE TABLE labels (
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs,
    PRIMARY KEY (name, value, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    record      INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    said        ANY NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_age ON messages (at);

CREATE TABLE actions (
    action      INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    who         TEXT,
    what        TEXT NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
";

/// Moves runs and their states.
pub(super) fn move_rows(db: &Connection) -> Result<(), StorageError> {
    // The numbers of deleted runs are not used again.
    let last: Option<i64> =
        db.query_row("SELECT max(seq) FROM sqlite_sequence WHERE name = 'runs'", [], |row| row.get(0))?;
    runs(db)?;
    standings(db)?;
    db.execute_batch(RENAMED)?;
    if let Some(last) = last {
        db.execute("DELETE FROM sqlite_sequence WHERE name IN ('runs', 'new_runs')", [])?;
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?1)", [last])?;
    }
    Ok(())
}

/// The new checksum of cells whose old one was right. A damaged row must stay damaged, rather than pass the new check.
fn sum(table: &str, cells: Vec<Value>, sound: bool, old: i64) -> Value {
    match with_checksum(table, cells).pop() {
        Some(Value::Integer(new)) if !sound => Value::Integer(if old == new { !old } else { old }),
        sum => sum.unwrap_or(Value::Null),
    }
}

fn runs(db: &Connection) -> Result<(), StorageError> {
    let mut all = db.prepare(
        "SELECT run, id, pipeline, graph, input, digest, context, limits, retries, seed_origin, created, sum \
         FROM runs ORDER BY run",
    )?;
    let mut insert = db.prepare(
        "INSERT INTO new_runs (run, id, pipeline, graph, input, digest, context, limits, retries, seed_origin, \
         created, labels, started_by, models, sum) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let sound = VerifiedRow::<11>::read("runs", row, 0)?.is_some();
        let mut cells = (0..11).map(|i| row.get(i)).collect::<Result<Vec<Value>, _>>()?;
        cells.extend([Value::Null, Value::Null, Value::Null]);
        let sum = sum("runs", cells.clone(), sound, row.get(11)?);
        cells.push(sum);
        insert.execute(params_from_iter(cells))?;
    }
    Ok(())
}

fn standings(db: &Connection) -> Result<(), StorageError> {
    let mut all = db.prepare(
        "SELECT s.run, s.status, s.owner, s.token, s.taken, s.changed, s.cancelled, s.replied, s.takeovers, s.active, \
         s.context, s.output, s.failure, s.forgiven, s.under_way, s.stopped, s.sum, r.pipeline \
         FROM standings s JOIN runs r ON r.run = s.run ORDER BY s.run",
    )?;
    let mut insert = db.prepare(
        "INSERT INTO new_standings (run, status, owner, token, taken, changed, cancelled, replied, takeovers, active, \
         context, output, failure, forgiven, under_way, stopped, pipeline, started, ended, usage, reason, acted, sum) \
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let verified = VerifiedRow::<16>::read("standings", row, 0)?;
        let mut cells = (0..16).map(|i| row.get(i)).collect::<Result<Vec<Value>, _>>()?;
        let (run, status): (i64, String) = (row.get(0)?, row.get(1)?);
        // A reply to a paused run was a change, and did not say so.
        let replied = "SELECT max(?1, coalesce(max(replied_at), 0)) FROM questions WHERE run = ?2";
        if let Some(changed) = cells.get_mut(5) {
            *changed = db
                .prepare_cached(replied)?
                .query_row(params![row.get::<_, i64>(5)?, run], |row| row.get(0))?;
        }
        let has_ended = matches!(status.as_str(), "done" | "failed" | "cancelled" | "crashed");
        let reason = match (&verified, status.as_str()) {
            (Some(row), "failed") => FinalOutcome::Failed(row.value(12)?).failure_line(),
            (Some(row), "crashed") => FinalOutcome::Crashed(row.list(14)?).failure_line(),
            _ => None,
        };
        let usage = usage(db, run)?;
        let usage = if usage == Usage::default() { Value::Null } else { crate::row::cell_of(&usage)? };
        cells.extend([
            row.get(17)?,
            started(db, run)?,
            if has_ended { row.get(5)? } else { Value::Null },
            usage,
            reason.map_or(Value::Null, Value::Text),
            Value::Null,
        ]);
        let sum = sum("standings", cells.clone(), verified.is_some(), row.get(16)?);
        cells.push(sum);
        insert.execute(params_from_iter(cells))?;
    }
    Ok(())
}

/// The time at which the first record of a run began, which is about when its first execution did.
fn started(db: &Connection, run: i64) -> Result<Value, StorageError> {
    let first = "SELECT min(started) FROM records WHERE record >= ?1 AND record < ?2 AND seeded IS NULL";
    Ok(db.prepare_cached(first)?.query_row(params![run << 32, (run + 1) << 32], |row| row.get(0))?)
}

/// The usage of a run. A damaged row counts for nothing: it is found when the run is read.
fn usage(db: &Connection, run: i64) -> Result<Usage, StorageError> {
    let parse = |text: Option<String>| {
        text.and_then(|text| serde_json::from_str::<Usage>(&text).ok()).unwrap_or_default()
    };
    let records = "SELECT usage FROM records WHERE record >= ?1 AND record < ?2 AND seeded IS NULL \
                   AND typeof(usage) = 'text'";
    let mut records = db.prepare_cached(records)?;
    let of_records = records.query_map(params![run << 32, (run + 1) << 32], |row| row.get(0))?;
    let mut used: Usage = of_records.collect::<Result<Vec<_>, _>>()?.into_iter().map(parse).sum();
    let mut ledger = db.prepare_cached(
        "SELECT state, usage FROM ledger WHERE run = ?1 AND state <> 'reserved' AND typeof(usage) = 'text'",
    )?;
    let entries = ledger.query_map([run], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    for (state, usage) in entries.collect::<Result<Vec<_>, _>>()? {
        let usage = parse(usage);
        used += if state == "charged" { usage.estimated() } else { usage };
    }
    Ok(used)
}
