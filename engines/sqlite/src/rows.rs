//! The rows of the data that a run writes.

use crate::StorageError;
use crate::parts::parts_cell;
use crate::row::{
    VerifiedRow, cell_of, int_cell, json_cell, list_cell, optional, optional_cell_of, text_cell, time_cell,
    with_checksum,
};
use flujo::clock::Timestamp;
use flujo::engine::{Key, LimitScope, Record, RecordOutcome, RunRecord};
use flujo::path::Path;
use flujo::question::{Question, Reply};
use flujo::usage::Usage;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

pub(crate) const RECORD: &str = "INSERT INTO records (run, position, path, kind, n, version, digest, seeded, \
    output, failure, parts, usage, findings, cached, models, within, started, ended, sum, record) \
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,(?1 << 32) | ?2)";
pub(crate) const TIMER: &str = "INSERT INTO timers (run, path, kind, n, deadline, sum) VALUES (?,?,?,?,?,?)";
pub(crate) const QUESTION: &str = "INSERT INTO questions (run, path, message, shown, schema, asked, deadline, \
    fallback, arms, sum) VALUES (?,?,?,?,?,?,?,?,?,?)";
pub(crate) const ENTRY: &str =
    "INSERT INTO ledger (run, path, kind, n, usage, within, state, sum) VALUES (?,?,?,?,?,?,?,?)";

/// The maximum number of runs in a file: the key of a record has 31 bits for its run.
pub(crate) const RUNS: i64 = i32::MAX as i64;

/// Returns the key of the record at a position of a run: the records of a run are adjacent, in order.
pub(crate) fn place(run: i64, position: usize) -> i64 {
    run.saturating_mul(1 << 32) | i64::from(u32::try_from(position).unwrap_or(u32::MAX))
}

/// Returns the key of a run's graph: its fingerprint, followed by the digest of its types if they have
/// schemas.
pub(crate) fn fingerprint(record: &RunRecord) -> String {
    match record.graph.types() {
        0 => format!("{:032x}", record.fingerprint),
        types => format!("{:032x}-{types:032x}", record.fingerprint),
    }
}

fn key_cells(run: i64, key: &Key) -> [Value; 4] {
    let n = Value::Integer(key.n.into());
    [Value::Integer(run), text_cell(key.path.as_str()), text_cell(key.kind.word()), n]
}

/// Encodes the paths of the limited nodes as a cell, the innermost first.
fn within_cell(within: &LimitScope) -> Result<Value, StorageError> {
    let nodes = std::iter::successors(within.as_deref(), |node| node.outer.as_deref());
    let paths: Vec<&str> = nodes.map(|node| node.path.as_str()).collect();
    list_cell(&paths)
}

/// Makes the row of a record.
pub(crate) fn record(
    run: i64,
    position: usize,
    record: &Record,
    within: &LimitScope,
    seeded: bool,
) -> Result<Vec<Value>, StorageError> {
    // Without `..`: a new field must get a column.
    let Record {
        key,
        version,
        digest,
        outcome,
        parts,
        usage,
        findings,
        cached,
        models,
        messages,
        started,
        ended,
    } = record;
    // They have a table of their own.
    let _ = messages;
    let [run, path, kind, n] = key_cells(run, key);
    let (output, failure) = match outcome {
        RecordOutcome::Output(output) => (json_cell(output.as_str()), Value::Null),
        RecordOutcome::Failure(failure) => (Value::Null, cell_of(failure)?),
    };
    let flag = |set: bool| if set { Value::Integer(1) } else { Value::Null };
    let used = Some(usage).filter(|used| **used != Usage::default());
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
        optional_cell_of(used)?,
        list_cell(findings)?,
        flag(*cached),
        optional_cell_of(models.as_deref())?,
        within_cell(within)?,
        time_cell(*started),
        time_cell(*ended),
    ];
    Ok(with_checksum("records", cells))
}

pub(crate) fn timer(run: i64, key: &Key, deadline: Timestamp) -> Vec<Value> {
    let [run, path, kind, n] = key_cells(run, key);
    with_checksum("timers", vec![run, path, kind, n, time_cell(deadline)])
}

