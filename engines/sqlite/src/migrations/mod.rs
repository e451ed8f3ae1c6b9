//! The tables of the file, as migrations from version to version. `docs/book/reference/file-format.md` describes them for users.

#[cfg(test)]
mod book;
mod v1;
mod v2;
mod v3;
mod v4;

use crate::file_version::{NEWEST, newer, version};
use crate::{StorageError, owners};
use rusqlite::Connection;

/// `flju`, the application id in the header of the file.
pub(crate) const APPLICATION: i32 = 0x666c_6a75;

/// The migrations, each to the next version, all within one transaction. A released migration is never
/// changed, only followed by another: files of every version exist.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: v1::SQL, then: |_| Ok(()) },
    Migration { sql: v2::SQL, then: v2::add_checksums },
    Migration { sql: v3::SQL, then: |_| Ok(()) },
    Migration { sql: v4::SQL, then: v4::move_rows },
];

const _: () = assert!(MIGRATIONS.len() as u64 == NEWEST.unsigned_abs(), "a migration brings a new version");

/// A migration: SQL, and a function for changes that SQL cannot express.
struct Migration {
    sql: &'static str,
    then: fn(&Connection) -> Result<(), StorageError>,
}

/// Migrates the file to the newest version, and creates the tables of an empty one, within the caller's
/// transaction, and without checks of foreign keys.
pub(crate) fn migrate(db: &Connection) -> Result<(), StorageError> {
    let version = version(db)?;
    if version > NEWEST {
        // Another process has migrated the file meanwhile.
        return Err(newer(version));
    }
    if version == NEWEST {
        return Ok(());
    }
    if version > 0 {
        owners::refuse_live_owners(db)?;
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        db.execute_batch(migration.sql)?;
        (migration.then)(db)?;
    }
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", NEWEST)?;
    Ok(())
}

/// Creates an empty database of an older version.
#[cfg(test)]
pub(crate) fn of_version(version: usize) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    for migration in &MIGRATIONS[..version] {
        db.execute_batch(migration.sql).unwrap();
        (migration.then)(&db).unwrap();
    }
    db.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    db
}

#[cfg(test)]
mod tests {
    use super::*;
    use flujo::codec::Digest;

    #[test]
    fn an_empty_file_is_brought_to_the_newest_version_once() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db).unwrap();
        let number = |pragma: &str| -> i64 { db.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        assert_eq!((number("user_version"), number("application_id")), (4, 0x666c_6a75));
        let before = number("schema_version");
        migrate(&db).unwrap();
        assert_eq!(number("schema_version"), before, "nothing is left to do");
    }

    /// A released migration never changes: a change of the schema is one more.
    #[test]
    fn released_migrations_never_change() {
        let known = [
            "252995092cf19571933ba8ba9d999d77",
            "5df5fb6cccf3db0236185e99058d49b6",
            "99aa06d3014798d86001c324468d497f",
            "f6cd0ad1ddbd454ea78cb0f901a7a20b",
        ];
        let all: Vec<_> =
            MIGRATIONS.iter().map(|migration| Digest::of(migration.sql.as_bytes()).to_string()).collect();
        assert_eq!(all, known);
    }
}
