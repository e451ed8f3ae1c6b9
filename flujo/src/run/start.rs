use super::RunEnv;
use super::affordable::affordable;
use super::control::is_the_same;
use super::flujo::Flujo;
use super::handle::RunHandle;
use super::in_time::in_time;
use super::outcome::{Outcome, PipelineResult, by_model};
use super::result::StepResult;
use super::trace::Trace;
use super::watch::{self, Watchers};
use crate::codec::Json;
use crate::context::Context;
use crate::cx::{Cx, Pipeline};
use crate::durable::Inputs;
use crate::engine::{BoxFuture, RunGraph, RunId, RunRecord, Seed, Status};
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::{Observer, Watched};
use crate::graph::{Graph, reads_run};
use crate::path::{NodeId, Path};
use crate::step::{RunIn, Step, StepCall};
use crate::usage::{Usage, UsageLimits};
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

/// What runs a prepared run; it keeps the bounds of pipeline and resources out of the types that a user
/// sees, so that one missing service is one error.
type Go<P, R, C> = fn(Flujo<R>, Prepared<P>, C) -> BoxFuture<'static, PipelineResult<<P as Step>::Output, C>>;

/// A run that is being prepared; `.await` runs it.
#[must_use = "a run does nothing until it is awaited"]
pub struct Run<P: Step, R, C, S = Unset> {
    flujo: Flujo<R>,
    prepared: Option<(Prepared<P>, S)>,
    go: Go<P, R, C>,
    running: Option<BoxFuture<'static, PipelineResult<P::Output, C>>>,
}

/// What was said about a run.
struct Prepared<P: Step> {
    call: StepCall<P>,
    id: Option<RunId>,
    limits: Option<UsageLimits>,
    retries: Option<u32>,
    watchers: Watchers,
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

impl<P: Step, R, C, S> fmt::Debug for Run<P, R, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("pipeline", &P::FACTS.name).finish_non_exhaustive()
    }
}

impl<P: Step, R, C> Run<P, R, C> {
    pub(super) fn new(flujo: Flujo<R>, call: StepCall<P>) -> Self
    where
        P: Pipeline<Context = C> + RunIn<C, R>,
        R: Send + Sync + 'static,
        C: Context,
    {
        let prepared =
            Prepared { call, id: None, limits: None, retries: None, watchers: Watchers::default() };
        let go: Go<P, R, C> = |flujo, prepared, context| Box::pin(go(flujo, prepared, context));
        Self { flujo, prepared: Some((prepared, Unset)), go, running: None }
    }

    /// The context that the run begins with.
    pub fn context(self, context: C) -> Run<P, R, C, Given<C>> {
        let Self { flujo, prepared, go, running } = self;
        Run { flujo, prepared: prepared.map(|(prepared, _)| (prepared, Given(context))), go, running }
    }
}

impl<P: Step, R, C, S> Run<P, R, C, S> {
    /// What it will run on: a handle to resume it with.
    pub fn flujo(&self) -> &Flujo<R> {
        &self.flujo
    }

    /// Gives the run an id. A second `run` with the same id and the same input attaches to the first: it
    /// waits for a live one and returns any other as it is. Another input is an error.
    pub fn id(mut self, id: impl Into<RunId>) -> Self {
        if let Some((prepared, _)) = &mut self.prepared {
            prepared.id = Some(id.into());
        }
        self
    }

    /// Restarts the run `n` times at the node that failed, unless that failed for good: what finished stays
    /// finished, its context changes too, and attempts are numbered on. It is written down with the run, so a
    /// restart of the process does not count again from the beginning. It goes before what the call and the
    /// builder say; 0 if nobody says anything.
    pub fn retries(mut self, n: u32) -> Self {
        if let Some((prepared, _)) = &mut self.prepared {
            prepared.retries = Some(n);
        }
        self
    }

    /// What this run may use. The engine's default holds too: for each unit, the tighter one.
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        if let Some((prepared, _)) = &mut self.prepared {
            prepared.limits = Some(limits);
        }
        self
    }

    /// Looks at this run, beside the engine's observers; call it once for each observer. A run that attaches
    /// to one that somebody else works on has no events of its own.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        if let Some((prepared, _)) = &mut self.prepared {
            prepared.watchers.add(observer);
        }
        self
    }
}

/// It holds its future in a box, and nothing in it is pinned.
impl<P: Step, R, C, S> Unpin for Run<P, R, C, S> {}

