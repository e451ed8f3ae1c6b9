//! Opening a file. Files of other programs, newer files and damaged ones are recognized by their header,
//! before SQLite touches them.

use crate::builder::Synchronous;
use crate::{StorageError, migrations};
use flujo::error::EngineError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// The maximum wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The size in bytes up to which a whole file is checked when it is opened.
const CHECKED: u64 = 16 << 20;

/// Offsets in the header of a file, in bytes: the number of pages, the version of the tables, the application id.
const PAGES: usize = 28;
const VERSION: usize = 60;
const APPLICATION: usize = 68;

/// Checks the header of the file, and that the file is writable.
pub(crate) fn examine(path: &Path) -> Result<(), StorageError> {
    let unreadable = |error: std::io::Error| StorageError::io("the file cannot be read", error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(unreadable(e)),
    };
    let length = file.metadata().map_err(unreadable)?.len();
    if length == 0 {
        return Ok(());
    }
    let mut header = [0; 100];
    let foreign = |what: &str| {
        let what = format!("not a flujo database: {what}; nothing was changed, give another path");
        Err(StorageError::failed(what))
    };
    if file.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return foreign("it is no SQLite file, or its header is damaged");
    }
    if number(&header, APPLICATION) != u32::try_from(migrations::APPLICATION).unwrap_or_default() {
        return foreign("it belongs to another application");
    }
    let version = i64::from(number(&header, VERSION));
    if version > crate::file_version::NEWEST {
        return Err(crate::file_version::newer(version));
    }
    // Missing pages are in the write-ahead log, or are about to be written by the process that creates the
    // file.
    let page = match header.get(16..18) {
        Some([0, 1]) => 65536,
        Some([high, low]) => u64::from(*high) << 8 | u64::from(*low),
        _ => 0,
    };
    let logged = ["-wal", "-journal"]
        .iter()
        .any(|suffix| std::fs::metadata(beside(path, suffix)).is_ok_and(|log| log.len() > 0));
    let expected = page * u64::from(number(&header, PAGES));
    if !logged && length < expected {
        let (length, expected) = (grouped(length), grouped(expected));
        return Err(StorageError::damaged(format_args!("file is truncated: {length} of {expected} bytes")));
    }
    // SQLite would open it read-only, and create files beside it.
    match File::options().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) => {
            let what =
                format!("the database cannot be written: {error}; make the file and its folder writable");
            Err(StorageError::Failed(EngineError::new(what).with_source(error)))
        }
    }
}

/// Formats a number with commas between thousands.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn number(header: &[u8; 100], at: usize) -> u32 {
    let bytes = header.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Returns the path of a file that SQLite keeps beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens the connection that writes, and migrates the file.
pub(crate) fn writer(path: &Path, synchronous: Synchronous) -> Result<Connection, StorageError> {
    let began = Instant::now();
    loop {
        // Two processes may create the file at the same time, and SQLite's busy timeout does not cover every
        // step of that.
        match connect(path, synchronous) {
            Err(StorageError::Locked(_)) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done.map_err(|error| error.with_lock_holder(Some(path))),
        }
    }
}

fn connect(path: &Path, synchronous: Synchronous) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut db = Connection::open_with_flags(path, flags)?;
    settings(&db)?;
    db.pragma_update(None, "synchronous", synchronous.word())?;
    // The log of an earlier process may have a version that the file does not have yet.
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > crate::file_version::NEWEST {
        return Err(crate::file_version::newer(version));
    }
    if std::fs::metadata(path).is_ok_and(|file| (1..=CHECKED).contains(&file.len())) {
        let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(StorageError::damaged(found));
        }
    }
    if version < crate::file_version::NEWEST {
        // A table that others refer to is replaced by its next version; a pragma within a transaction has no effect.
        db.pragma_update(None, "foreign_keys", false)?;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        migrations::migrate(&transaction)?;
        transaction.commit()?;
        db.pragma_update(None, "foreign_keys", true)?;
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let what = format!("the file cannot have a write-ahead log, only `{mode}`: put it on a local disk");
        return Err(StorageError::failed(what));
    }
    Ok(db)
}

/// Memory for the pages of one reader, in KiB, taken as far as it is used: a page of 500 runs is in as many places of
/// the file, which are not in the 2 MiB of the default.
const READER_CACHE_KIB: i64 = 16 * 1024;

/// Opens a connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let db = Connection::open_with_flags(path, flags)?;
    settings(&db)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(db)
}

fn settings(db: &Connection) -> Result<(), StorageError> {
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}
