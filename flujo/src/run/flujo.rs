use super::answerable::Answerable;
use super::builder::Builder;
use super::control::{Check, Fits};
use super::outcome::{Outcome, PipelineResult};
use super::program::Start;
use super::recover::GoOn;
use super::rehearsal;
use super::result::StepResult;
use super::stub::Stubs;
use super::trace::Trace;
use super::watch::{self, Watchers};
use super::what_if::Keeps;
use super::{Resume, Run, RunEnv, RunStream};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::cx::{Pipeline, Scopes};
use crate::engine::{Engine, RunId, RunRecord, RunView};
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::{Hub, Watched};
use crate::graph::Graph;
use crate::model::{Estimate, ModelClient, ModelDefaults, PriceBook};
use crate::path::Path;
use crate::step::{RunIn, StepCall};
use crate::usage::{SharedBudget, UsageLimits};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Runs pipelines. Cheap to clone, shared by any number of concurrent runs.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
///
/// pipeline! {
///     fn welcome(name: String) -> String {
///         greet(name)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(welcome("Ada".to_string())).await;
/// assert_eq!(result.into_output()?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
pub struct Flujo<R = ()> {
    pub(super) shared: Arc<Shared<R>>,
}

pub(crate) struct Shared<R> {
    pub(super) resources: R,
    /// `None` in an ephemeral one: nothing is recorded.
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
    pub(super) registered: Vec<Registered<R>>,
    pub(super) answerable: Answerable,
    pub(super) next_id: AtomicU64,
}

/// A pipeline known by name: what recovery runs.
pub(crate) struct Registered<R> {
    pub(super) name: &'static str,
    pub(super) fingerprint: u128,
    pub(super) graph: &'static Graph,
    pub(super) check: Check,
    pub(super) fits: Fits<R>,
    pub(super) go_on: GoOn<R>,
    pub(super) keeps: Keeps<R>,
}

impl<R> Clone for Flujo<R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}
impl<R> fmt::Debug for Flujo<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.shared.registered.iter().map(|p| p.name).collect();
        f.debug_struct("Flujo").field("pipelines", &names).finish_non_exhaustive()
    }
}

impl Flujo {
    /// Puts one together.
    pub fn builder() -> Builder<()> {
        Builder::new()
    }
}

