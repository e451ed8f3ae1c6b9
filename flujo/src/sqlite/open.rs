//! Opening a file: what is not ours, newer than this code, or damaged, is told from its first bytes, before
//! SQLite touches it.

use super::builder::Synchronous;
use super::{Fault, schema};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// So long a write waits for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file of up to so many bytes is checked as a whole when it is opened.
const CHECKED: u64 = 16 << 20;

/// Where the header of a file says how many pages it has, which version of ours it is, and whose it is.
const PAGES: usize = 28;
const VERSION: usize = 60;
const WHOSE: usize = 68;

/// What the first bytes of the file say, and whether it can be written at all.
pub(super) fn examine(path: &Path) -> Result<(), Fault> {
    let unreadable = |e: std::io::Error| Fault::Storage(format!("cannot be read: {e}"));
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
        let what = format!("is no database of flujo's: {what}; nothing was changed, give another path");
        Err(Fault::Storage(what))
    };
    if file.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return foreign("it is no SQLite file at all, or its beginning is damaged");
    }
    if number(&header, WHOSE) != u32::try_from(schema::APPLICATION).unwrap_or_default() {
        return foreign("it belongs to another application");
    }
    let version = i64::from(number(&header, VERSION));
    if version > schema::newest() {
        return Err(schema::newer(version));
    }
    // Pages that are not in the file yet are in the write-ahead log, or about to be written by whoever makes it.
    let page = match header.get(16..18) {
        Some([0, 1]) => 65536,
        Some([high, low]) => u64::from(*high) << 8 | u64::from(*low),
        _ => 0,
    };
    let logged = ["-wal", "-journal"]
        .iter()
        .any(|suffix| std::fs::metadata(beside(path, suffix)).is_ok_and(|log| log.len() > 0));
    if !logged && length < page * u64::from(number(&header, PAGES)) {
        return Err(Fault::damaged("it is shorter than it was"));
    }
    // SQLite would read it all the same, and put files beside it.
    match File::options().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(e) => {
            let what = format!("the database cannot be written: {e}; make the file and its folder writable");
            Err(Fault::Storage(what))
        }
    }
}

fn number(header: &[u8; 100], at: usize) -> u32 {
    let bytes = header.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// A file that SQLite keeps beside the database.
pub(super) fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The connection that writes.
pub(super) fn writer(path: &Path, synchronous: Synchronous) -> Result<Connection, Fault> {
    let began = Instant::now();
    loop {
        // Two processes may make the file at the same time, and not everything in that waits by itself.
        match ready(path, synchronous) {
            Err(Fault::Busy(_)) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
}

fn ready(path: &Path, synchronous: Synchronous) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut db = Connection::open_with_flags(path, flags)?;
    settings(&db)?;
    db.pragma_update(None, "synchronous", synchronous.word())?;
    // The log of an earlier process may know a version that the file does not have yet.
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > schema::newest() {
        return Err(schema::newer(version));
    }
    if std::fs::metadata(path).is_ok_and(|file| (1..=CHECKED).contains(&file.len())) {
        let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(Fault::damaged(found));
        }
    }
    if version < schema::newest() {
        let step = db.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        schema::migrate(&step)?;
        step.commit()?;
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let what = format!("cannot have a write-ahead log, only `{mode}`: put it on a local disk");
        return Err(Fault::Storage(what));
    }
    Ok(db)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let db = Connection::open_with_flags(path, flags)?;
    settings(&db)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn settings(db: &Connection) -> Result<(), Fault> {
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}
