use super::Sqlite;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How a [`Sqlite`] is opened.
pub struct SqliteBuilder {
    pub(super) path: PathBuf,
    pub(super) synchronous: Synchronous,
    pub(super) lease: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pages: Option<u32>,
    pub(super) blocking: bool,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// Nothing: a crash of the machine may damage the file. For tests.
    Off,
    /// The order of writes: a crash of the process loses nothing, one of the machine may lose the last commits.
    Normal,
    /// The disk: not even a power failure loses what was committed. The default.
    #[default]
    Full,
}

impl Synchronous {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Normal => "NORMAL",
            Self::Full => "FULL",
        }
    }
}

impl fmt::Debug for SqliteBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBuilder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteBuilder {
    pub(super) fn new(path: PathBuf) -> Self {
        let (synchronous, lease) = (Synchronous::default(), Duration::from_secs(15));
        Self { path, synchronous, lease, clock: Arc::new(SystemClock::new()), pages: None, blocking: false }
    }

    /// What a commit waits for; [`Synchronous::Full`] if nothing is said.
    #[must_use]
    pub fn synchronous(mut self, level: Synchronous) -> Self {
        self.synchronous = level;
        self
    }

    /// For how long the heartbeat of a process may stand still before others take its runs over; 15 seconds if
    /// nothing is said, and at least a tenth of one. A process that is known to be gone is not waited for. All
    /// processes that share the file should say the same.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(100));
        self
    }

    /// The clock that times come from: when something began, and when a question is due. Leases have nothing
    /// to do with it.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How many pages of 4 KiB the file may grow to; what does not fit is an error, as on a full disk.
    #[must_use]
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Whether a call of the engine waits for the disk on the thread that makes it, instead of leaving the
    /// thread to others meanwhile. What runs beside each other on one thread then happens in the same order
    /// every time, which is for tests.
    #[must_use]
    pub fn blocking(mut self, blocking: bool) -> Self {
        self.blocking = blocking;
        self
    }

    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It is not flujo's, was written by a newer one, is damaged, or cannot be read or written. Nothing is
    /// changed then.
    pub fn open(self) -> Result<Sqlite, Error> {
        Sqlite::with(self)
    }
}
