//! Executions of runs.

use crate::claim::{Claim, ClaimJob, ReleaseGuard};
use crate::error::StorageError;
use crate::load::Loaded;
use crate::run_writer::RunEntry;
use crate::run_writer::RunWriter;
use crate::{Sqlite, completion, inbox, unknown};
use flujo::engine::kit::Entry;
use flujo::engine::{Engine as _, Program, RunId};
use flujo::error::{Error, ErrorKind, Signal};
use futures_util::future::join;
use std::sync::{Arc, OnceLock};

impl Sqlite {
    /// Executes a run until the end of this execution.
    pub(crate) async fn work(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let mut slot = self.shared.active.occupy(id)?;
        let (claimed, prefix) = join(self.claim(id), self.prefetch(id)).await;
        let Some(mut claimed) = claimed? else { return Ok(()) };
        let (wanted, cache) = (id.clone(), Arc::clone(&self.shared.cache));
        let loaded = self.read(move |db| Loaded::read(db, &wanted, &cache, prefix));
        let loaded = loaded.await?.ok_or_else(|| unknown(id))?;
        let run = loaded.row.run;
        let entry = self.entry(loaded, claimed.token);
        // Finished or dropped, ownership releases the run before the slot becomes free.
        let ownership = entry.take_over();
        claimed.kept = true;
        slot.fill(run, &entry);
        // Forwards replies and cancellations that were written since the run was read.
        let active = Arc::clone(&self.shared.active);
        self.write(move |db| inbox::forward(db, &active, run)).await?;
        let done = ownership.execute(program).await;
        drop(slot);
        done.map_err(|error| match error.kind() {
            ErrorKind::Signal(Signal::Engine(failed)) => self.error(StorageError::Failed(failed.clone())),
            _ => error,
        })
    }

    /// Takes ownership of a run; `None` if it has ended.
    async fn claim(&self, id: &RunId) -> Result<Option<ReleaseGuard>, Error> {
        let (completer, claimed) = completion::channel(self.shared.writer.jobs().blocking);
        let (me, jobs) = (self.shared.me, self.shared.writer.jobs().clone());
        let claiming = ClaimJob {
            id: id.clone(),
            me,
            monitor: Arc::clone(&self.shared.monitor),
            clock: self.clock(),
            jobs: jobs.clone(),
            completer,
            claim: Claim::Unknown,
        };
        jobs.send(Box::new(claiming));
        match claimed.await.map_err(|error| self.error(error))? {
            Claim::Mine { run, token } => Ok(Some(ReleaseGuard { jobs, run, me, token, kept: false })),
            Claim::Ended => Ok(None),
            Claim::Busy => Err(Error::new(ErrorKind::Busy(id.to_string()))),
            Claim::Unknown => Err(unknown(id)),
        }
    }

    /// Creates the entry of a run that this process has claimed.
    fn entry(&self, loaded: Loaded, token: i64) -> Arc<RunEntry> {
        let writer = RunWriter {
            run: loaded.row.run,
            owner: self.shared.me,
            token,
            jobs: self.shared.writer.jobs().clone(),
            active: Arc::clone(&self.shared.active),
            clock: Arc::clone(&self.shared.clock),
            first_error: Arc::new(OnceLock::new()),
            position: loaded.records.len(),
        };
        Entry::load(loaded.saved(), writer, Arc::clone(&self.shared.clock))
    }
}
