//! Runs that outlive their process: an engine that keeps them in one file of SQLite's.
//!
//! What a run has finished is durable before it goes on, so it survives `kill -9` at any instant, and a person
//! may answer next week from another process. Any number of processes may share the file, on one machine; each
//! run is worked on by one of them at a time. The book's chapter "Durable runs" says what is guaranteed, how to
//! back up and upgrade, and what is in the file.
//!
//! ```no_run
//! # use flujo::prelude::*;
//! # #[step]
//! # async fn greet(name: String) -> Result<String> {
//! #     Ok(format!("Hello, {name}!"))
//! # }
//! # pipeline! {
//! #     fn welcome(name: String) -> String { greet(name) }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().engine(Sqlite::open("runs.db")?).build()?;
//! let result = flujo.run(welcome("Ada".to_string())).id("ada").await;
//! # drop(result);
//! # Ok(())
//! # }
//! ```

mod ahead;
mod builder;
mod claim;
mod control;
mod engine;
mod execute;
mod fault;
mod identity;
mod inbox;
mod known;
mod list;
mod live;
mod load;
mod log;
mod open;
mod opened;
mod owners;
mod pen;
mod readers;
mod row;
mod rows;
mod schema;
mod second;
mod standing;
mod step;
mod told;
mod upkeep;
mod writer;

pub use builder::{SqliteBuilder, Synchronous};

use crate::clock::Clock;
use crate::engine::RunId;
use crate::error::{Error, ErrorKind};
use fault::Fault;
use identity::Identity;
use known::Known;
use live::Live;
use log::Room;
use opened::Opened;
use owners::{Judge, Owner};
use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writer::{Desk, Writer};

/// An engine whose runs are in a file. Cloning it gives the same engine; the last clone that is dropped closes
/// the file.
///
/// Runs go on in whatever process calls `resume`; see [`Synchronous`] and [`SqliteBuilder::lease`] for what may
/// be chosen.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    me: i64,
    judge: Arc<Judge>,
    live: Arc<Live>,
    known: Arc<Known>,
    readers: Readers,
    writer: Writer,
    // Dropped last, when the connections are closed.
    _opened: Opened,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the file, or makes it. Nothing that was committed is ever lost, not even with the power.
    ///
    /// # Errors
    /// It is not flujo's, was written by a newer one, is damaged, or cannot be read or written. Nothing is
    /// changed then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder(path).open()
    }

    /// Opens a file with other settings.
    pub fn builder(path: impl AsRef<Path>) -> SqliteBuilder {
        SqliteBuilder::new(path.as_ref().to_owned())
    }

    fn with(builder: SqliteBuilder) -> Result<Self, Error> {
        let SqliteBuilder { path, synchronous, lease, clock, pages, blocking } = builder;
        let start = || {
            let opened = Opened::examine(&path)?;
            let db = open::writer(&path, synchronous)?;
            if let Some(pages) = pages {
                let _: i64 =
                    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0))?;
            }
            let me = Identity::mine();
            let judge = Arc::new(Judge::new(me.clone(), lease));
            let me = Owner::enrol(&db, &me, clock.now())?;
            let live = Arc::new(Live::default());
            let readers = Readers::start(&path, blocking)?;
            let (judged, here, its) = (Arc::clone(&judge), Arc::clone(&live), Arc::clone(&clock));
            let room = Room::new(&path, synchronous != Synchronous::Off);
            let desk = Desk { db, me, judge: judged, live: here, clock: its, pulse: lease / 5, room };
            Ok((me, judge, live, readers, Writer::start(desk, blocking)?, opened))
        };
        let (me, judge, live, readers, writer, opened) = start().map_err(|fault| at(&path, fault))?;
        Ok(Self {
            shared: Arc::new(Shared {
                path,
                clock,
                me,
                judge,
                live,
                known: Arc::default(),
                readers,
                writer,
                _opened: opened,
            }),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.readers.read(look).await.map_err(|fault| self.error(fault))
    }

    /// Something that is done to a run, or to many, from outside.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.writer.jobs().call(true, work).await.map_err(|fault| self.error(fault))
    }

    fn error(&self, fault: Fault) -> Error {
        at(&self.shared.path, fault)
    }
}

/// An error that says which file it is about.
fn at(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Busy(what) | Fault::Storage(what) => {
            Error::new(ErrorKind::Engine(format!("{}: {what}", path.display()).into()))
        }
        Fault::Lost => fault.into(),
    }
}

fn unknown(id: &RunId) -> Error {
    Error::new(ErrorKind::UnknownRun(id.to_string()))
}
