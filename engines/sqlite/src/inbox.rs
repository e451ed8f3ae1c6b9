//! Notes to the owner of a run: another process has written a reply or a cancellation.

use crate::StorageError;
use crate::active_runs::ActiveRuns;
use crate::row::{VerifiedRow, with_checksum};
use crate::run_state::RunStateRow;
use crate::run_writer::RunEntry;
use crate::transaction::Transaction;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Leaves a note for the owner of a run.
pub(crate) fn leave(db: &Connection, owner: i64, run: i64) -> Result<(), StorageError> {
    let cells = with_checksum("inbox", vec![Value::Integer(owner), Value::Integer(run)]);
    db.prepare_cached("INSERT INTO inbox (owner, run, sum) VALUES (?,?,?)")?
        .execute(params_from_iter(cells))?;
    Ok(())
}

/// Forwards the notes for this process to its runs, and deletes them. A note that fails is retried with the
/// next one.
pub(crate) fn deliver(db: &Connection, me: i64, active: &ActiveRuns<RunEntry>) -> Result<(), StorageError> {
    if notes(db, me)?.is_empty() {
        return Ok(());
    }
    // One transaction, since the number of a deleted note may be reused.
    let transaction = Transaction::begin(db)?;
    for (note, run) in notes(&transaction, me)? {
        let forwarded = match run {
            Some(run) => forward(&transaction, active, run),
            // An unreadable note may be for any of them.
            None => active.runs().into_iter().try_for_each(|run| forward(&transaction, active, run)),
        };
        if forwarded.is_ok() {
            transaction.prepare_cached("DELETE FROM inbox WHERE note = ?1")?.execute([note])?;
        }
    }
    transaction.commit()
}

/// Reads the numbers of the notes, each with its run if that is readable.
fn notes(db: &Connection, me: i64) -> Result<Vec<(i64, Option<i64>)>, StorageError> {
    let mut statement =
        db.prepare_cached("SELECT note, owner, run, sum FROM inbox WHERE owner = ?1 ORDER BY note")?;
    let mut rows = statement.query([me])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let run = VerifiedRow::<2>::read("inbox", row, 1)?.map(|sound| sound.int(1)).transpose()?;
        notes.push((row.get(0)?, run));
    }
    Ok(notes)
}

/// Forwards what is written to the execution of a run, if it is here; else the next execution reads it when
/// it begins.
pub(crate) fn forward(db: &Connection, active: &ActiveRuns<RunEntry>, run: i64) -> Result<(), StorageError> {
    let Some(entry) = active.entry(run) else { return Ok(()) };
    let (_, answered) = crate::questions::questions(db, run)?;
    for answered in answered {
        entry.record_reply(answered);
    }
    if RunStateRow::find(db, run)?.lifecycle.cancelled {
        entry.record_cancellation();
    }
    Ok(())
}
