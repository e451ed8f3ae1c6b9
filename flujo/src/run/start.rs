use super::flujo::Flujo;
use super::outcome::{Outcome, PipelineResult};
use super::result::StepResult;
use super::RunEnv;
use crate::codec::Json;
use crate::cx::{Cx, Pipeline};
use crate::durable::Inputs;
use crate::engine::{BoxFuture, RunId, RunRecord, Status};
use crate::error::{Error, ErrorKind, RunResult};
use crate::graph::Graph;
use crate::path::{NodeId, Path};
use crate::step::{RunIn, StepCall};
use crate::usage::UsageLimits;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::IntoFuture;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A run that is being prepared; `.await` runs it.
#[must_use = "a run does nothing until it is awaited"]
pub struct Run<P: Pipeline, R, S> {
    flujo: Flujo<R>,
    call: StepCall<P>,
    id: Option<RunId>,
    limits: Option<UsageLimits>,
    context: S,
}

/// No context was given: its `Default` is taken.
#[derive(Debug)]
pub struct Unset;
/// The context that was given.
#[derive(Debug)]
pub struct Given<C>(C);

/// Where the initial context comes from.
#[diagnostic::on_unimplemented(
    message = "this run needs a context: `{C}` has no `Default`",
    label = "add `.context(..)` before `.await`"
)]
pub trait ContextGiven<C>: Send {
    /// The context.
    fn initial(self) -> C;
}
#[diagnostic::do_not_recommend]
impl<C: Default> ContextGiven<C> for Unset {
    fn initial(self) -> C {
        C::default()
    }
}
impl<C: Send> ContextGiven<C> for Given<C> {
    fn initial(self) -> C {
        self.0
    }
}

impl<P: Pipeline, R, S> fmt::Debug for Run<P, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("pipeline", &P::FACTS.name).field("id", &self.id).finish_non_exhaustive()
    }
}

impl<P: Pipeline, R> Run<P, R, Unset> {
    pub(super) fn new(flujo: Flujo<R>, call: StepCall<P>) -> Self {
        Self { flujo, call, id: None, limits: None, context: Unset }
    }

    /// The context that the run begins with.
    pub fn context(self, context: P::Context) -> Run<P, R, Given<P::Context>> {
        Run {
            flujo: self.flujo,
            call: self.call,
            id: self.id,
            limits: self.limits,
            context: Given(context),
        }
    }
}

impl<P: Pipeline, R, S> Run<P, R, S> {
    /// Gives the run an id. A second `run` with the same id and the same input attaches to the first: it
    /// waits for a live one and returns any other as it is. Another input is an error.
    pub fn id(mut self, id: impl Into<RunId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What this run may use, instead of the engine's default.
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.limits = Some(limits);
        self
    }
}

type Done<P> = PipelineResult<<P as crate::step::Step>::Output, <P as Pipeline>::Context>;

impl<P, R, S> Run<P, R, S>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
    S: ContextGiven<P::Context> + 'static,
{
    /// Runs it on a task of its own, which needs a tokio runtime.
    pub fn start(mut self) -> RunHandle<P> {
        let id = self.id.get_or_insert_with(|| fresh(&self.flujo)).clone();
        let flujo = self.flujo.shared.engine.clone();
        let task = tokio::spawn(self.go());
        RunHandle { id, engine: flujo, task }
    }

    async fn go(self) -> Done<P> {
        let Self { flujo, call, id, limits, context } = self;
        let context = context.initial();
        let id = id.unwrap_or_else(|| fresh(&flujo));
        if flujo.shared.engine.is_none() {
            return ephemeral(&flujo, call, id, context).await;
        }
        let kept = context.clone();
        match durable(&flujo, call, id.clone(), limits, &context).await {
            Ok(result) => result,
            Err(error) => failed(id, error, kept),
        }
    }
}

fn failed<T, C>(run_id: RunId, error: Error, context: C) -> PipelineResult<T, C> {
    PipelineResult {
        run_id,
        outcome: Outcome::Failed(error),
        context,
        steps: Vec::new(),
        usage: crate::usage::Usage::default(),
        hitl_history: Vec::new(),
    }
}

/// Ids of runs that were given none: random, so that two processes on one database never meet.
fn fresh<R>(flujo: &Flujo<R>) -> RunId {
    let word = || RandomState::new().build_hasher().finish();
    let n = flujo.shared.next_id.fetch_add(1, Ordering::Relaxed);
    RunId::from(format!("{:016x}{:08x}", word() ^ n, word() >> 32))
}

