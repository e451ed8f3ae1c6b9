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

mod builder;
mod claim;
mod control;
mod fault;
mod identity;
mod inbox;
mod known;
mod list;
mod live;
mod load;
mod log;
mod open;
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
mod writer;

pub use builder::{SqliteBuilder, Synchronous};

use crate::clock::Clock;
use crate::engine::in_run::work;
use crate::engine::records::Records;
use crate::engine::table::State;
use crate::engine::{Engine, Entry, Program, RunFilter, RunId, RunRecord, RunSummary, RunView};
use crate::error::{Error, ErrorKind};
use crate::path::Path as NodePath;
use crate::question::Reply;
use async_trait::async_trait;
use claim::{Claim, Claiming, Left};
use control::Done;
use fault::Fault;
use identity::Identity;
use known::Known;
use live::Live;
use load::Loaded;
use log::Room;
use owners::{Judge, Owner};
use pen::{Kept, Pen};
use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use writer::{Desk, Writer};

/// So often a run is looked at that this process seems to have and does not work on.
const LOOKS: usize = 3;

/// So many runs are deleted in one transaction: others write in between.
const PRUNED: usize = 200;

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
            Ok((me, judge, live, readers, Writer::start(desk, blocking)?))
        };
        let (me, judge, live, readers, writer) = start().map_err(|fault| at(&path, fault))?;
        Ok(Self {
            shared: Arc::new(Shared { path, clock, me, judge, live, known: Arc::default(), readers, writer }),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Deletes the runs that ended longer ago than `older_than`, on the engine's clock, with everything that
    /// is written of them, and says how many. The file keeps its size, the room is used again; `VACUUM` gives
    /// it back to the disk.
    ///
    /// # Errors
    /// Storage failed.
    pub async fn prune(&self, older_than: Duration) -> Result<u64, Error> {
        let before = self.shared.clock.now().before(older_than);
        let mut pruned = 0;
        loop {
            let some = self.write(move |db| control::prune(db, before, PRUNED)).await?;
            if some == 0 {
                return Ok(pruned);
            }
            pruned += some;
        }
    }

    /// Reads all there is, and verifies every checksum.
    ///
    /// # Errors
    /// The file is damaged; or storage failed.
    pub async fn verify(&self) -> Result<(), Error> {
        let ids = self.read(|db| {
            let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(Fault::damaged(found));
            }
            let mut ids = db.prepare("SELECT id FROM runs ORDER BY run")?;
            let ids = ids.query_map([], |row| row.get::<_, String>(0))?;
            Ok(ids.collect::<Result<Vec<_>, _>>()?)
        });
        for id in ids.await? {
            self.read(move |db| Loaded::read(db, &RunId::from(id), &Known::default()).map(drop)).await?;
        }
        Ok(())
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

    /// Takes a run; `None` if it has ended.
    async fn claim(&self, id: &RunId) -> Result<Option<Left>, Error> {
        let (tell, told) = told::channel(self.shared.writer.jobs().blocking);
        let (me, jobs) = (self.shared.me, self.shared.writer.jobs().clone());
        let claiming = Claiming {
            id: id.clone(),
            me,
            judge: Arc::clone(&self.shared.judge),
            clock: self.clock(),
            jobs: jobs.clone(),
            tell,
            made: Claim::Unknown,
        };
        jobs.send(Box::new(claiming));
        match told.await.map_err(|fault| self.error(fault))? {
            Claim::Mine { run, token } => Ok(Some(Left { jobs, run, me, token, kept: false })),
            Claim::Ended => Ok(None),
            Claim::Busy => Err(Error::new(ErrorKind::Busy(id.to_string()))),
            Claim::Unknown => Err(unknown(id)),
        }
    }

    /// A run that this process has claimed, ready to be worked on.
    fn entry(&self, loaded: Loaded, token: i64) -> Arc<Entry<Kept>> {
        let ledger = loaded.ledger();
        let Loaded { run, row, records, timers, questions, answered, .. } = loaded;
        let records: Vec<_> = records.into_iter().map(|stored| stored.record).collect();
        let mut records = Records::seeded(run.graph.size(), &records);
        records.timers.extend(timers);
        let pen = Pen {
            run: row.run,
            owner: self.shared.me,
            token,
            jobs: self.shared.writer.jobs().clone(),
            live: Arc::clone(&self.shared.live),
            clock: Arc::clone(&self.shared.clock),
            broken: Arc::new(OnceLock::new()),
        };
        let kept = Kept { records, pen };
        let standing = row.standing;
        let state = State { standing, live: None, token: 0, questions, answered, ledger, kept };
        Entry::new(run, Arc::clone(&self.shared.clock), state)
    }
}

/// An error that says which file it is about.
fn at(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Busy(what) | Fault::Storage(what) => {
            Error::new(ErrorKind::Engine(format!("{}: {what}", path.display())))
        }
        Fault::Lost => fault.into(),
    }
}

fn unknown(id: &RunId) -> Error {
    Error::new(ErrorKind::UnknownRun(id.to_string()))
}