pub(crate) fn question(
    run: i64,
    question: &Question,
    arms: &[(Path, usize)],
) -> Result<Vec<Value>, StorageError> {
    let cells = vec![
        Value::Integer(run),
        text_cell(question.path.as_str()),
        text_cell(&question.message),
        optional(question.shown.as_ref().map(|shown| json_cell(shown.as_str()))),
        json_cell(question.schema.as_str()),
        time_cell(question.asked),
        optional(question.deadline.map(time_cell)),
        optional(question.default.as_ref().map(|default| json_cell(default.as_str()))),
        list_cell(arms)?,
    ];
    Ok(with_checksum("questions", cells))
}

/// Makes the row of an entry of the ledger.
pub(crate) fn entry(
    run: i64,
    key: &Key,
    usage: Usage,
    within: &LimitScope,
    state: &str,
) -> Result<Vec<Value>, StorageError> {
    let [run, path, kind, n] = key_cells(run, key);
    let cells = vec![run, path, kind, n, cell_of(&usage)?, within_cell(within)?, text_cell(state)];
    Ok(with_checksum("ledger", cells))
}

/// Deletes the reservation of an attempt.
pub(crate) fn release(db: &Connection, run: i64, key: &Key) -> Result<(), StorageError> {
    let delete =
        "DELETE FROM ledger WHERE run = ?1 AND path = ?2 AND kind = ?3 AND n = ?4 AND state = 'reserved'";
    db.prepare_cached(delete)?.execute(params![run, key.path.as_str(), key.kind.word(), key.n])?;
    Ok(())
}

const RESERVED: &str = "SELECT entry, run, path, kind, n, usage, within, state, sum FROM ledger \
    WHERE run = ?1 AND state = 'reserved'";

/// Charges the reservations of a run in full, when it has ended or is taken over.
pub(crate) fn charge(db: &Connection, run: i64) -> Result<(), StorageError> {
    let mut reserved = db.prepare_cached(RESERVED)?;
    let mut rows = reserved.query([run])?;
    let mut charged = Vec::new();
    while let Some(row) = rows.next()? {
        let sound = VerifiedRow::<7>::verify("ledger", row, 1)?;
        let mut cells = sound.owned()?;
        cells.pop();
        cells.push(text_cell("charged"));
        charged.push((row.get::<_, i64>(0)?, with_checksum("ledger", cells)));
    }
    drop(rows);
    let mut update = db.prepare_cached("UPDATE ledger SET state = ?2, sum = ?3 WHERE entry = ?1")?;
    for (entry, mut cells) in charged {
        let sum = cells.pop();
        update.execute(params![entry, cells.pop(), sum])?;
    }
    Ok(())
}

/// Closes a run that has ended: its reservations are charged, and its open questions deleted.
pub(crate) fn close(db: &Connection, run: i64) -> Result<(), StorageError> {
    charge(db, run)?;
    db.prepare_cached("DELETE FROM questions WHERE run = ?1 AND answer IS NULL")?.execute([run])?;
    Ok(())
}

/// Answers a question; false if it is not open.
pub(crate) fn answer(db: &Connection, run: i64, path: &Path, reply: &Reply) -> Result<bool, StorageError> {
    let mut count = db.prepare_cached("SELECT count(answer) FROM questions WHERE run = ?1")?;
    let answered: i64 = count.query_row([run], |row| row.get(0))?;
    let answer = Value::Integer(answered + 1);
    let value = json_cell(reply.value.as_str());
    let by = optional(reply.by.as_deref().map(text_cell));
    let cells = vec![Value::Integer(run), text_cell(path.as_str()), answer, value, by, time_cell(reply.at)];
    let update = "UPDATE questions SET answer = ?3, reply = ?4, replied_by = ?5, replied_at = ?6, reply_sum = ?7 \
                  WHERE run = ?1 AND path = ?2 AND answer IS NULL";
    let cells = with_checksum("replies", cells);
    Ok(db.prepare_cached(update)?.execute(rusqlite::params_from_iter(cells))? == 1)
}
