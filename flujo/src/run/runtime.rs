//! The runtime of a `Flujo` without its resources: compiled once, for every pipeline.

use super::observers::{self, Watchers};
use super::outcome::Outcome;
use super::preflight::models::CheckedModels;
use super::program::Start;
use super::registry::{AnyPipeline, PipelineInfo};
use super::replay::compat;
use super::replay::reach::Replay;
use super::resume::Resuming;
use super::untyped::UntypedResult;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::engine::{Engine, RunId, RunRecord, RunView};
use crate::error::{Error, ErrorKind, Mismatch, RunResult, Signal};
use crate::events::{Hub, Watched};
use crate::exec::RunEnv;
use crate::exec::Scopes;
use crate::future::BoxFuture;
use crate::model::{Estimate, ModelClient, ModelDefaults, PriceBook};
use crate::path::Path;
use crate::step::Stubs;
use crate::usage::{SharedBudget, UsageLimits};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// A shared handle to the state of all runs.
#[derive(Clone)]
pub(super) struct Runtime(Arc<Shared>);

pub(super) struct Shared {
    /// `None` in an ephemeral runtime, which records nothing.
    pub(super) engine: Option<Arc<dyn Engine>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) models: Option<Arc<dyn ModelClient>>,
    pub(super) prices: Option<Arc<dyn PriceBook>>,
    pub(super) model_defaults: Option<Arc<ModelDefaults>>,
    pub(super) stubs: Stubs,
    pub(super) cache: Arc<dyn Cache>,
    pub(super) watchers: Watchers,
    pub(super) limits: UsageLimits,
    pub(super) retries: u32,
    pub(super) budget: Option<SharedBudget>,
    pub(super) estimate: Estimate,
    pub(super) registered: Vec<Arc<dyn AnyPipeline>>,
    pub(super) checked_models: CheckedModels,
    pub(super) next_id: AtomicU64,
}

impl Deref for Runtime {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// The durable names of the registered pipelines.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.registered.iter().map(|known| known.info().graph.name).collect()
    }

    /// The registered pipeline with this durable name.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<dyn AnyPipeline>> {
        self.registered.iter().find(|known| known.info().graph.name == name)
    }

    pub(super) fn registered(&self, name: &str) -> RunResult<&Arc<dyn AnyPipeline>> {
        self.find(name).ok_or_else(|| {
            Error::setup(format!("no pipeline `{name}` is registered: `.pipeline::<..>()` on the builder"))
        })
    }

    pub(super) fn engine(&self) -> RunResult<&Arc<dyn Engine>> {
        self.engine.as_ref().ok_or_else(|| {
            Error::setup(
                "an ephemeral engine records nothing, so there are no runs to look up, answer or resume",
            )
        })
    }

    /// Refuses observers that would see nothing: those of this process, where other processes execute the runs.
    pub(super) fn check_observers(&self, watchers: &Watchers) -> RunResult<()> {
        let elsewhere = self.engine.as_ref().is_some_and(|engine| engine.executes_elsewhere());
        if !elsewhere || (self.watchers.observers.is_empty() && watchers.observers.is_empty()) {
            return Ok(());
        }
        Err(Error::setup(
            "this engine executes runs in other processes, where an observer of this one would see nothing: leave \
             `.observer(..)` and `.stream()` out, and look at runs with `inspect`",
        ))
    }

    /// The hub for the events of a run, if it has observers.
    pub(super) fn hub(
        &self,
        id: &RunId,
        info: &PipelineInfo,
        watchers: Watchers,
        view: Option<&RunView>,
    ) -> Option<Arc<Hub>> {
        let Watchers { observers, fresh } = watchers;
        let all = self.watchers.observers.iter().cloned().chain(observers);
        let hub = Hub::new(id, (info.name, info.graph), &self.clock, all)?;
        Some(Arc::new(match view {
            Some(view) => hub.resumes(view, &fresh),
            None => hub,
        }))
    }

    /// Adds the services of the runtime, and the limits, to the environment of a run.
    pub(super) fn furnish(&self, env: &mut RunEnv, limits: UsageLimits) {
        env.limit(limits, self.budget.as_ref());
        env.engine.clone_from(&self.engine);
        env.estimate = self.estimate;
        env.models.clone_from(&self.models);
        env.prices.clone_from(&self.prices);
        env.model_defaults.clone_from(&self.model_defaults);
        env.stubs.clone_from(&self.stubs);
        env.cache = Some(Arc::clone(&self.cache));
    }

    /// Returns everything recorded of a run.
    pub(super) async fn view(&self, id: &RunId) -> RunResult<RunView> {
        let view = self.engine()?.view(id).await?;
        view.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }

    /// Returns the records of a run as a result.
    pub(super) async fn result(&self, info: &'static PipelineInfo, id: &RunId) -> RunResult<UntypedResult> {
        Ok(UntypedResult::of_view(info, self.view(id).await?))
    }
}

