//! Runs of pipelines that are identified by their durable names.

use super::control::Control;
use super::prepare::record;
use super::registry::checked;
use super::replay::fork::Kept;
use super::resume::fits;
use super::runtime::Runtime;
use crate::codec::Json;
use crate::engine::{FinalOutcome, RunFilter, RunId, RunRecord, RunState, RunSummary, RunView, Seed, Status};
use crate::error::{Error, ErrorKind, Mismatch, RunResult, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::sync::Arc;

#[async_trait]
impl Control for Runtime {
    async fn start(
        &self,
        pipeline: &str,
        id: &RunId,
        input: &Json,
        context: Option<&Json>,
    ) -> RunResult<RunState> {
        let known = self.registered(pipeline)?;
        let begins = checked(known.as_ref(), input, context)?;
        self.preflight(known.info(), &self.limits)?;
        self.begin(known, record(known.info(), id.clone(), begins, self.limits, self.retries)).await
    }

    async fn attach(&self, id: &RunId) -> RunResult<RunView> {
        let view = self.view(id).await?;
        match self.find(&view.run.pipeline) {
            // The creator of the run has not begun it, and may be gone: the first process to acquire it runs it.
            Some(known) if view.status == Status::Created => self.go_on(known, id.clone()).await?,
            _ => self.engine()?.idle(id).await?,
        }
        self.view(id).await
    }

    async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.engine()?.list(filter).await
    }

    async fn inspect(&self, id: &RunId) -> RunResult<RunView> {
        self.view(id).await
    }

    async fn questions(&self, id: &RunId) -> RunResult<Vec<Question>> {
        Ok(self.view(id).await?.questions)
    }

    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> RunResult<()> {
        let view = self.view(id).await?;
        fits(self.registered(&view.run.pipeline)?.info().graph, &view, path, value)?;
        let engine = self.engine()?;
        let reply = Reply { value: value.clone(), by: by.map(str::to_owned), at: engine.clock().now() };
        engine.reply(id, path, reply).await
    }

    async fn cancel(&self, id: &RunId) -> RunResult<()> {
        self.engine()?.cancel(id).await
    }

    async fn retry(&self, id: &RunId) -> RunResult<RunView> {
        let view = self.view(id).await?;
        if !matches!(view.status, Status::Ended(FinalOutcome::Failed(_))) {
            let what = format!("run `{id}` has not failed: only a failed run can be retried");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        self.go_on(self.registered(&view.run.pipeline)?, id.clone()).await?;
        self.view(id).await
    }

    async fn fork(&self, id: &RunId, from: &Path, new: &RunId, input: Option<&Json>) -> RunResult<RunState> {
        let view = self.view(id).await?;
        if !matches!(view.status, Status::Ended(_)) {
            let what = format!("run `{id}` has not ended: only an ended run can be forked");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        let known = self.registered(&view.run.pipeline)?;
        let begins = checked(known.as_ref(), input.unwrap_or(&view.run.input), Some(&view.run.context))?;
        let limits = view.run.limits.tightest(self.limits);
        self.preflight(known.info(), &limits)?;
        let begins = Arc::new(record(known.info(), new.clone(), begins, limits, view.run.retries));
        let Kept { records, replies, timers } = self.keeps(known, &view, &begins, from).await?;
        let seed = Seed { records, replies, timers, origin: Some(id.clone()) };
        self.begin(known, RunRecord { seed, ..RunRecord::clone(&begins) }).await
    }

    async fn replay(&self, id: &RunId) -> RunResult<Option<Mismatch>> {
        let view = self.view(id).await?;
        Ok(match self.mismatch(self.registered(&view.run.pipeline)?, &view).await? {
            Some(Signal::JournalMismatch(mismatch)) => Some(*mismatch),
            _ => None,
        })
    }
}
