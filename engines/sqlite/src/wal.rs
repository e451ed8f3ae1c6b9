//! Preallocation of the write-ahead log.
//!
//! A commit waits until the log is on the disk. While the log grows, each commit also waits until the file system has
//! written its new size, which takes as long as the commit itself. SQLite reuses a log from its beginning once it was
//! copied into the database, and commits are about twice as fast from then on. A log that has its full size from the
//! beginning is as fast at once. SQLite does not look at what is behind the last entry: in a log that is reused there
//! is always something.

use crate::StorageError;
use crate::open::beside;
use crate::transaction::Transaction;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io::{Error, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The size at which SQLite reuses the log, in bytes: its header, and a thousand pages with the header of each.
const FULL: u64 = 32 + 1000 * (4096 + 24);

/// The commits of a process after which preallocation pays.
const COMMITS: u32 = 64;

/// Makes the log long at once, as soon as that pays.
pub(crate) struct WalPreallocation {
    log: PathBuf,
    /// Commits since the log was looked at last.
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
        // A failure costs speed and nothing else.
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
            // On a full disk the log needs the room that this took.
            log.set_len(length).map_err(failed)?;
            Err(failed(error))
        })
    }
}

/// Appends zeros that are really on the disk: SQLite takes no entry of the log for valid that begins with zeros.
fn fill(log: &mut File, mut missing: u64) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 16];
    while missing > 0 {
        let some = usize::try_from(missing).unwrap_or(usize::MAX).min(zeros.len());
        log.write_all(zeros.get(..some).unwrap_or_default())?;
        missing -= some as u64;
    }
    log.sync_all()
}
