//! Going on with a run.

use super::claim::{Claim, Claiming, Left};
use super::fault::Fault;
use super::load::Loaded;
use super::pen::Pen;
use super::{Sqlite, inbox, told, unknown};
use crate::engine::kit::{ByPath, Entry};
use crate::engine::{Engine as _, Program, RunId};
use crate::error::{Error, ErrorKind, Signal};
use futures_util::future::join;
use std::sync::{Arc, OnceLock};

impl Sqlite {
    /// Works on a run until the end of this execution.
    pub(super) async fn work(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let mut seat = self.shared.live.sit(id)?;
        let (claimed, first) = join(self.claim(id), self.read_ahead(id)).await;
        let Some(mut claimed) = claimed? else { return Ok(()) };
        let (wanted, known) = (id.clone(), Arc::clone(&self.shared.known));
        let loaded = self.read(move |db| Loaded::read(db, &wanted, &known, first));
        let loaded = loaded.await?.ok_or_else(|| unknown(id))?;
        let run = loaded.row.run;
        let entry = self.entry(loaded, claimed.token);
        // Dropped or done, the turn leaves before the seat is free.
        let turn = entry.take_over();
        claimed.kept = true;
        seat.fill(run, &entry);
        // What was written between reading and now.
        let live = Arc::clone(&self.shared.live);
        self.write(move |db| inbox::tell(db, &live, run)).await?;
        let done = turn.execute(program).await;
        drop(seat);
        done.map_err(|error| match error.kind() {
            ErrorKind::Signal(Signal::Engine(what)) => self.error(Fault::Storage(what.to_string())),
            _ => error,
        })
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
    fn entry(&self, loaded: Loaded, token: i64) -> Arc<Entry<ByPath<Pen>>> {
        let pen = Pen {
            run: loaded.row.run,
            owner: self.shared.me,
            token,
            jobs: self.shared.writer.jobs().clone(),
            live: Arc::clone(&self.shared.live),
            clock: Arc::clone(&self.shared.clock),
            broken: Arc::new(OnceLock::new()),
            next: loaded.records.len(),
        };
        Entry::load(loaded.saved(), pen, Arc::clone(&self.shared.clock))
    }
}
