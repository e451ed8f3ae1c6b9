//! How what a run writes is laid out in rows.

use super::Fault;
use super::row::{Sound, cell_of, int_cell, json_cell, list_cell, optional, sealed, text_cell, time_cell};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{Key, Kind, LimitScope, Record, RecordOutcome, RunRecord};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::fmt::Write as _;

pub(super) const RECORD: &str = "INSERT INTO records (run, position, path, kind, n, version, digest, seeded, \
    output, failure, parts, usage, findings, cached, models, within, started, ended, sum, record) \
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,(?1 << 32) | ?2)";
pub(super) const TIMER: &str = "INSERT INTO timers (run, path, kind, n, deadline, sum) VALUES (?,?,?,?,?,?)";
pub(super) const QUESTION: &str = "INSERT INTO questions (run, path, message, shown, schema, asked, deadline, \
    fallback, arms, sum) VALUES (?,?,?,?,?,?,?,?,?,?)";
pub(super) const ENTRY: &str =
    "INSERT INTO ledger (run, path, kind, n, usage, within, state, sum) VALUES (?,?,?,?,?,?,?,?)";

/// So many runs have a place.
pub(super) const RUNS: i64 = i32::MAX as i64;

/// Where the record of this position in a run stands: all of a run are side by side, in their order.
pub(super) fn place(run: i64, position: usize) -> i64 {
    run.saturating_mul(1 << 32) | i64::from(u32::try_from(position).unwrap_or(u32::MAX))
}

/// What a run's graph is known by: the fingerprint, and behind it what tells its types from others of the same names.
pub(super) fn fingerprint(record: &RunRecord) -> String {
    match record.graph.types() {
        0 => format!("{:032x}", record.fingerprint),
        types => format!("{:032x}-{types:032x}", record.fingerprint),
    }
}

/// The word for a kind of command.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Step => "step",
        Kind::Model => "model",
        Kind::Gate => "gate",
        Kind::Ask => "ask",
        Kind::Sleep => "sleep",
        Kind::Fork => "fork",
    }
}

/// The kind behind a word.
pub(super) fn kind(word: &str) -> Option<Kind> {
    [Kind::Step, Kind::Model, Kind::Gate, Kind::Ask, Kind::Sleep, Kind::Fork]
        .into_iter()
        .find(|kind| self::word(*kind) == word)
}

fn key_cells(run: i64, key: &Key) -> [Value; 4] {
    let n = Value::Integer(key.n.into());
    [Value::Integer(run), text_cell(key.path.as_str()), text_cell(word(key.kind)), n]
}

/// The paths of the limited nodes, the innermost first.
fn within_cell(within: &LimitScope) -> Value {
    let nodes = std::iter::successors(within.as_deref(), |node| node.outer.as_deref());
    let paths: Vec<&str> = nodes.map(|node| node.path.as_str()).collect();
    list_cell(&paths)
}

/// Parts as one object of JSON, each as it was encoded.
fn parts_cell(parts: &[(String, Json)]) -> Value {
    if parts.is_empty() {
        return Value::Null;
    }
    let mut text = String::from("{");
    for (i, (name, value)) in parts.iter().enumerate() {
        let name = serde_json::Value::from(name.as_str());
        let _ = write!(text, "{}{name}:{value}", if i == 0 { "" } else { "," });
    }
    text.push('}');
    json_cell(&text)
}

/// The row of a record.
pub(super) fn record(
    run: i64,
    position: usize,
    record: &Record,
    within: &LimitScope,
    seeded: bool,
) -> Vec<Value> {
    // Field by field: one that is new must find a place.
    let Record { key, version, digest, outcome, parts, usage, findings, cached, models, started, ended } =
        record;
    let [run, path, kind, n] = key_cells(run, key);
    let (output, failure) = match outcome {
        RecordOutcome::Output(output) => (json_cell(output.as_str()), Value::Null),
        RecordOutcome::Failure(failure) => (Value::Null, cell_of(failure)),
    };
    let flag = |set: bool| if set { Value::Integer(1) } else { Value::Null };
    let used = *usage != Usage::default();
    let cells = vec![
        run,
        int_cell(u64::try_from(position).unwrap_or(u64::MAX)),
        path,
        kind,
        n,
        Value::Integer((*version).into()),
        Value::Blob(digest.to_bytes().to_vec()),
        flag(seeded),
        output,
        failure,
        parts_cell(parts),
        if used { cell_of(usage) } else { Value::Null },
        list_cell(findings),
        flag(*cached),
        optional(models.as_deref().map(cell_of)),
        within_cell(within),
        time_cell(*started),
        time_cell(*ended),
    ];
    sealed("records", cells)
}

