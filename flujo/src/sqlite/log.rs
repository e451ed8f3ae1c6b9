//! Room for the write-ahead log.
//!
//! A commit waits until the log is on the disk. While the log grows, the file system has to write down its new size
//! each time as well, which takes as long as the commit itself; SQLite reuses a log from its beginning once it was
//! copied into the database, and from then on commits are about twice as fast. A log that has its full size from
//! the beginning is as fast at once. What stands behind its last entry is not looked at: there is always something
//! there once a log is reused.

use super::Fault;
use super::open::beside;
use super::step::Step;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the log grows to before SQLite reuses it: a thousand pages with what goes before each, and its header.
const FULL: u64 = 32 + 1000 * (4096 + 24);

/// So many commits a process makes before it is worth it.
const COMMITS: u32 = 64;

/// Makes room once it is worth it.
pub(super) struct Room {
    log: PathBuf,
    /// Commits since it was looked at last.
    commits: u32,
    /// Whether commits wait for the disk at all, and it has worked so far.
    wanted: bool,
}

impl Room {
    pub(super) fn new(database: &Path, wanted: bool) -> Self {
        Self { log: beside(database, "-wal"), commits: 0, wanted }
    }

    /// After a commit.
    pub(super) fn committed(&mut self, db: &Connection) {
        if !self.wanted {
            return;
        }
        self.commits += 1;
        if self.commits < COMMITS {
            return;
        }
        self.commits = 0;
        // Without it everything is a little slower, and that is all.
        self.wanted = self.make(db).is_ok();
    }

    fn make(&self, db: &Connection) -> Result<(), Fault> {
        let unusable = |e: std::io::Error| Fault::Storage(format!("no room for the log: {e}"));
        if std::fs::metadata(&self.log).map_err(unusable)?.len() >= FULL {
            return Ok(());
        }
        // Nobody else writes to the log as long as this is open.
        let _alone = Step::begin(db)?;
        let mut log = OpenOptions::new().write(true).open(&self.log).map_err(unusable)?;
        let length = log.seek(SeekFrom::End(0)).map_err(unusable)?;
        fill(&mut log, FULL.saturating_sub(length)).or_else(|error| {
            // A disk that is full needs what there was of it.
            log.set_len(length).map_err(unusable)?;
            Err(unusable(error))
        })
    }
}

/// Zeros that are really on the disk: an entry of the log that begins with zeros is none.
fn fill(log: &mut File, mut missing: u64) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 16];
    while missing > 0 {
        let some = usize::try_from(missing).unwrap_or(usize::MAX).min(zeros.len());
        log.write_all(zeros.get(..some).unwrap_or_default())?;
        missing -= some as u64;
    }
    log.sync_all()
}