/// A future, not something that becomes one: for `IntoFuture` rustc has a blanket impl beside ours, and where
/// there are two it does not say which bound of ours was missed.
impl<P: Step, R, C, S: ContextGiven<C>> Future for Run<P, R, C, S> {
    type Output = PipelineResult<P::Output, C>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if let Some((prepared, context)) = self.prepared.take() {
            let running = (self.go)(self.flujo.clone(), prepared, context.initial());
            self.running = Some(running);
        }
        match &mut self.running {
            Some(running) => running.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<P, R, C, S> Run<P, R, C, S>
where
    P: Pipeline<Context = C>,
    R: Send + Sync + 'static,
    C: Context,
    S: ContextGiven<C> + 'static,
{
    /// The id, which is made up now if none was given.
    pub(super) fn decide_id(&mut self) -> RunId {
        let fresh = fresh(&self.flujo);
        match &mut self.prepared {
            Some((prepared, _)) => prepared.id.get_or_insert(fresh).clone(),
            None => fresh,
        }
    }

    /// Runs it on a task of its own, which needs a tokio runtime.
    pub fn start(mut self) -> RunHandle<P> {
        let id = self.decide_id();
        let engine = self.flujo.shared.engine.clone();
        RunHandle { id, engine, task: tokio::spawn(self) }
    }
}

type Done<P> = PipelineResult<<P as Step>::Output, <P as Pipeline>::Context>;

async fn go<P, R>(flujo: Flujo<R>, prepared: Prepared<P>, context: P::Context) -> Done<P>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let Prepared { mut call, id, limits, retries, watchers } = prepared;
    let said = retries.or_else(|| call.options.as_ref().and_then(|options| options.retries));
    let retries = said.unwrap_or(flujo.shared.retries);
    if retries > 0 || said.is_some() {
        call = call.retries(retries);
    }
    let id = id.unwrap_or_else(|| fresh(&flujo));
    let limits = limits.map_or(flujo.shared.limits, |limits| limits.tightest(flujo.shared.limits));
    if flujo.shared.engine.is_none() {
        return ephemeral(&flujo, (call, id), limits, context, watchers).await;
    }
    match durable(&flujo, call, id.clone(), (limits, watchers), &context).await {
        Ok(result) => result,
        Err(error) => failed(id, error, context),
    }
}

fn failed<T, C>(run_id: RunId, error: Error, context: C) -> PipelineResult<T, C> {
    PipelineResult {
        run_id,
        outcome: Outcome::Failed(error),
        context,
        steps: Vec::new(),
        usage: Usage::default(),
        trace: Trace::default(),
        hitl_history: Vec::new(),
    }
}

/// Ids of runs that were given none: random, so that two processes on one database never meet.
fn fresh<R>(flujo: &Flujo<R>) -> RunId {
    let word = || RandomState::new().build_hasher().finish();
    let n = flujo.shared.next_id.fetch_add(1, Ordering::Relaxed);
    // By hand: of a short run that records nothing, formatting would be a part that one can measure.
    let (mut text, words) = (String::with_capacity(24), [(word() ^ n, 16), (word() >> 32, 8)]);
    for (word, digits) in words {
        let digit = |i: u32| char::from_digit(u32::try_from(word >> (4 * i) & 15).unwrap_or(0), 16);
        text.extend((0..digits).rev().filter_map(digit));
    }
    RunId::from(text)
}

/// The graph; whether the engine knows another pipeline by its name, whether limits can be kept, and whether
/// the call says nothing that a run has words of its own for.
fn checked<P: Pipeline, R>(
    flujo: &Flujo<R>,
    call: &StepCall<P>,
    limits: &UsageLimits,
) -> RunResult<&'static Graph> {
    let graph = P::GRAPH;
    let options = call.options.as_deref();
    // A run is continued without the call that it began with: these would be lost.
    let lost = [
        ("timeout", options.is_some_and(|o| o.timeout.is_some()), "UsageLimits::default().active_time(..)"),
        ("limits", options.is_some_and(|o| o.limits.is_some()), ".."),
    ];
    if let Some((word, _, limits)) = lost.iter().find(|(_, given, _)| *given) {
        let what = format!("`.{word}` on the pipeline that is run: write `flujo.run(..).limits({limits})`");
        return Err(Error::setup(what).at(Path::from(graph.name)));
    }
    let registered = &flujo.shared.registered;
    let other = registered.iter().any(|p| p.name == graph.name && p.fingerprint != P::FINGERPRINT);
    if other {
        return Err(Error::setup(format!(
            "another pipeline is registered with the durable name `{}`: give one another with \
             `#[pipeline(name = \"..\")]`",
            graph.name
        )));
    }
    let shared = &flujo.shared;
    // What a stub answers costs nothing: which steps it stands in for is only known when they run.
    if shared.stubs.is_empty() {
        let defaults = shared.model_defaults.as_deref();
        let budget = shared.budget.as_ref().map_or(UsageLimits::NONE, crate::usage::SharedBudget::limits);
        affordable(graph, &limits.tightest(budget), shared.prices.as_deref(), defaults)?;
        if let Some(client) = shared.models.as_deref() {
            let known = shared.answerable.check(graph, P::FINGERPRINT, client, defaults);
            known.map_err(|(path, why)| Error::setup(why).at(Path::from(path.as_str())))?;
        }
    }
    Ok(graph)
}

