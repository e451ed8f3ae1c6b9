use super::flujo::Flujo;
use super::handle::RunHandle;
use super::outcome::PipelineResult;
use super::prepare::{CallOptions, PendingRun, RunOptions};
use super::registry::{PipelineInfo, TypedExecution};
use crate::context::Context;
use crate::engine::RunId;
use crate::events::Observer;
use crate::exec::Pipeline;
use crate::future::{BoxFuture, boxed};
use crate::step::{RunIn, Step, StepCall};
use crate::usage::UsageLimits;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

/// The function that runs a prepared run; it hides the bounds of pipeline and resources from the types that a user
/// sees, so that one missing service is one error.
type Go<P, R, C> = fn(
    &Flujo<R>,
    &mut RunOptions,
    StepCall<P>,
    C,
) -> BoxFuture<'static, PipelineResult<<P as Step>::Output, C>>;

/// A run that is being prepared; `.await` runs it.
///
/// ```
/// use flujo::prelude::*;
///
/// #[context]
/// struct Seen {
///     #[context(part)]
///     names: Vec<String>,
/// }
/// #[step]
/// async fn greet(name: String, names: &mut Vec<String>) -> Result<String> {
///     names.push(name.clone());
///     Ok(format!("Hello, {name}!"))
/// }
/// pipeline! {
///     fn welcome(name: String, ctx: &mut Seen) -> String { greet(name) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let run = flujo
///     .run(welcome("Ada".to_owned()))
///     .id("r-1")
///     .context(Seen { names: vec![] })
///     .retries(1)
///     .limits(UsageLimits::usd("0.50"))
///     .label("tenant", "acme")
///     .by("importer");
/// assert!(run.flujo().list(&Default::default()).await?.is_empty());
/// let result = run.start().await?;
/// assert_eq!(result.context.names, ["Ada"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "a run does nothing until it is awaited"]
pub struct Run<P: Step, R, C, S = Unset> {
    flujo: Flujo<R>,
    /// The call and the context; taken when the run starts.
    begins: Option<(StepCall<P>, S)>,
    options: RunOptions,
    go: Go<P, R, C>,
    running: Option<BoxFuture<'static, PipelineResult<P::Output, C>>>,
}

/// The source of a default context: no context was given.
#[derive(Debug)]
pub struct Unset;
/// The source of a given context.
#[derive(Debug)]
pub struct Given<C>(C);

/// The source of the initial context.
#[diagnostic::on_unimplemented(
    message = "this run needs a context: `{C}` has no `Default` [context_not_given]",
    label = "add `.context(..)` before `.await`"
)]
pub trait ContextGiven<C>: Send {
    /// Returns the context.
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

    /// Sets the context that the run begins with.
    pub fn context(self, context: C) -> Run<P, R, C, Given<C>> {
        let Self { flujo, begins, options, go, running } = self;
        let begins = begins.map(|(call, Unset)| (call, Given(context)));
        Run { flujo, begins, options, go, running }
    }
}

impl<P: Step, R, C, S> Run<P, R, C, S> {
    /// Returns the [`Flujo`] that it runs on, for instance to resume the run.
    pub fn flujo(&self) -> &Flujo<R> {
        &self.flujo
    }

    /// Sets the id of the run. A second `run` with the same id and the same input attaches to the first: it waits
    /// while an execution works on it, and returns the result otherwise. Another input is an error.
    pub fn id(mut self, id: impl Into<RunId>) -> Self {
        self.options.id = Some(id.into());
        self
    }

    /// Sets the number of times the run restarts at the node that failed, unless the failure is fatal: completed
    /// nodes stay completed, with their context changes, and attempts continue their numbers. It is recorded with the
    /// run, so a restart of the process does not reset the count. Takes precedence over the call and the builder;
    /// defaults to 0.
    pub fn retries(mut self, n: u32) -> Self {
        self.options.retries = Some(n);
        self
    }

    /// Sets the limits of this run. The engine's default applies as well: for each unit, the tighter one holds.
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.options.limits = Some(limits);
        self
    }

    /// Adds a label, by which the run is found in lists: at most 16, see [`Labels`](crate::engine::Labels). A run that
    /// exists keeps the labels that it began with.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::engine::RunFilter;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// flujo.run(welcome("Ada".to_string())).label("tenant", "acme").await.into_output()?;
    /// assert_eq!(flujo.list(&RunFilter::default().label("tenant", "acme")).await?.len(), 1);
    /// assert_eq!(flujo.list(&RunFilter::default().label("tenant", "other")).await?.len(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.labels.push((name.into(), value.into()));
        self
    }

    /// Sets the name of the person or program that starts the run, for its
    /// [`actions`](crate::engine::RunView::actions).
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.options.by = Some(who.into());
        self
    }

    /// Adds an observer of this run, beside the engine's observers; call it once for each observer. A run that
    /// attaches to the execution of another owner has no events of its own.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.options.watchers.add(observer);
        self
    }
}

/// The future is boxed, and no field is pinned.
impl<P: Step, R, C, S> Unpin for Run<P, R, C, S> {}

/// Implements `Future` and not `IntoFuture`: for that rustc has a blanket impl beside this one, and with two
/// candidates its error does not say which bound is missing.
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
    /// Returns the id; generates one if none was given.
    pub(super) fn decide_id(&mut self) -> RunId {
        let runtime = &self.flujo.runtime;
        self.options.id.get_or_insert_with(|| runtime.fresh_id()).clone()
    }

    /// Starts the run on a task of its own, which needs a tokio runtime.
    pub fn start(mut self) -> RunHandle<P> {
        let id = self.decide_id();
        let engine = self.flujo.runtime.engine.clone();
        RunHandle { id, engine, task: tokio::spawn(self) }
    }
}

/// The typed part of a run: it moves and encodes values. The functions that it calls are compiled once.
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
    let plan = PendingRun::new(&flujo.runtime, PipelineInfo::of::<P>(), options, said);
    let mut execution = TypedExecution::new(call, context, &flujo.resources);
    boxed!(async move {
        let ended = plan.run(&mut execution).await;
        let (outcome, account) = ended.settle(&mut execution);
        account.into_result(outcome, execution.output, execution.context)
    })
}