/// The graph, and whether the engine knows another pipeline by its name.
fn checked<P: Pipeline, R>(flujo: &Flujo<R>) -> RunResult<&'static Graph> {
    let graph = P::FACTS.graph.ok_or_else(|| Error::setup("only pipelines can be run"))?;
    let registered = &flujo.shared.registered;
    let other = registered.iter().any(|p| p.name == graph.name && p.fingerprint != P::FINGERPRINT);
    if other {
        return Err(Error::setup(format!(
            "another pipeline is registered with the durable name `{}`: give one another with \
             `#[pipeline(name = \"..\")]`",
            graph.name
        )));
    }
    Ok(graph)
}

async fn durable<P, R>(
    flujo: &Flujo<R>,
    call: StepCall<P>,
    id: RunId,
    limits: Option<UsageLimits>,
    context: &P::Context,
) -> RunResult<Done<P>>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let graph = checked::<P, R>(flujo)?;
    let at = |e| Error::new(ErrorKind::Codec(e)).at(Path::from(graph.name));
    let input = call.input.record().map_err(at)?;
    let record = RunRecord {
        id: id.clone(),
        pipeline: graph.name.to_owned(),
        fingerprint: P::FINGERPRINT,
        graph,
        digest: input.digest(),
        input,
        context: Json::encode(context).map_err(at)?,
        limits: limits.unwrap_or(flujo.shared.limits),
        seed: Vec::new(),
        seed_origin: None,
    };
    let (digest, record) = (record.digest, record);
    let engine = flujo.engine()?;
    let Some(found) = engine.create(record).await? else {
        let run = flujo.inspect(&id).await?.run;
        return flujo.execute::<P>(run).await;
    };
    let conflict = |what: &str| Err(Error::new(ErrorKind::RunConflict(format!("run `{id}` exists with {what}"))));
    if found.run.pipeline != graph.name {
        return conflict(&format!("another pipeline, `{}`", found.run.pipeline));
    }
    if found.run.digest != digest {
        return conflict("another input: use another id, or the same input to attach");
    }
    if found.status == Status::Running {
        engine.idle(&id).await?;
    }
    flujo.result::<P>(&id).await
}

async fn ephemeral<P, R>(flujo: &Flujo<R>, call: StepCall<P>, id: RunId, mut context: P::Context) -> Done<P>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let refuse = |error, context| failed(id.clone(), error, context);
    match checked::<P, R>(flujo) {
        Err(error) => return refuse(error, context),
        Ok(graph) if P::FACTS.bounds.questions != Some(0) => {
            let what = format!("`{}` may ask a question, which an ephemeral run cannot wait for", graph.name);
            return refuse(Error::setup(what).at(Path::from(graph.name)), context);
        }
        Ok(_) => {}
    }
    let input = match call.input.record() {
        Ok(input) => input,
        Err(e) => return refuse(Error::new(ErrorKind::Codec(e)).at(Path::from(P::FACTS.name)), context),
    };
    let env = RunEnv::new(id.clone(), input, Arc::clone(&flujo.shared.clock)).logged(P::FACTS.graph.map_or(0, |graph| graph.nodes.len()));
    let env = Arc::new(flujo.shared.furnish(env));
    let mut written = 0;
    let mut cx = Cx::root(&mut context, &flujo.shared.resources, &env, None, &mut written);
    let outcome = match P::exec(&mut cx, NodeId::new(P::FACTS.name), call).await {
        Ok(output) => Outcome::Done(output),
        Err(error) => Outcome::Failed(error),
    };
    let steps = env.take_log();
    let usage = steps.iter().map(StepResult::usage).sum();
    PipelineResult { run_id: id, outcome, context, steps, usage, hitl_history: Vec::new() }
}

impl<P, R, S> IntoFuture for Run<P, R, S>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
    S: ContextGiven<P::Context> + 'static,
{
    type Output = Done<P>;
    type IntoFuture = BoxFuture<'static, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.go())
    }
}

/// A run in the background.
pub struct RunHandle<P: Pipeline> {
    id: RunId,
    engine: Option<Arc<dyn crate::engine::Engine>>,
    task: tokio::task::JoinHandle<Done<P>>,
}

impl<P: Pipeline> fmt::Debug for RunHandle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<P: Pipeline> RunHandle<P> {
    /// The id of the run.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Ends the run at its next command, for good.
    ///
    /// # Errors
    /// The engine failed, or the run has not begun yet.
    pub async fn cancel(&self) -> RunResult<()> {
        let Some(engine) = &self.engine else {
            self.task.abort();
            return Ok(());
        };
        engine.cancel(&self.id).await
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// The task is gone: its runtime was shut down.
    pub async fn wait(self) -> RunResult<Done<P>> {
        self.task.await.map_err(|_| Error::new(ErrorKind::Interrupted))
    }
}
