//! The process that has locked a database. Only Linux tells which one it is.

use crate::open::beside;
use std::fmt;
use std::path::Path;

/// The process that holds the write lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockHolder {
    pid: u32,
}

/// The byte of the shared-memory file that the writing connection locks: SQLite's `WAL_WRITE_LOCK`.
const WRITE_LOCK: u64 = 120;

impl LockHolder {
    /// Returns the process that holds the write lock of this database.
    pub(crate) fn find(database: &Path) -> Option<Self> {
        let locks = std::fs::read_to_string("/proc/locks").ok()?;
        // Looked up without opening the file: closing it would release this process's own locks.
        let inode = inode(&beside(database, "-shm"))?;
        locks.lines().find_map(|line| holder(line, inode)).map(|pid| Self { pid })
    }
}

/// The process of a line of `/proc/locks`, if it has the write lock of this file:
/// `1: POSIX  ADVISORY  WRITE 812 fd:00:2531452 120 120`.
fn holder(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, "POSIX", _, "WRITE", pid, file, first, last] = words.as_slice() else { return None };
    let of_file = file.rsplit(':').next()?.parse() == Ok(inode);
    let last = if *last == "EOF" { u64::MAX } else { last.parse().ok()? };
    let locked = (first.parse().ok()?..=last).contains(&WRITE_LOCK);
    if of_file && locked { pid.parse().ok() } else { None }
}

#[cfg(unix)]
fn inode(file: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(std::fs::metadata(file).ok()?.ino())
}
#[cfg(not(unix))]
fn inode(_: &Path) -> Option<u64> {
    None
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == std::process::id() {
            return write!(f, "another connection of this process (pid {})", self.pid);
        }
        write!(f, "another process (pid {})", self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_read_from_the_line_of_its_lock() {
        let line = "7: POSIX  ADVISORY  WRITE 812 fd:00:2531452 120 120";
        assert_eq!(holder(line, 2_531_452), Some(812));
        assert_eq!(holder(line, 2_531_453), None);
        assert_eq!(holder("7: POSIX  ADVISORY  READ 812 fd:00:2531452 120 120", 2_531_452), None);
        assert_eq!(holder("7: POSIX  ADVISORY  WRITE 812 fd:00:2531452 124 124", 2_531_452), None);
        assert_eq!(holder("7: POSIX  ADVISORY  WRITE 812 fd:00:2531452 0 EOF", 2_531_452), Some(812));
        assert_eq!(LockHolder { pid: 812 }.to_string(), "another process (pid 812)");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_that_writes_is_found() {
        let path = std::env::temp_dir().join(format!("flujo-lock-{}.db", std::process::id()));
        let db = rusqlite::Connection::open(&path).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.execute_batch("CREATE TABLE t (n)").unwrap();
        assert_eq!(LockHolder::find(&path), None, "nobody writes");
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let found = LockHolder::find(&path).expect("a holder");
        let pid = std::process::id();
        assert_eq!(found.to_string(), format!("another connection of this process (pid {pid})"));
        drop(db);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(&path, suffix));
        }
    }
}
