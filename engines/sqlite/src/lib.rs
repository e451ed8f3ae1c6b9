//! An engine of [`flujo`] that stores runs in one SQLite file, so that they outlive their process.
//!
//! Every record is durable before the run proceeds, so a run survives `kill -9` at any instant, and a person
//! may answer next week through another process. Any number of processes on one machine may share the file; a
//! run is executed by one of them at a time. The book's chapter "Durable runs" describes the guarantees,
//! backup, upgrades, and the tables of the file.
//!
//! SQLite is built from source, which needs a C compiler. The crate accepts a range of versions of
//! `rusqlite`, so that an application with its own `rusqlite` or `sqlx` links the same SQLite.
//!
//! ```
//! use flujo::prelude::*;
//! use flujo_sqlite::Sqlite;
//!
//! #[step]
//! async fn greet(name: String) -> Result<String> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! # let path = std::env::temp_dir().join(format!("flujo-page-{}.db", std::process::id()));
//! // For instance "runs.db".
//! let flujo = Flujo::builder().engine(Sqlite::open(&path)?).build()?;
//! flujo.run(welcome("Ada".to_string())).id("ada").await.into_output()?;
//! drop(flujo);
//!
//! // Another process, another day.
//! let flujo = Flujo::builder().engine(Sqlite::open(&path)?).build()?;
//! assert_eq!(flujo.resume::<welcome>("ada").await?.into_output()?, "Hello, Ada!");
//! # drop(flujo);
//! # for end in ["", "-wal", "-shm"] { let _ = std::fs::remove_file(format!("{}{end}", path.display())); }
//! # Ok(())
//! # }
//! ```
//!
//! | type | what it is |
//! |---|---|
//! | [`Sqlite`] | the engine, and the maintenance of its file: [`prune_older`](Sqlite::prune_older), [`verify`](Sqlite::verify) |
//! | [`SqliteBuilder`] | the settings: durability of commits, leases, the size of the file |
//! | [`Synchronous`] | how durable a commit is |
//!
//! The book's chapter [Durable runs](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/durable-runs.md)
//! says what is guaranteed. The crate has no features.

mod actions;
mod active_runs;
mod builder;
mod claim;
mod completion;
mod control;
mod count;
mod engine;
mod error;
mod execute;
mod file_version;
mod inbox;
mod job_queue;
mod list;
mod list_query;
mod load;
mod lock_holder;
mod maintenance;
mod messages;
mod migrations;
mod open;
mod open_files;
mod owners;
mod parts;
mod prefetch;
mod process_identity;
mod questions;
mod readers;
mod record_cache;
mod row;
mod rows;
mod run_row;
mod run_state;
mod run_writer;
mod transaction;
mod usage;
mod wal;
mod writer;

pub use builder::{SqliteBuilder, Synchronous};

use active_runs::ActiveRuns;
use error::StorageError;
use flujo::clock::Clock;
use flujo::engine::RunId;
use flujo::error::{Error, ErrorKind};
use open_files::OpenFile;
use owners::{LeaseMonitor, Owner};
use process_identity::ProcessIdentity;
use readers::Readers;
use record_cache::RecordCache;
use run_writer::RunEntry;
use rusqlite::Connection;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::WalPreallocation;
use writer::{Writer, WriterState};

/// An engine that stores runs in a file. Clones share the engine; dropping the last one closes the file.
///
/// A run resumes in the process that calls `resume`. [`SqliteBuilder`] has the settings: the durability of a
/// commit, and how soon the runs of a dead process are taken over.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    /// The number of this process in the table `owners`.
    me: i64,
    monitor: Arc<LeaseMonitor>,
    active: Arc<ActiveRuns<RunEntry>>,
    cache: Arc<RecordCache>,
    readers: Readers,
    writer: Writer,
    // Dropped last, after the connections are closed.
    _open: OpenFile,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens a file with the default settings, or creates it. Commits are never lost, not even in a power
    /// failure.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`]: the file is not flujo's, was written by a newer version, is damaged, or cannot
    /// be read or written. Nothing is changed then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder(path).open()
    }

    /// Returns a builder, to open a file with other settings.
    pub fn builder(path: impl AsRef<Path>) -> SqliteBuilder {
        SqliteBuilder::new(path.as_ref().to_owned())
    }

    fn with(builder: SqliteBuilder) -> Result<Self, Error> {
        let path = builder.path.clone();
        Self::start(builder).map_err(|error| error.of_file(&path))
    }

    fn start(builder: SqliteBuilder) -> Result<Self, StorageError> {
        let SqliteBuilder { path, synchronous, lease, clock, pages, blocking } = builder;
        let open = OpenFile::examine(&path)?;
        let db = open::writer(&path, synchronous)?;
        if let Some(pages) = pages {
            let _: i64 = db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0))?;
        }
        let identity = ProcessIdentity::mine();
        let me = Owner::register(&db, &identity, clock.now())?;
        let monitor = Arc::new(LeaseMonitor::new(identity, lease));
        let active = Arc::new(ActiveRuns::default());
        let readers = Readers::start(&path, blocking)?;
        let state = WriterState {
            db,
            me,
            monitor: Arc::clone(&monitor),
            active: Arc::clone(&active),
            clock: Arc::clone(&clock),
            heartbeat: lease / 5,
            wal: WalPreallocation::new(&path, synchronous != Synchronous::Off),
        };
        let writer = Writer::start(state, blocking)?;
        let shared =
            Shared { path, clock, me, monitor, active, cache: Arc::default(), readers, writer, _open: open };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.readers.read(query).await.map_err(|error| self.error(error))
    }

    /// Changes one or more runs from outside of their executions.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.writer.jobs().call(true, work).await.map_err(|error| self.error(error))
    }

    fn error(&self, error: StorageError) -> Error {
        error.of_file(&self.shared.path)
    }
}

fn unknown(id: &RunId) -> Error {
    Error::new(ErrorKind::UnknownRun(id.to_string()))
}

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
