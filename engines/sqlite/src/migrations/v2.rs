//! Version 2: records are stored in the order of their runs, so that a commit changes one page instead of
//! two, and resuming a run reads one range of the file. Owners and inbox notes get checksums, and the
//! checksum of a reservation covers its state.

use crate::StorageError;
use crate::row::{VerifiedRow, with_checksum};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

pub(super) const SQL: &str = "
CREATE TABLE ordered (
    record      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    seeded      INTEGER,
    output      ANY,
    failure     ANY,
    parts       ANY,
    usage       TEXT,
    findings    ANY,
    cached      INTEGER,
    models      ANY,
    within      TEXT,
    started     INTEGER NOT NULL,
    ended       INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
INSERT INTO ordered SELECT (run << 32) | position, run, position, path, kind, n, version, digest, seeded, output,
    failure, parts, usage, findings, cached, models, within, started, ended, sum
    FROM records ORDER BY run, position;
DROP TABLE records;
ALTER TABLE ordered RENAME TO records;

ALTER TABLE owners ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
";

/// Adds the checksums.
pub(super) fn add_checksums(db: &Connection) -> Result<(), StorageError> {
    of_table(db, "owners", "owner", "owner, pid, started, boot, space, beat, seen")?;
    of_table(db, "inbox", "note", "owner, run")?;
    ledger(db)
}

/// Adds the checksums of one table.
fn of_table(db: &Connection, table: &str, key: &str, columns: &str) -> Result<(), StorageError> {
    let mut all = db.prepare(&format!("SELECT {key}, {columns} FROM {table}"))?;
    let count = all.column_count();
    let mut update = db.prepare(&format!("UPDATE {table} SET sum = ?2 WHERE {key} = ?1"))?;
    let rows = all.query_map([], |row| {
        let cells = (1..count).map(|i| row.get(i)).collect::<Result<Vec<Value>, _>>()?;
        Ok((row.get(0)?, cells))
    })?;
    for (key, cells) in rows.collect::<Result<Vec<(i64, _)>, _>>()? {
        update.execute(params![key, with_checksum(table, cells).pop()])?;
    }
    Ok(())
}

/// Recomputes the checksums of the ledger, which did not cover the state. A damaged row must stay damaged,
/// rather than pass the new check.
fn ledger(db: &Connection) -> Result<(), StorageError> {
    let mut all = db.prepare("SELECT entry, state, run, path, kind, n, usage, within, sum FROM ledger")?;
    let mut rows = all.query([])?;
    let mut sums = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(sound) = VerifiedRow::<6>::read("ledger", row, 2)? {
            let mut cells = sound.owned()?;
            cells.push(row.get(1)?);
            sums.push((row.get::<_, i64>(0)?, with_checksum("ledger", cells).pop()));
        }
    }
    drop(rows);
    let mut update = db.prepare("UPDATE ledger SET sum = ?2 WHERE entry = ?1")?;
    for (entry, sum) in sums {
        update.execute(params![entry, sum])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{migrate, of_version};

    #[test]
    fn a_damaged_row_does_not_look_sound_afterwards() {
        let db = of_version(1);
        let cells = |usage: &str| {
            let text = |text: &str| Value::Text(text.to_owned());
            let cells = vec![Value::Integer(1), text("p/a"), text("model"), Value::Integer(1), text(usage)];
            cells.into_iter().chain([Value::Null]).collect::<Vec<_>>()
        };
        db.execute_batch(
            "INSERT INTO graphs VALUES (1, 'f', '[]', 0);
             INSERT INTO runs VALUES (1, 'r', 'p', 1, '0', x'', '0', NULL, 0, NULL, 0, 0)",
        )
        .unwrap();
        let sum = with_checksum("ledger", cells("{}")).pop().unwrap();
        for usage in ["{}", "{\"cost\":1}"] {
            let insert = "INSERT INTO ledger VALUES (NULL, 1, 'p/a', 'model', 1, ?1, NULL, ?2, 'reserved')";
            db.execute(insert, params![usage, sum]).unwrap();
        }
        migrate(&db).unwrap();
        let columns = "run, path, kind, n, usage, within, state, sum";
        let mut all = db.prepare(&format!("SELECT {columns} FROM ledger ORDER BY entry")).unwrap();
        let sound = all.query_map([], |row| Ok(VerifiedRow::<7>::read("ledger", row, 0).unwrap().is_some()));
        assert_eq!(sound.unwrap().collect::<Result<Vec<_>, _>>().unwrap(), [true, false]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_an_older_one_still_works_with_stays_as_it_is() {
        let db = of_version(1);
        let me = crate::process_identity::ProcessIdentity::mine();
        let insert = "INSERT INTO owners VALUES (1, ?1, ?2, ?3, ?4, 0, 0)";
        db.execute(insert, params![me.pid, me.started, me.boot, me.space]).unwrap();
        let Err(StorageError::Failed(said)) = migrate(&db) else { panic!("it was migrated") };
        let expected = format!(
            "the file has an older version, and process {} still works with it: stop that, and open the file again; \
             nothing was changed",
            me.pid
        );
        assert_eq!(said.message(), expected);
        db.execute("UPDATE owners SET started = 1", []).unwrap();
        migrate(&db).unwrap();
    }
}
