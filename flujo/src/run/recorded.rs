//! Runs that an engine records, from their encoded input on.

use super::observers::Watchers;
use super::prepare::{Given, Ready, record};
use super::registry::AnyPipeline;
use super::resume::Resuming;
use super::runtime::Runtime;
use super::untyped::UntypedResult;
use crate::codec::{Digest, Json};
use crate::engine::{RunRecord, RunState, RunView, Status};
use crate::error::{Error, ErrorKind, RunResult};
use std::sync::Arc;

impl Runtime {
    /// Creates a run and works on it, or attaches to the existing run with its id.
    pub(super) async fn create(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        ready: Ready,
        begins: (Json, Json),
    ) -> RunResult<UntypedResult> {
        let Ready { info, id, labels, by, limits, retries, watchers, .. } = ready;
        self.check_observers(&watchers)?;
        let engine = self.engine()?;
        let given = Given { id, labels, by, limits, retries: retries.unwrap_or(0), models: Vec::new() };
        let run = Arc::new(record(info, begins, given, engine.clock().now()));
        let Some(found) = engine.create(RunRecord::clone(&run)).await? else {
            return self.drive(pipeline, watchers, &run, None).await;
        };
        is_the_same(&found, (info.graph.name, run.digest))?;
        match found.status {
            Status::Running => engine.idle(&run.id).await?,
            // The creator of the run has not begun it, and may be gone: the first process to acquire it runs it.
            Status::Created => return self.execute(pipeline, watchers, found).await,
            Status::Paused | Status::Interrupted | Status::Ended(_) => {}
        }
        self.result(info, &run.id).await
    }

    /// Creates a run and begins it on a task of its own, unless it exists already.
    pub(super) async fn begin(&self, pipeline: &Arc<dyn AnyPipeline>, run: RunRecord) -> RunResult<RunState> {
        let (id, digest, origin) = (run.id.clone(), run.digest, run.seed.origin.clone());
        // A fork begins with records, those of its seed: they are read from the engine before it begins.
        let new = origin.is_none().then(|| Arc::new(run.clone()));
        let (runtime, pipeline) = (self.clone(), Arc::clone(pipeline));
        if let Some(found) = self.engine()?.create(run).await? {
            is_the_same(&found, (pipeline.info().graph.name, digest))?;
            if found.run.seed.origin != origin {
                let what = format!("run `{id}` exists with another origin: use another id");
                return Err(Error::new(ErrorKind::RunConflict(what)));
            }
            if found.status != Status::Created {
                return Ok(RunState::from(&found.status));
            }
        } else if let Some(run) = new {
            drop(tokio::spawn(async move {
                let result = runtime.drive(&pipeline, Watchers::default(), &run, None).await?;
                result.settle(&mut *pipeline.values()).map(drop)
            }));
            return Ok(RunState::Created);
        }
        // The result is recorded, whatever it is.
        drop(tokio::spawn(runtime.go_on(&pipeline, Resuming::unfinished(id))));
        Ok(RunState::Created)
    }
}

/// Checks that an existing run has the pipeline and the input of the run to begin.
fn is_the_same(found: &RunView, run: (&str, Digest)) -> RunResult<()> {
    let id = &found.run.id;
    let conflict =
        |what: &str| Err(Error::new(ErrorKind::RunConflict(format!("run `{id}` exists with {what}"))));
    if found.run.pipeline != run.0 {
        return conflict(&format!("another pipeline, `{}`", found.run.pipeline));
    }
    if found.run.digest != run.1 {
        return conflict("another input: use another id, or the same input to attach");
    }
    Ok(())
}