async fn durable<P, R>(
    flujo: &Flujo<R>,
    call: StepCall<P>,
    id: RunId,
    (limits, watchers): (UsageLimits, Watchers),
    context: &P::Context,
) -> RunResult<Done<P>>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let graph = checked::<P, R>(flujo, &call, &limits)?;
    let at = |e| Error::new(ErrorKind::Codec(e)).at(Path::from(graph.name));
    let input = call.input.record().map_err(at)?;
    let record = RunRecord {
        id: id.clone(),
        pipeline: graph.name.to_owned(),
        fingerprint: P::FINGERPRINT,
        graph: RunGraph::Code(graph),
        digest: input.digest(),
        input,
        context: Json::encode(context).map_err(at)?,
        limits,
        retries: call.options.as_ref().and_then(|options| options.retries).unwrap_or(0),
        seed: Seed::default(),
    };
    let (digest, record) = (record.digest, record);
    let engine = flujo.engine()?;
    let Some(found) = engine.create(record).await? else {
        let run = flujo.inspect(&id).await?.run;
        return flujo.execute::<P>(run, watchers).await;
    };
    is_the_same(&found, (graph.name, digest))?;
    match found.status {
        Status::Running => engine.idle(&id).await?,
        // Whoever created it has not come to begin it, or never will: the first to take it runs it.
        Status::Created => return flujo.execute::<P>(found.run, watchers).await,
        Status::Paused | Status::Interrupted | Status::Ended(_) => {}
    }
    flujo.result::<P>(&id).await
}

async fn ephemeral<P, R>(
    flujo: &Flujo<R>,
    (call, id): (StepCall<P>, RunId),
    limits: UsageLimits,
    mut context: P::Context,
    watchers: Watchers,
) -> Done<P>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let refuse = |error, context| failed(id.clone(), error, context);
    match checked::<P, R>(flujo, &call, &limits) {
        Err(error) => return refuse(error, context),
        Ok(graph) if P::FACTS.bounds.questions != Some(0) => {
            let what = format!("`{}` may ask a question, which an ephemeral run cannot wait for", graph.name);
            return refuse(Error::setup(what).at(Path::from(graph.name)), context);
        }
        Ok(_) => {}
    }
    let hub = flujo.shared.hub::<P>(&id, watchers, None);
    // A stub may look at the run, whatever it stands in for.
    let looked_at = const { reads_run(P::GRAPH) } || hub.is_some() || !flujo.shared.stubs.is_empty();
    let input = if looked_at {
        match call.input.record() {
            Ok(input) => input,
            Err(e) => return refuse(Error::new(ErrorKind::Codec(e)).at(Path::from(P::FACTS.name)), context),
        }
    } else {
        Json::null()
    };
    let env = RunEnv::new(id.clone(), input, Arc::clone(&flujo.shared.clock));
    let env = Arc::new(flujo.shared.furnish(env, limits).watched(hub.as_ref()));
    if let Some(hub) = &hub {
        hub.run_started(&env.input);
    }
    let (mut written, mut own) = (0, Vec::with_capacity(P::GRAPH.nodes.len()));
    let mut cx = Cx::root(&mut context, &flujo.shared.resources, &env, None, &mut written, Some(&mut own));
    let run = P::exec(&mut cx, NodeId::new(P::FACTS.name), call);
    let done = match (limits.active_time, &hub) {
        (None, None) => run.await,
        (Some(limit), None) => in_time(&env, (limit, Duration::ZERO), P::FACTS.name, Box::pin(run)).await,
        (None, Some(hub)) => Box::pin(Watched::new(Arc::clone(hub), run)).await,
        (Some(limit), Some(hub)) => {
            let run = Box::pin(Watched::new(Arc::clone(hub), run));
            in_time(&env, (limit, Duration::ZERO), P::FACTS.name, run).await
        }
    };
    let outcome = match done {
        Ok(output) => Outcome::Done(output),
        Err(error) => Outcome::Failed(error),
    };
    // Arms met in the log of the run; what came after the last of them, or all there is, stands in `own`.
    let mut steps = std::mem::take(&mut *env.log());
    if steps.is_empty() {
        steps = own;
    } else {
        steps.append(&mut own);
    }
    let usage = steps.iter().map(StepResult::usage).sum::<Usage>() + env.given_up();
    if let Some(hub) = &hub {
        hub.run_ended(watch::ended(&outcome), usage, by_model(&steps));
    }
    let (trace, hitl_history) = (Trace::default(), Vec::new());
    PipelineResult { run_id: id, outcome, context, steps, usage, trace, hitl_history }
}
