//! What version 2 needs beside SQL: checksums over what had none.

use super::Fault;
use super::row::{Sound, sealed};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Seals the rows of processes and notes, and brings the state of what was reserved under its checksum.
pub(super) fn seal(db: &Connection) -> Result<(), Fault> {
    new(db, "owners", "owner", "owner, pid, started, boot, space, beat, seen")?;
    new(db, "inbox", "note", "owner, run")?;
    ledger(db)
}

/// Rows that had no checksum.
fn new(db: &Connection, table: &str, key: &str, columns: &str) -> Result<(), Fault> {
    let mut all = db.prepare(&format!("SELECT {key}, {columns} FROM {table}"))?;
    let count = all.column_count();
    let mut update = db.prepare(&format!("UPDATE {table} SET sum = ?2 WHERE {key} = ?1"))?;
    let rows = all.query_map([], |row| {
        let cells = (1..count).map(|i| row.get(i)).collect::<Result<Vec<Value>, _>>()?;
        Ok((row.get(0)?, cells))
    })?;
    for (key, cells) in rows.collect::<Result<Vec<(i64, _)>, _>>()? {
        update.execute(params![key, sealed(table, cells).pop()])?;
    }
    Ok(())
}

/// Rows whose checksum did not say what state they are in. One that is damaged stays so: it must not look
/// sound from now on.
fn ledger(db: &Connection) -> Result<(), Fault> {
    let mut all = db.prepare("SELECT entry, state, run, path, kind, n, usage, within, sum FROM ledger")?;
    let mut rows = all.query([])?;
    let mut sums = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(sound) = Sound::<6>::read("ledger", row, 2)? {
            let mut cells = sound.owned()?;
            cells.push(row.get(1)?);
            sums.push((row.get::<_, i64>(0)?, sealed("ledger", cells).pop()));
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
    use super::super::identity::Identity;
    use super::super::schema::{migrate, of_version};
    use super::*;

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
        let sum = sealed("ledger", cells("{}")).pop().unwrap();
        for usage in ["{}", "{\"cost\":1}"] {
            let insert = "INSERT INTO ledger VALUES (NULL, 1, 'p/a', 'model', 1, ?1, NULL, ?2, 'reserved')";
            db.execute(insert, params![usage, sum]).unwrap();
        }
        migrate(&db).unwrap();
        let columns = "run, path, kind, n, usage, within, state, sum";
        let mut all = db.prepare(&format!("SELECT {columns} FROM ledger ORDER BY entry")).unwrap();
        let sound = all.query_map([], |row| Ok(Sound::<7>::read("ledger", row, 0).unwrap().is_some()));
        assert_eq!(sound.unwrap().collect::<Result<Vec<_>, _>>().unwrap(), [true, false]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_an_older_one_still_works_with_stays_as_it_is() {
        let db = of_version(1);
        let me = Identity::mine();
        let insert = "INSERT INTO owners VALUES (1, ?1, ?2, ?3, ?4, 0, 0)";
        db.execute(insert, params![me.pid, me.started, me.boot, me.space]).unwrap();
        let Err(Fault::Storage(said)) = migrate(&db) else { panic!("it was migrated") };
        let expected = format!(
            "has an older version, and process {} still works with that: stop it, and open the file again; nothing \
             was changed",
            me.pid
        );
        assert_eq!(said, expected);
        db.execute("UPDATE owners SET started = 1", []).unwrap();
        migrate(&db).unwrap();
    }
}
