//! Preallocation of the write-ahead log.
//!
//! A commit waits until the log is on the disk. While the log grows, each commit also waits until the file
//! system has written its new size, which takes as long as the commit itself. SQLite reuses the log from the
//! start after a checkpoint, and commits are about twice as fast from then on. A log that is allocated in
//! full is as fast from the first commit. SQLite ignores the bytes after the last entry: a reused log always
//! has old entries there.

use crate::StorageError;
use crate::open::beside;
use crate::transaction::Transaction;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io::{Error, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The size in bytes at which SQLite reuses the log: its header, and a thousand pages with the header of
/// each.
const FULL: u64 = 32 + 1000 * (4096 + 24);

/// The number of commits of a process after which preallocation pays.
const COMMITS: u32 = 64;

/// Preallocates the log, as soon as that pays.
pub(crate) struct WalPreallocation {
    log: PathBuf,
    /// The number of commits since the size of the log was checked.
    commits: u32,
    /// True while commits wait for the disk and no attempt has failed.
    enabled: bool,
}

impl WalPreallocation {
    pub(crate) fn new(database: &Path, enabled: bool) -> Self {
        Self { log: beside(database, "-wal"), commits: 0, enabled }
    }

    /// Counts a commit.
    pub(crate) fn committed(&mut self, db: &Connection) {
        if !self.enabled {
            return;
        }
        self.commits += 1;
        if self.commits < COMMITS {
            return;
        }
        self.commits = 0;
        // Preallocation is an optimization: a failure is no error.
        self.enabled = self.preallocate(db).is_ok();
    }

    fn preallocate(&self, db: &Connection) -> Result<(), StorageError> {
        let failed = |error: Error| StorageError::io("the log cannot be preallocated", error);
        if std::fs::metadata(&self.log).map_err(failed)?.len() >= FULL {
            return Ok(());
        }
        // Keeps every other connection from writing to the log.
        let _writing = Transaction::begin(db)?;
        let mut log = OpenOptions::new().write(true).open(&self.log).map_err(failed)?;
        let length = log.seek(SeekFrom::End(0)).map_err(failed)?;
        fill(&mut log, FULL.saturating_sub(length)).or_else(|error| {
            // On a full disk, frees the space of a partial preallocation.
            log.set_len(length).map_err(failed)?;
            Err(failed(error))
        })
    }
}

/// Appends zeros and writes them to the disk: SQLite never takes an entry that begins with zeros for valid.
fn fill(log: &mut File, mut missing: u64) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 16];
    while missing > 0 {
        let some = usize::try_from(missing).unwrap_or(usize::MAX).min(zeros.len());
        log.write_all(zeros.get(..some).unwrap_or_default())?;
        missing -= some as u64;
    }
    log.sync_all()
}
