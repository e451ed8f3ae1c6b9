//! Files that are no databases of flujo, newer ones, and damaged ones: each is named, and none is changed.

use crate::support::{Folder, Said};
use std::fs;

/// Every command that works on a database without code.
const COMMANDS: &[&[&str]] = &[
    &["list"],
    &["show", "n-1"],
    &["questions"],
    &["usage"],
    &["export", "n-1"],
    &["watch", "n-1"],
    &["reply", "l-1", "letter/agreed", "true"],
    &["cancel", "l-1"],
    &["prune", "--older-than", "0s"],
];

/// Each command refuses the file with this beginning of a message, and leaves it as it is.
fn refused(folder: &Folder, expected: &str) {
    let before = fs::read(folder.db()).unwrap();
    for words in COMMANDS {
        let said = folder.flujo(words);
        let Said { code, out, err } = &said;
        assert_eq!((*code, out.as_str()), (Some(1), ""), "{words:?}: {said:?}");
        assert!(err.starts_with("error: ") && err.contains(expected), "{words:?}: {said:?}");
        assert!(err.lines().count() <= 2, "{words:?}: {said:?}");
        assert!(fs::read(folder.db()).unwrap() == before, "{words:?} changed the file");
    }
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside the file");
}

#[test]
fn a_file_of_another_kind() {
    let folder = Folder::new();
    fs::write(folder.db(), "these are no runs\n".repeat(100)).unwrap();
    refused(
        &folder,
        "not a flujo database: it is no SQLite file, or its header is damaged; nothing was changed",
    );
}

#[test]
fn a_database_of_another_application() {
    let folder = Folder::new();
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    db.execute_batch("CREATE TABLE runs (id TEXT); INSERT INTO runs VALUES ('n-1')").unwrap();
    drop(db);
    refused(&folder, "not a flujo database: it belongs to another application; nothing was changed");
}

#[test]
fn a_file_of_a_newer_version() {
    let folder = Folder::with_runs();
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    db.pragma_update(None, "user_version", 1_000).unwrap();
    db.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(db);
    refused(&folder, "the file was written by a newer flujo: it has version 1000");
}

#[test]
fn a_truncated_file() {
    let folder = Folder::with_runs();
    let bytes = fs::read(folder.db()).unwrap();
    fs::write(folder.db(), &bytes[..bytes.len() / 2]).unwrap();
    for beside in ["runs.db-wal", "runs.db-shm"] {
        _ = fs::remove_file(folder.path().join(beside));
    }
    refused(&folder, "file is truncated: ");
}

#[test]
fn an_empty_file_and_a_folder() {
    let folder = Folder::new();
    fs::write(folder.db(), "").unwrap();
    refused(&folder, "`runs.db` is empty: it has no runs, and nothing was changed");
    fs::remove_file(folder.db()).unwrap();
    fs::create_dir(folder.db()).unwrap();
    let said = folder.flujo(&["list"]);
    assert_eq!(said.err, "error: `runs.db` is a folder; give the file of a database\n");
}

/// A row that is not what was written: its run is refused by name, and the others are shown.
#[test]
fn a_damaged_row() {
    let folder = Folder::with_runs();
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%record%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!tables.is_empty());
    for table in &tables {
        // A bit of a time: the row still has its form.
        let columns: Vec<String> = db
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        if let Some(column) = columns.iter().find(|column| column.as_str() == "ended") {
            db.execute_batch(&format!("UPDATE {table} SET {column} = {column} + 1")).unwrap();
        }
    }
    drop(db);
    let said = folder.flujo(&["show", "n-1"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    assert!(said.err.starts_with("error: ") && said.err.contains("checksum mismatch"), "{said:?}");
}

/// Whether a run fits the code is read from its records; a list shows those that cannot be read as well.
#[test]
fn a_run_with_a_damaged_record_is_in_the_list() {
    let folder = Folder::with_runs();
    assert_eq!(folder.letters(&["reply", "l-1", "letter/agreed", "true"]).code, Some(0));
    let whole = folder.letters(&["list"]);
    assert!(whole.out.contains("replied; a worker goes on with it"), "{whole:?}");
    let db = rusqlite::Connection::open(folder.db()).unwrap();
    let damage =
        "UPDATE questions SET schema = 'no JSON' WHERE run = (SELECT run FROM runs WHERE id = 'l-1')";
    assert_eq!(db.execute(damage, []).unwrap(), 1);
    drop(db);
    assert_eq!(folder.letters(&["show", "l-1"]).code, Some(1));
    assert_eq!(folder.letters(&["list"]), whole);
}