impl Runtime {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Calls [`view`](Shared::view) for a caller in another crate.
    pub(super) fn inspect(&self, id: RunId) -> BoxFuture<'_, RunResult<RunView>> {
        Box::pin(async move { self.view(&id).await })
    }

    /// The pipeline of a run, ready to be driven. No view means that the run was just created.
    pub(super) fn program(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        run: &Arc<RunRecord>,
        view: Option<&RunView>,
        hub: Option<Arc<Hub>>,
    ) -> RunResult<Start> {
        Ok(Start {
            runtime: self.clone(),
            pipeline: Arc::clone(pipeline),
            clock: self.engine()?.clock(),
            run: Arc::clone(run),
            scopes: view.map(scopes).unwrap_or_default(),
            forgiven: view.map(|view| view.forgiven.clone()).unwrap_or_default(),
            active: view.map_or(Duration::ZERO, |view| view.active),
            hub,
            captured: None,
        })
    }

    /// Whether the records of a run fit the code, and how far that can be seen before something executes.
    pub(super) async fn replayed(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        view: &RunView,
    ) -> RunResult<Replay> {
        let program = self.program(pipeline, &view.run, Some(view), None)?;
        Ok(compat::replay(view, &program, pipeline.info().graph).await)
    }

    /// The mismatch of a run that began with other code and does not match this code; found before anything is executed
    /// or written.
    pub(super) async fn mismatch(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        view: &RunView,
    ) -> RunResult<Option<Mismatch>> {
        let info = pipeline.info();
        if view.run.fingerprint == info.fingerprint && view.run.graph.has_types_of(info.graph) {
            return Ok(None);
        }
        Ok(self.replayed(pipeline, view).await?.mismatch)
    }

    /// The failed result of a run that does not match this code.
    pub(super) async fn misfit(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        view: &RunView,
    ) -> RunResult<Option<UntypedResult>> {
        let Some(mismatch) = self.mismatch(pipeline, view).await? else { return Ok(None) };
        let mut result = self.result(pipeline.info(), &view.run.id).await?;
        result.outcome = Outcome::Failed(Signal::JournalMismatch(Box::new(mismatch)).into());
        Ok(Some(result))
    }

    /// Works on a run until it ends, pauses, fails or is cancelled.
    pub(super) async fn execute(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        watchers: Watchers,
        view: RunView,
    ) -> RunResult<UntypedResult> {
        if let Some(misfit) = self.misfit(pipeline, &view).await? {
            return Ok(misfit);
        }
        let run = Arc::clone(&view.run);
        self.drive(pipeline, watchers, &run, Some(view)).await
    }

    /// Works on a run that matches the code. No view means that the run was just created, so nothing has to be read.
    pub(super) async fn drive(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        watchers: Watchers,
        run: &Arc<RunRecord>,
        view: Option<RunView>,
    ) -> RunResult<UntypedResult> {
        let (engine, info) = (self.engine()?, pipeline.info());
        let hub = self.hub(&run.id, info, watchers, view.as_ref());
        let program = Arc::new(self.program(pipeline, run, view.as_ref(), hub.clone())?);
        drop(view);
        let running = engine.execute(&run.id, program);
        let done = match &hub {
            None => running.await,
            Some(hub) => Watched::new(Arc::clone(hub), running).await,
        };
        let result = match done {
            // Another worker has acquired the run: wait for its result.
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => match engine.idle(&run.id).await {
                Ok(()) => self.result(info, &run.id).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
            Ok(()) => self.result(info, &run.id).await,
        };
        match result {
            Ok(mut result) => {
                result.hub = hub;
                Ok(result)
            }
            Err(error) => {
                observers::stopped(hub.as_ref(), &error);
                Err(error)
            }
        }
    }

    /// Resumes a run of a pipeline; the result is recorded, and its values are not needed. A run that does not match
    /// the code is an error: there is no result of it.
    pub(super) fn go_on(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        resuming: Resuming,
    ) -> BoxFuture<'static, RunResult<Outcome<()>>> {
        let (runtime, pipeline) = (self.clone(), Arc::clone(pipeline));
        Box::pin(async move {
            let result = runtime.resume(&pipeline, resuming).await?;
            match result.settle(&mut *pipeline.values())?.0 {
                Outcome::Failed(error) if matches!(error.signal(), Some(Signal::JournalMismatch(_))) => {
                    Err(error)
                }
                outcome => Ok(outcome),
            }
        })
    }
}

/// The timeout scopes of calls and forms: after a failure their time restarts from the end of the failed attempt.
fn scopes(view: &RunView) -> Arc<Scopes> {
    let scopes = Arc::<Scopes>::default();
    for (path, n) in &view.forgiven {
        let failed = view.records.iter().rfind(|record| record.key.path == *path && record.key.n == *n);
        if let Some(failed) = failed {
            scopes.restart(&Path::from(view.run.pipeline.as_str()), failed.ended);
        }
    }
    scopes
}
