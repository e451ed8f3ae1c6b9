//! Whether runs that are looked at fit the code that is here: found without a change to what is recorded.

use super::registry::AnyPipeline;
use super::runtime::Runtime;
use crate::engine::{RunFilter, RunId, RunState, RunSummary, RunView, Status};
use crate::error::{Mismatch, RunResult, Signal};
use std::sync::Arc;

impl Runtime {
    /// Returns a run, and why it does not go on with this code.
    pub(super) async fn seen(&self, id: &RunId) -> RunResult<RunView> {
        let mut view = self.view(id).await?;
        let waits = matches!(view.status, Status::Created | Status::Paused | Status::Interrupted);
        let Some(known) = self.find(&view.run.pipeline).filter(|_| waits) else { return Ok(view) };
        match self.why_not(known, &view).await? {
            Some(mismatch) => view.stopped = Some(Signal::JournalMismatch(Box::new(mismatch))),
            // It was other code that it did not fit.
            None if was_refused(&view) => view.stopped = None,
            None => {}
        }
        Ok(view)
    }

    /// Lists runs, and says of those that are ready to go on why they do not with this code. A run that waits for a reply is
    /// not read for it: there may be many.
    pub(super) async fn listed(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        let engine = self.engine()?;
        let mut runs = engine.list(filter).await?;
        let now = self.clock.now();
        for run in runs.iter_mut().filter(|run| run.is_ready(now)) {
            // Only a fork has records before it has begun.
            if run.state == RunState::Created && run.origin.is_none() {
                continue;
            }
            // It may have been deleted since, and one that cannot be read is in the list all the same.
            if let Some(known) = self.find(&run.pipeline)
                && let Ok(Some(view)) = engine.view(&run.id).await
            {
                run.mismatch = self.why_not(known, &view).await?;
            }
        }
        Ok(runs)
    }

    async fn why_not(&self, known: &Arc<dyn AnyPipeline>, view: &RunView) -> RunResult<Option<Mismatch>> {
        if was_refused(view) {
            // The graph may be the same: a message, for instance, is not in it.
            return Ok(self.replayed(known, view).await?.mismatch);
        }
        self.mismatch(known, view).await
    }
}

/// Whether the last execution came to a record that did not fit its code.
fn was_refused(view: &RunView) -> bool {
    matches!(view.stopped, Some(Signal::JournalMismatch(_)))
}
