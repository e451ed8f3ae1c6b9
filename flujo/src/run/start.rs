use super::flujo::Flujo;
use super::handle::RunHandle;
use super::outcome::PipelineResult;
use super::prepare::{CallOptions, Plan, RunOptions};
use super::registry::{PipelineInfo, TypedExecution};
use crate::context::Context;
use crate::engine::RunId;
use crate::events::Observer;
use crate::exec::Pipeline;
use crate::future::BoxFuture;
use crate::step::{RunIn, Step, StepCall};
use crate::usage::UsageLimits;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

/// What runs a prepared run; it keeps the bounds of pipeline and resources out of the types that a user
/// sees, so that one missing service is one error.
type Go<P, R, C> = fn(
    &Flujo<R>,
    &mut RunOptions,
    StepCall<P>,
    C,
) -> BoxFuture<'static, PipelineResult<<P as Step>::Output, C>>;

/// A run that is being prepared; `.await` runs it.
#[must_use = "a run does nothing until it is awaited"]
pub struct Run<P: Step, R, C, S = Unset> {
    flujo: Flujo<R>,
    /// The call and the context, until it runs.
    begins: Option<(StepCall<P>, S)>,
    options: RunOptions,
    go: Go<P, R, C>,
    running: Option<BoxFuture<'static, PipelineResult<P::Output, C>>>,
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
        Self { flujo, begins: Some((call, Unset)), options: RunOptions::new(), go: go::<P, R>, running: None }
    }

    /// The context that the run begins with.
    pub fn context(self, context: C) -> Run<P, R, C, Given<C>> {
        let Self { flujo, begins, options, go, running } = self;
        let begins = begins.map(|(call, Unset)| (call, Given(context)));
        Run { flujo, begins, options, go, running }
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
        self.options.id = Some(id.into());
        self
    }

    /// Restarts the run `n` times at the node that failed, unless that failed for good: what finished stays
    /// finished, its context changes too, and attempts are numbered on. It is written down with the run, so a
    /// restart of the process does not count again from the beginning. It goes before what the call and the
    /// builder say; 0 if nobody says anything.
    pub fn retries(mut self, n: u32) -> Self {
        self.options.retries = Some(n);
        self
    }

    /// What this run may use. The engine's default holds too: for each unit, the tighter one.
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.options.limits = Some(limits);
        self
    }

    /// Looks at this run, beside the engine's observers; call it once for each observer. A run that attaches
    /// to one that somebody else works on has no events of its own.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.options.watchers.add(observer);
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
        if let Some((call, context)) = self.begins.take() {
            let this = &mut *self;
            this.running = Some((this.go)(&this.flujo, &mut this.options, call, context.initial()));
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
        let runtime = &self.flujo.runtime;
        self.options.id.get_or_insert_with(|| runtime.fresh_id()).clone()
    }

    /// Runs it on a task of its own, which needs a tokio runtime.
    pub fn start(mut self) -> RunHandle<P> {
        let id = self.decide_id();
        let engine = self.flujo.runtime.engine.clone();
        RunHandle { id, engine, task: tokio::spawn(self) }
    }
}

/// The typed part of a run: it moves and encodes values. What it calls is compiled once.
fn go<P, R>(
    flujo: &Flujo<R>,
    options: &mut RunOptions,
    call: StepCall<P>,
    context: P::Context,
) -> BoxFuture<'static, PipelineResult<P::Output, P::Context>>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    let said = CallOptions::of(call.options.as_deref());
    let plan = Plan::new(&flujo.runtime, PipelineInfo::of::<P>(), options, said);
    let mut execution = TypedExecution::new(call, context, &flujo.resources);
    Box::pin(async move {
        let ended = plan.run(&mut execution).await;
        let (outcome, account) = ended.settle(&mut execution);
        account.into_result(outcome, execution.output, execution.context)
    })
}