#[async_trait]
impl Engine for Sqlite {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let (id, clock) = (run.id.clone(), self.clock());
        if self.write(move |db| control::create(db, &run, clock.now())).await? {
            return Ok(None);
        }
        self.view(&id).await
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let mut seat = self.shared.live.sit(id)?;
        let Some(mut claimed) = self.claim(id).await? else { return Ok(()) };
        let (wanted, known) = (id.clone(), Arc::clone(&self.shared.known));
        let loaded =
            self.read(move |db| Loaded::read(db, &wanted, &known)).await?.ok_or_else(|| unknown(id))?;
        let run = loaded.row.run;
        let entry = self.entry(loaded, claimed.token);
        // Dropped or done, the turn leaves before the seat is free.
        let turn = entry.turn();
        claimed.kept = true;
        seat.fill(run, &entry);
        // What was written between reading and now.
        let live = Arc::clone(&self.shared.live);
        self.write(move |db| inbox::tell(db, &live, run)).await?;
        let done = work(turn, program).await;
        drop(seat);
        done.map_err(|error| match error.kind() {
            ErrorKind::Signal(crate::error::Signal::Engine(what)) => self.error(Fault::Storage(what.clone())),
            _ => error,
        })
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut looks = 0;
        loop {
            self.shared.writer.jobs().flush().await;
            let before = self.shared.live.is_taken(id);
            let (wanted, judge, me) = (id.clone(), Arc::clone(&self.shared.judge), self.shared.me);
            let known = Arc::clone(&self.shared.known);
            let found = self.read(move |db| {
                let Some(loaded) = Loaded::read(db, &wanted, &known)? else { return Ok(None) };
                let others = claim::is_live(db, &loaded.row, (me, false), &judge)?;
                let over = loaded.row.owner.is_some() && !others && loaded.row.is_other_by_now(db)?;
                Ok(Some((loaded, others, over)))
            });
            let Some((loaded, others, over)) = found.await? else { return Ok(None) };
            let mine = loaded.row.owner == Some(me);
            let here = before || self.shared.live.is_taken(id);
            looks += 1;
            // Begun and left again while it was read, here or by another process that has ended since: what is
            // written by now says how.
            if ((mine && !here) || (!mine && over)) && looks < LOOKS {
                continue;
            }
            return Ok(Some(loaded.view(others || (mine && here))));
        }
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.shared.writer.jobs().flush().await;
        let (filter, judge) = (filter.clone(), Arc::clone(&self.shared.judge));
        let (me, here) = (self.shared.me, Arc::clone(&self.shared.live));
        let live = move |id: &RunId, owner| (owner == me).then(|| here.is_taken(id));
        self.read(move |db| list::list(db, &filter, live, &judge)).await
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        let _watching = self.shared.live.watch();
        // The thread sleeps while nobody watches: this wakes it.
        self.shared.writer.jobs().call(false, |_| Ok(())).await.map_err(|fault| self.error(fault))?;
        loop {
            let changed = self.shared.live.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.shared.live.is_taken(id) {
                changed.await;
                continue;
            }
            self.shared.writer.jobs().flush().await;
            let (wanted, here) = (id.clone(), false);
            let (me, judge) = (self.shared.me, Arc::clone(&self.shared.judge));
            let live = self.read(move |db| {
                let Some(run) = load::number(db, &wanted)? else { return Ok(None) };
                let row = standing::StandingRow::find(db, run)?;
                claim::is_live(db, &row, (me, here), &judge).map(Some)
            });
            match live.await? {
                None => return Err(unknown(id)),
                Some(false) => return Ok(()),
                Some(true) => changed.await,
            }
        }
    }

    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        let (wanted, clock) = (id.clone(), self.clock());
        match self.write(move |db| control::reopen(db, &wanted, clock.now())).await? {
            Done::Unknown => Err(unknown(id)),
            Done::Yes | Done::Refused(_) => Ok(()),
        }
    }

    async fn reply(&self, id: &RunId, path: &NodePath, reply: Reply) -> Result<(), Error> {
        let (wanted, at, clock) = (id.clone(), path.clone(), self.clock());
        match self.write(move |db| control::reply(db, &wanted, (&at, &reply), clock.now())).await? {
            Done::Unknown => Err(unknown(id)),
            Done::Refused(why) => Err(Error::new(ErrorKind::Reply(why)).at(path.clone())),
            Done::Yes => Ok(()),
        }
    }

    async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        let (wanted, clock, judge) = (id.clone(), self.clock(), Arc::clone(&self.shared.judge));
        let (me, live) = (self.shared.me, Arc::clone(&self.shared.live));
        let cancel = move |db: &Connection| {
            let here = live.is_taken(&wanted);
            control::cancel(db, &wanted, (me, here), &judge, clock.now())
        };
        match self.write(cancel).await? {
            Done::Unknown => Err(unknown(id)),
            Done::Yes | Done::Refused(_) => Ok(()),
        }
    }
}