pub(super) fn timer(run: i64, key: &Key, deadline: Timestamp) -> Vec<Value> {
    let [run, path, kind, n] = key_cells(run, key);
    sealed("timers", vec![run, path, kind, n, time_cell(deadline)])
}

pub(super) fn question(run: i64, question: &Question, arms: &[(Path, usize)]) -> Vec<Value> {
    let cells = vec![
        Value::Integer(run),
        text_cell(question.path.as_str()),
        text_cell(&question.message),
        optional(question.shown.as_ref().map(|shown| json_cell(shown.as_str()))),
        json_cell(question.schema.as_str()),
        time_cell(question.asked),
        optional(question.deadline.map(time_cell)),
        optional(question.default.as_ref().map(|default| json_cell(default.as_str()))),
        list_cell(arms),
    ];
    sealed("questions", cells)
}

/// The row of an entry of the ledger.
pub(super) fn entry(run: i64, key: &Key, usage: Usage, within: &LimitScope, state: &str) -> Vec<Value> {
    let [run, path, kind, n] = key_cells(run, key);
    sealed("ledger", vec![run, path, kind, n, cell_of(&usage), within_cell(within), text_cell(state)])
}

/// An attempt no longer reserves anything.
pub(super) fn release(db: &Connection, run: i64, key: &Key) -> Result<(), Fault> {
    let delete =
        "DELETE FROM ledger WHERE run = ?1 AND path = ?2 AND kind = ?3 AND n = ?4 AND state = 'reserved'";
    db.prepare_cached(delete)?.execute(params![run, key.path.as_str(), word(key.kind), key.n])?;
    Ok(())
}

const RESERVED: &str = "SELECT entry, run, path, kind, n, usage, within, state, sum FROM ledger \
    WHERE run = ?1 AND state = 'reserved'";

/// The run has ended, or somebody has taken it over: what its calls had reserved is charged in full.
pub(super) fn charge(db: &Connection, run: i64) -> Result<(), Fault> {
    let mut reserved = db.prepare_cached(RESERVED)?;
    let mut rows = reserved.query([run])?;
    let mut charged = Vec::new();
    while let Some(row) = rows.next()? {
        let sound = Sound::<7>::verify("ledger", row, 1)?;
        let mut cells = sound.owned()?;
        cells.pop();
        cells.push(text_cell("charged"));
        charged.push((row.get::<_, i64>(0)?, sealed("ledger", cells)));
    }
    drop(rows);
    let mut update = db.prepare_cached("UPDATE ledger SET state = ?2, sum = ?3 WHERE entry = ?1")?;
    for (entry, mut cells) in charged {
        let sum = cells.pop();
        update.execute(params![entry, cells.pop(), sum])?;
    }
    Ok(())
}

/// The run has ended: no question is open any more.
pub(super) fn close(db: &Connection, run: i64) -> Result<(), Fault> {
    charge(db, run)?;
    db.prepare_cached("DELETE FROM questions WHERE run = ?1 AND answer IS NULL")?.execute([run])?;
    Ok(())
}

/// Answers a question, if it is open. `false` if it is not.
pub(super) fn answer(db: &Connection, run: i64, path: &Path, reply: &Reply) -> Result<bool, Fault> {
    let mut count = db.prepare_cached("SELECT count(answer) FROM questions WHERE run = ?1")?;
    let answered: i64 = count.query_row([run], |row| row.get(0))?;
    let answer = Value::Integer(answered + 1);
    let value = json_cell(reply.value.as_str());
    let by = optional(reply.by.as_deref().map(text_cell));
    let cells = vec![Value::Integer(run), text_cell(path.as_str()), answer, value, by, time_cell(reply.at)];
    let update = "UPDATE questions SET answer = ?3, reply = ?4, replied_by = ?5, replied_at = ?6, reply_sum = ?7 \
                  WHERE run = ?1 AND path = ?2 AND answer IS NULL";
    let cells = sealed("replies", cells);
    Ok(db.prepare_cached(update)?.execute(rusqlite::params_from_iter(cells))? == 1)
}
