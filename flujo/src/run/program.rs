use super::active_time::within_active_time;
use super::registry::AnyPipeline;
use super::runtime::Runtime;
use crate::clock::Clock;
use crate::engine::{Ended, EndedBy, Handle, Program, RunRecord};
use crate::error::{Error, FailureRecord};
use crate::events::Hub;
use crate::exec::{Captured, RunEnv, Scopes};
use crate::future::BoxFuture;
use crate::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One pipeline with its input and initial context, which an engine may start repeatedly.
pub(super) struct Start {
    pub(super) runtime: Runtime,
    pub(super) pipeline: Arc<dyn AnyPipeline>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) run: Arc<RunRecord>,
    pub(super) forgiven: Vec<(Path, u32)>,
    /// The working time of earlier executions.
    pub(super) active: Duration,
    /// The timeout scopes of calls and forms, shared by all replay passes over the body.
    pub(super) scopes: Arc<Scopes>,
    pub(super) hub: Option<Arc<Hub>>,
    /// Where a walk over the records notes what nodes were given.
    pub(super) captured: Option<Arc<Captured>>,
}

impl Start {
    async fn drive(&self, mut handle: Box<dyn Handle>) -> Ended {
        let (run, info) = (&self.run, self.pipeline.info());
        let mut env = RunEnv::new(run.id.clone(), run.input.clone(), Arc::clone(&self.clock));
        self.runtime.furnish(&mut env, run.limits);
        env.share(&self.scopes);
        env.watch(self.hub.as_ref());
        env.captured.clone_from(&self.captured);
        env.other_models.clone_from(&run.models);
        for (path, attempts) in &self.forgiven {
            env.forgive(path.clone(), *attempts);
        }
        let env = Arc::new(env);
        if let Some(hub) = &self.hub {
            hub.run_started(&run.input);
        }
        let mut execution = match self.pipeline.begin(&run.input, &run.context) {
            Ok(execution) => execution,
            Err(lost) => return Ended { outcome: Err(end(&lost.recorded(info))), context: None },
        };
        let retries = (run.retries > 0).then_some(run.retries);
        let body = execution.run(retries, Arc::clone(&env), Some(handle.as_mut()));
        let done = match run.limits.active_time {
            None => body.await,
            Some(limit) => {
                within_active_time(Arc::clone(&self.clock), (limit, self.active), info.name, body).await
            }
        };
        let outcome = done.and_then(|()| execution.output().map_err(|e| info.codec(e)));
        Ended { outcome: outcome.map_err(|error| end(&error)), context: execution.context().ok() }
    }
}

fn end(error: &Error) -> EndedBy {
    match error.signal() {
        Some(signal) => EndedBy::Signal(signal.clone()),
        None => EndedBy::Failure(FailureRecord::of_error(error)),
    }
}

impl Program for Start {
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(self.drive(handle))
    }
}
