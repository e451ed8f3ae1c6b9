use super::Cx;
use super::any_step::finished;
use super::catch_panic::CatchInBody;
use super::driver::Driver;
use super::node_events;
use super::results::Results;
use crate::context::{Contains, Context};
use crate::durable::{AnyInput, Inputs};
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::{EventKind, What, ended};
use crate::future::{BoxFuture, boxed};
use crate::graph::{Facts, Graph, fingerprint};
use crate::path::{NodeId, Path, Scope, grammar};
use crate::step::writes::project;
use crate::step::{Fallback, Options, Step, StepCall, StepName, StepResult};

/// A pipeline: a step whose body drives other steps. Implemented by `pipeline!`.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::Pipeline;
///
/// /// Lists what a program can run.
/// fn line<P: Pipeline>() -> String {
///     format!("{} with {} nodes, {:032x}", P::GRAPH.name, P::GRAPH.nodes.len(), P::FINGERPRINT)
/// }
/// assert!(line::<welcome>().starts_with("welcome with 1 nodes, "));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a step, not a pipeline [not_a_pipeline]",
    label = "only pipelines are run",
    note = "call the step in a `pipeline!` and run that; in a unit test, `step(..).run(&mut context, &resources).await`"
)]
pub trait Pipeline: Step {
    /// The context type, `()` for none.
    type Context: Context;
    /// The resources type, `()` for none.
    type Resources: Send + Sync + 'static;
    /// The graph of the pipeline.
    const GRAPH: &'static Graph = match Self::FACTS.graph {
        Some(graph) => graph,
        None => &Graph::EMPTY,
    };
    /// The fingerprint of its graph.
    const FINGERPRINT: u128 = fingerprint(Self::GRAPH);
    /// The lowered body.
    #[doc(hidden)]
    fn body<'a>(
        input: Self::Input,
        cx: &'a mut Cx<'_, Self::Context, Self::Resources>,
    ) -> BoxFuture<'a, RunResult<Self::Output>>;
    /// Boxes the future of a body. That it is `Send` is proved there, once.
    #[doc(hidden)]
    fn boxed<'a>(
        body: impl Future<Output = RunResult<Self::Output>> + Send + 'a,
    ) -> BoxFuture<'a, RunResult<Self::Output>>
    where
        Self::Output: 'a,
    {
        Box::pin(body)
    }
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs a pipeline whose context is this one, or a part of it.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    pub fn pipeline<'a, P, F>(
        &'a mut self,
        res: &'a P::Resources,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> BoxFuture<'a, RunResult<P::Output>>
    where
        P: Pipeline,
        C: Contains<P::Context>,
        F: Fallback<C, R>,
    {
        let StepCall { input, options, .. } = call;
        let Self { ctx, driver, .. } = self;
        let ctx = <C as Contains<P::Context>>::part_mut(ctx);
        let name = Facts::of::<P>().name;
        let call = InnerCall { id, name, options, bit: <C as Contains<P::Context>>::BIT };
        Box::pin(async move {
            let mut body = TypedBody::<P> { ctx, res, input: Some(input), start: None, output: None };
            match driver.pipeline(call, &mut body).await {
                Ok(()) => finished(body.output),
                Err(error) => Err(error),
            }
        })
    }

    /// Runs a pipeline that has no context.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    pub fn pipeline_detached<'a, P, F>(
        &'a mut self,
        res: &'a P::Resources,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> BoxFuture<'a, RunResult<P::Output>>
    where
        P: Pipeline<Context = ()>,
        F: Fallback<C, R>,
    {
        let StepCall { input, options, .. } = call;
        let driver = &mut self.driver;
        Box::pin(async move {
            let (mut nothing, mut written) = ((), 0);
            let call = InnerCall { id, name: Facts::of::<P>().name, options, bit: None };
            let mut body =
                TypedBody::<P> { ctx: &mut nothing, res, input: Some(input), start: None, output: None };
            match driver.writing(&mut written).pipeline(call, &mut body).await {
                Ok(()) => finished(body.output),
                Err(error) => Err(error),
            }
        })
    }
}

