use crate::Sqlite;
use flujo::clock::{Clock, SystemClock};
use flujo::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a [`Sqlite`].
///
/// ```no_run
/// use flujo_sqlite::{Sqlite, Synchronous};
/// use std::time::Duration;
///
/// # fn open() -> Result<Sqlite, flujo::Error> {
/// Sqlite::builder("runs.db").synchronous(Synchronous::Normal).lease(Duration::from_secs(5)).open()
/// # }
/// ```
pub struct SqliteBuilder {
    pub(crate) path: PathBuf,
    pub(crate) synchronous: Synchronous,
    pub(crate) lease: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pages: Option<u32>,
    pub(crate) blocking: bool,
}

/// The durability of a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// A commit waits for nothing: a crash of the machine may damage the file. For tests.
    Off,
    /// Writes stay in order: a crash of the process loses nothing, a crash of the machine may lose the last
    /// commits.
    Normal,
    /// A commit waits for the disk: not even a power failure loses it. The default.
    #[default]
    Full,
}

impl Synchronous {
    pub(crate) fn word(self) -> &'static str {
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
    pub(crate) fn new(path: PathBuf) -> Self {
        let (synchronous, lease) = (Synchronous::default(), Duration::from_secs(15));
        Self { path, synchronous, lease, clock: Arc::new(SystemClock::new()), pages: None, blocking: false }
    }

    /// Sets the durability of commits. Defaults to [`Synchronous::Full`].
    #[must_use]
    pub fn synchronous(mut self, level: Synchronous) -> Self {
        self.synchronous = level;
        self
    }

    /// Sets how long a process may have no heartbeat before others take over its runs. Defaults to 15
    /// seconds, and is at least 100 milliseconds. The runs of a process that is known to be dead are taken
    /// over at once. All processes that share a file should have the same lease.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(100));
        self
    }

    /// Sets the clock of timestamps and deadlines. Defaults to the system clock. Leases do not use it.
    ///
    /// For tests that must be fast and deterministic:
    ///
    /// ```
    /// use flujo::clock::SystemClock;
    /// use flujo_sqlite::{Sqlite, Synchronous};
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), flujo::Error> {
    /// # let path = std::env::temp_dir().join(format!("flujo-builder-{}.db", std::process::id()));
    /// let engine = Sqlite::builder(&path)
    ///     .clock(Arc::new(SystemClock::new()))
    ///     .synchronous(Synchronous::Off)
    ///     .blocking(true)
    ///     .max_pages(25_000)
    ///     .open()?;
    /// assert_eq!(engine.path(), path);
    /// # drop(engine);
    /// # for end in ["", "-wal", "-shm"] { let _ = std::fs::remove_file(format!("{}{end}", path.display())); }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the maximum size of the file in pages of 4 KiB: beyond it a write fails, as on a full disk.
    /// Unlimited by default.
    #[must_use]
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Makes calls of the engine block their thread while they wait for the disk, so that concurrent work on
    /// one thread is deterministic: for tests. Defaults to false.
    #[must_use]
    pub fn blocking(mut self, blocking: bool) -> Self {
        self.blocking = blocking;
        self
    }

    /// Opens the file, or creates it.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](flujo::ErrorKind::Engine): the file is not flujo's, was written by a newer
    /// version, is damaged, or cannot be read or written. Nothing is changed then.
    pub fn open(self) -> Result<Sqlite, Error> {
        Sqlite::with(self)
    }
}
