//! What is in the file. `docs/book/durable-runs.md` says the same for readers.

use super::{Fault, owners, second};
use rusqlite::Connection;

/// `flju`: what the file says that it is.
pub(super) const APPLICATION: i32 = 0x666c_6a75;

/// Each step brings a file one version further, within one transaction. What stands here is never changed, only
/// added to: files of every version are out there.
pub(super) const MIGRATIONS: &[Migration] =
    &[Migration { sql: FIRST, then: |_| Ok(()) }, Migration { sql: SECOND, then: second::seal }];

/// One of them: what SQL says, and what only code can do after that.
pub(super) struct Migration {
    sql: &'static str,
    then: fn(&Connection) -> Result<(), Fault>,
}

const FIRST: &str = "
CREATE TABLE graphs (
    graph       INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    types       ANY NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    run         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    pipeline    TEXT NOT NULL,
    graph       INTEGER NOT NULL REFERENCES graphs,
    input       ANY NOT NULL,
    digest      BLOB NOT NULL,
    context     ANY NOT NULL,
    limits      TEXT,
    retries     INTEGER NOT NULL,
    seed_origin TEXT,
    created     INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE standings (
    run         INTEGER PRIMARY KEY REFERENCES runs,
    status      TEXT NOT NULL,
    owner       INTEGER REFERENCES owners,
    token       INTEGER NOT NULL,
    taken       INTEGER,
    changed     INTEGER NOT NULL,
    cancelled   INTEGER NOT NULL,
    replied     INTEGER NOT NULL,
    takeovers   INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    context     ANY,
    output      ANY,
    failure     ANY,
    forgiven    TEXT,
    under_way   TEXT,
    stopped     TEXT,
    sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX standings_by_status ON standings (status, changed);
CREATE INDEX standings_by_owner ON standings (owner) WHERE owner IS NOT NULL;

CREATE TABLE records (
    record      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
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
CREATE UNIQUE INDEX records_of_run ON records (run, position);

CREATE TABLE timers (
    timer       INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    deadline    INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX timers_of_run ON timers (run);

CREATE TABLE questions (
    question    INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    message     TEXT NOT NULL,
    shown       ANY,
    schema      ANY NOT NULL,
    asked       INTEGER NOT NULL,
    deadline    INTEGER,
    fallback    ANY,
    arms        TEXT,
    sum         INTEGER NOT NULL,
    answer      INTEGER,
    reply       ANY,
    replied_by  TEXT,
    replied_at  INTEGER,
    reply_sum   INTEGER
) STRICT;
CREATE UNIQUE INDEX questions_of_run ON questions (run, path);
CREATE INDEX questions_open ON questions (deadline) WHERE answer IS NULL;

CREATE TABLE ledger (
    entry       INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    usage       TEXT NOT NULL,
    within      TEXT,
    sum         INTEGER NOT NULL,
    state       TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_of_run ON ledger (run);

CREATE TABLE owners (
    owner       INTEGER PRIMARY KEY AUTOINCREMENT,
    pid         INTEGER NOT NULL,
    started     INTEGER,
    boot        TEXT,
    space       TEXT,
    beat        INTEGER NOT NULL,
    seen        INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox (
    note        INTEGER PRIMARY KEY,
    owner       INTEGER NOT NULL REFERENCES owners,
    run         INTEGER NOT NULL REFERENCES runs
) STRICT;
CREATE INDEX inbox_of_owner ON inbox (owner);
";

/// Records stand in the order of their runs: a commit changes one page instead of two, and whoever goes on with a
/// run reads a stretch of the file. Processes and notes get checksums, and the state of what was reserved comes
/// under one.
const SECOND: &str = "
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

/// The version that this code writes.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of the file.
pub(super) fn version(db: &Connection) -> Result<i64, Fault> {
    Ok(db.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?)
}

/// The file has a version that this code does not know.
pub(super) fn newer(version: i64) -> Fault {
    let ours = newest();
    Fault::Storage(format!(
        "was written by a newer flujo: it has version {version}, this code knows {ours}; nothing was changed, \
         update flujo"
    ))
}

/// Brings the file to the newest version; an empty one is made ours. Within the caller's transaction.
pub(super) fn migrate(db: &Connection) -> Result<(), Fault> {
    let version = version(db)?;
    if version > newest() {
        // Somebody was faster.
        return Err(newer(version));
    }
    if version == newest() {
        return Ok(());
    }
    if version > 0 {
        owners::none_works(db)?;
    }
    for step in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        db.execute_batch(step.sql)?;
        (step.then)(db)?;
    }
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", newest())?;
    Ok(())
}

/// An empty file of an older version.
#[cfg(test)]
pub(super) fn of_version(version: usize) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    for step in &MIGRATIONS[..version] {
        db.execute_batch(step.sql).unwrap();
        (step.then)(&db).unwrap();
    }
    db.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    db
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Digest;

    #[test]
    fn an_empty_file_is_brought_to_the_newest_version_once() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db).unwrap();
        let number = |pragma: &str| -> i64 { db.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        assert_eq!((number("user_version"), number("application_id")), (2, 0x666c_6a75));
        let before = number("schema_version");
        migrate(&db).unwrap();
        assert_eq!(number("schema_version"), before, "nothing is left to do");
    }

    /// A migration that is out there stays as it is: a change of the schema is one more.
    #[test]
    fn migrations_that_are_out_there_stay_as_they_are() {
        let known = ["252995092cf19571933ba8ba9d999d77", "5df5fb6cccf3db0236185e99058d49b6"];
        let all: Vec<_> = MIGRATIONS.iter().map(|step| Digest::of(step.sql.as_bytes()).to_string()).collect();
        assert_eq!(all, known);
    }

    #[test]
    fn every_table_is_described() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db).unwrap();
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/durable-runs.md");
        let page = std::fs::read_to_string(page).unwrap();
        let mut tables = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap();
        for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let table = table.unwrap();
            assert!(page.contains(&format!("| `{table}` |")), "the book says nothing of `{table}`");
        }
    }
}