impl<R: Send + Sync + 'static> Flujo<R> {
    /// The resources.
    pub fn resources(&self) -> &R {
        &self.shared.resources
    }

    /// Prepares a run of a pipeline; `.await` runs it.
    pub fn run<P>(&self, call: StepCall<P>) -> Run<P, R, P::Context>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        Run::new(self.clone(), call)
    }

    /// Starts a run in the background: `self.run(call).start()`, for a pipeline whose context has a default.
    pub fn start<P>(&self, call: StepCall<P>) -> super::RunHandle<P>
    where
        P: Pipeline + RunIn<P::Context, R>,
        P::Context: Default,
    {
        self.run(call).start()
    }

    /// Runs a pipeline whose context has a default as a stream of its events: `self.run(call).stream()`.
    pub fn stream<P>(&self, call: StepCall<P>) -> RunStream<PipelineResult<P::Output, P::Context>>
    where
        P: Pipeline + RunIn<P::Context, R>,
        P::Context: Default,
    {
        self.run(call).stream()
    }

    /// Prepares to go on with a run that is paused, has failed, or was interrupted; `.await` goes on.
    pub fn resume<P>(&self, id: impl Into<RunId>) -> Resume<P, R>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        Resume::new(self.clone(), id.into())
    }

    /// Ends a run at its next command, for good.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    pub async fn cancel(&self, id: impl Into<RunId>) -> RunResult<()> {
        self.engine()?.cancel(&id.into()).await
    }

    /// Everything that is recorded of a run.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    pub async fn inspect(&self, id: impl Into<RunId>) -> RunResult<RunView> {
        let id = id.into();
        let view = self.engine()?.view(&id).await?;
        view.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }

    pub(super) fn engine(&self) -> RunResult<&Arc<dyn Engine>> {
        self.shared.engine.as_ref().ok_or_else(|| {
            Error::setup(
                "an ephemeral engine records nothing, so there are no runs to look up, answer or resume",
            )
        })
    }

    /// What resuming comes to where the code is other code than the run began with, and does not fit: known before
    /// anything runs, and before anything is written.
    pub(super) async fn misfit<P>(
        &self,
        view: &RunView,
    ) -> RunResult<Option<PipelineResult<P::Output, P::Context>>>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        if view.run.fingerprint == P::FINGERPRINT && view.run.graph.has_types_of(P::GRAPH) {
            return Ok(None);
        }
        let program = self.program::<P>(self.engine()?.clock(), &view.run, view, None);
        let Some(signal) = rehearsal::mismatch(view, &program, P::GRAPH).await else { return Ok(None) };
        let result = self.result::<P>(&view.run.id).await?;
        Ok(Some(PipelineResult { outcome: Outcome::Failed(signal.into()), ..result }))
    }

    /// Works on a run until it ends, pauses, fails or is cancelled.
    pub(super) async fn execute<P>(
        &self,
        run: Arc<RunRecord>,
        watchers: Watchers,
    ) -> RunResult<PipelineResult<P::Output, P::Context>>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        let engine = self.engine()?;
        let id = run.id.clone();
        let view = self.inspect(&id).await?;
        if let Some(misfit) = self.misfit::<P>(&view).await? {
            return Ok(misfit);
        }
        let hub = self.shared.hub::<P>(&id, watchers, Some(&view));
        let program = self.program::<P>(engine.clock(), &run, &view, hub.clone());
        let running = engine.execute(&id, Arc::new(program));
        let done = match &hub {
            None => running.await,
            Some(hub) => Box::pin(Watched::new(Arc::clone(hub), running)).await,
        };
        let result = match done {
            // Somebody else was faster, which is as good.
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => match engine.idle(&id).await {
                Ok(()) => self.result::<P>(&id).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
            Ok(()) => self.result::<P>(&id).await,
        };
        watch::told(hub.as_ref(), &result);
        result
    }

    pub(super) fn program<P: Pipeline>(
        &self,
        clock: Arc<dyn Clock>,
        run: &Arc<RunRecord>,
        view: &RunView,
        hub: Option<Arc<Hub>>,
    ) -> Start<P, R> {
        Start {
            shared: Arc::clone(&self.shared),
            clock,
            run: Arc::clone(run),
            scopes: scopes(view),
            forgiven: view.forgiven.clone(),
            active: view.active,
            hub,
            pipeline: PhantomData,
        }
    }

    /// What is recorded of a run, as a result.
    pub(super) async fn result<P>(&self, id: &RunId) -> RunResult<PipelineResult<P::Output, P::Context>>
    where
        P: Pipeline,
    {
        let view = self.inspect(id).await?;
        let mismatch = |e| {
            let what = format!("the context of the run does not decode any more: {e}");
            Error::from(crate::error::Signal::mismatch(P::FACTS.name.into(), what))
        };
        Ok(PipelineResult {
            run_id: id.clone(),
            outcome: PipelineResult::<P::Output, P::Context>::outcome_of(&view),
            context: view.context.decode().map_err(mismatch)?,
            steps: StepResult::of_records(&view.records),
            usage: view.usage,
            trace: Trace::new(view.records, view.answered.clone()),
            hitl_history: view.answered,
        })
    }
}

impl<R> Shared<R> {
    /// Where the events of a run come together, if anybody looks.
    pub(super) fn hub<P: Pipeline>(
        &self,
        id: &RunId,
        watchers: Watchers,
        view: Option<&RunView>,
    ) -> Option<Arc<Hub>> {
        let Watchers { observers, fresh } = watchers;
        let all = self.watchers.observers.iter().cloned().chain(observers);
        let hub = Hub::new(id, (P::FACTS.name, P::GRAPH), &self.clock, all)?;
        Some(Arc::new(match view {
            Some(view) => hub.resumes(view, &fresh),
            None => hub,
        }))
    }

    /// Gives a run what the engine was given, and what it may use.
    pub(super) fn furnish(&self, mut env: RunEnv, limits: UsageLimits) -> RunEnv {
        env.limit(limits, self.budget.as_ref());
        env.engine.clone_from(&self.engine);
        env.estimate = self.estimate;
        env.models.clone_from(&self.models);
        env.prices.clone_from(&self.prices);
        env.model_defaults.clone_from(&self.model_defaults);
        env.stubs.clone_from(&self.stubs);
        env.cache = Some(Arc::clone(&self.cache));
        env
    }
}

/// The time of calls and forms: a run that failed goes on with all of it, from where its failed node ended.
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