/// A pipeline with its input, without its types.
trait AnyBody: Send {
    /// Runs the body once. The input is copied where another try may follow. The output is left here.
    fn run<'a>(&'a mut self, copy: bool, driver: Driver<'a>) -> BoxFuture<'a, RunResult<()>>;
    /// The input, until the body has taken it.
    fn input(&self) -> Option<&dyn AnyInput>;
    /// Copies the context, for tries that follow.
    fn remember(&mut self);
    /// Puts the copy in place.
    fn rewind(&mut self);
}

struct TypedBody<'c, P: Pipeline> {
    ctx: &'c mut P::Context,
    res: &'c P::Resources,
    input: Option<P::Input>,
    start: Option<P::Context>,
    output: Option<P::Output>,
}

impl<P: Pipeline> AnyBody for TypedBody<'_, P> {
    fn run<'a>(&'a mut self, copy: bool, driver: Driver<'a>) -> BoxFuture<'a, RunResult<()>> {
        let input = P::Input::take(&mut self.input, copy);
        let Self { ctx, res, output, .. } = self;
        Box::pin(async move {
            let Some(input) = input else {
                return Err(Error::internal("the input of a pipeline was taken twice"));
            };
            let mut cx = Cx { ctx: &mut **ctx, res: *res, driver };
            match P::body(input, &mut cx).await {
                Ok(done) => {
                    *output = Some(done);
                    Ok(())
                }
                Err(error) => Err(error),
            }
        })
    }
    fn input(&self) -> Option<&dyn AnyInput> {
        self.input.as_ref().map(Inputs::erased)
    }
    fn remember(&mut self) {
        self.start = Some(self.ctx.clone());
    }
    fn rewind(&mut self) {
        if let Some(start) = &self.start {
            self.ctx.clone_from(start);
        }
    }
}

/// The call of a pipeline inside of another one.
struct InnerCall {
    id: NodeId,
    name: &'static str,
    options: Option<Box<Options>>,
    /// Where its context is in that of the caller.
    bit: Option<u32>,
}

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn pipeline<'a>(
        &'a mut self,
        call: InnerCall,
        body: &'a mut dyn AnyBody,
    ) -> BoxFuture<'a, RunResult<()>> {
        boxed!(self.entered(call, body))
    }

    async fn entered(&mut self, call: InnerCall, body: &mut dyn AnyBody) -> RunResult<()> {
        let InnerCall { id, name, options, bit } = call;
        let scope = self.inner_scope(&id);
        if let Some(captured) = &self.env.captured {
            captured.pipeline(Path::from(&*scope), body.input());
        }
        let Some(stage) = &self.env.stage else {
            return self.called(scope, options, bit, body).await;
        };
        let path = Path::from(&*scope);
        let tool = path.is_in_conversation().then_some(name);
        if let Some(tool) = tool {
            stage.tell(What::ToolCalled, &path, EventKind::ToolCalled { tool: tool.to_owned() });
        }
        let began = stage.entered(&path);
        let done = Box::pin(self.called(scope, options, bit, body)).await;
        stage.left(&path, began, &done);
        if let (Some(tool), Some(outcome)) = (tool, ended(&done)) {
            let tool = tool.to_owned();
            stage.tell(What::ToolReturned, &path, EventKind::ToolReturned { tool, outcome });
        }
        done
    }

    async fn called(
        &mut self,
        scope: Scope,
        options: Option<Box<Options>>,
        bit: Option<u32>,
        body: &mut dyn AnyBody,
    ) -> RunResult<()> {
        let Some(options) = options else {
            return self.inner(scope, bit, false, body).await;
        };
        let within = match options.limits {
            Some(_) => self.limits_of(Path::from(&*scope), options.limits)?,
            None => self.within.clone(),
        };
        // A driver of its own: what is in it counts there too.
        let mut limited = self.inside(within);
        let Some(limit) = options.timeout else {
            return Box::pin(limited.remembering(scope, &options, bit, body)).await;
        };
        let mut timed = limited.timed_at(Path::from(&*scope), limit);
        let done = Box::pin(timed.remembering(scope, &options, bit, body)).await;
        timed.leave(done.as_ref().err());
        done
    }

    async fn remembering(
        &mut self,
        scope: Scope,
        options: &Options,
        bit: Option<u32>,
        body: &mut dyn AnyBody,
    ) -> RunResult<()> {
        if self.handle.is_some() || options.retries.unwrap_or(0) == 0 {
            return self.restarting(scope, options, bit, body).await;
        }
        // Where nothing is recorded, a restart needs a memory of its own.
        let mut memo = self.memo();
        let done = {
            let mut inner =
                Driver { handle: Some(&mut memo), encode: None, results: Results::Off, ..self.reborrow() };
            inner.restarting(scope, options, bit, body).await
        };
        for result in StepResult::of_records(&memo.take()) {
            self.results.push(self.env, || result);
        }
        done
    }

    /// Runs it again, from the node that failed, as often as its retries allow.
    async fn restarting(
        &mut self,
        scope: Scope,
        options: &Options,
        bit: Option<u32>,
        body: &mut dyn AnyBody,
    ) -> RunResult<()> {
        let mut restarts = options.retries.unwrap_or(0);
        // Finished nodes replay from their records, with their changes of the context: the context is reset to
        // the start, or plain expressions would see another one than the first time.
        if restarts > 0 {
            body.remember();
        }
        loop {
            let error = match self.inner(scope.clone(), bit, restarts > 0, body).await {
                Ok(()) => return Ok(()),
                // Time that is up is a failure of this call, from here on.
                Err(error) if options.timeout.is_some() => self.at_border(error),
                Err(error) => error,
            };
            if restarts == 0 || !self.restart(&scope, &error) {
                return Err(error);
            }
            restarts -= 1;
            let event = || EventKind::Restarted { left: restarts };
            node_events::at(self.env, What::Restarted, || Path::from(&*scope), event);
            body.rewind();
        }
    }

    async fn inner(
        &mut self,
        scope: Scope,
        bit: Option<u32>,
        copy: bool,
        body: &mut dyn AnyBody,
    ) -> RunResult<()> {
        let mut written = 0;
        let pipeline = scope.clone();
        let done = CatchInBody { pipeline, body: body.run(copy, self.entering(scope, &mut written)) }.await;
        *self.written |= project(bit, written);
        done
    }

    fn inner_scope(&self, id: &NodeId) -> Scope {
        match (&*self.scope, self.rounds.as_deref()) {
            ("", None) => Scope::from(id.clone()),
            (scope, rounds) => {
                let mut path = String::new();
                grammar::write(&mut path, scope, id.as_str(), rounds.unwrap_or_default());
                Scope::from(path)
            }
        }
    }

    /// Forgives the attempts of the node that failed below `scope`; `false` if the failure is to stay.
    fn restart(&self, scope: &str, error: &Error) -> bool {
        let below = |path: &Path| path.as_str() != scope && grammar::is_within(path.as_str(), scope);
        // Spent amounts stay spent: a restart would exceed the limit of the node again.
        if !error.is_retryable() || matches!(error.kind(), ErrorKind::LimitExceeded(_)) {
            return false;
        }
        let Some(last) = error.last_attempt().filter(|last| below(&last.path)) else { return false };
        self.env.forgive(last.path.clone(), last.n);
        self.env.scopes().restart(&Path::from(scope), last.ended);
        true
    }
}

/// The graph of a pipeline, by its function: `graph_of(moderate)` where the type has another name.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo::graph_of;
/// #[step]
/// async fn shout(text: String) -> Result<String> {
///     Ok(text.to_uppercase())
/// }
/// pipeline! {
///     fn loud(text: String) -> String { shout(text) }
/// }
/// assert_eq!(graph_of(loud).nodes[0].id, "shout");
/// ```
pub fn graph_of<Inputs, N>(_pipeline: N) -> &'static Graph
where
    N: StepName<Inputs>,
    N::Step: Pipeline,
{
    <N::Step as Pipeline>::GRAPH
}
