//! The calls of one reply: which tool each of them is, and in which order they run.

use super::Cx;
use super::driver::Driver;
use super::fork::lost;
use super::items::CONCURRENCY;
use super::leaf::{SettledFuture, StepFuture};
use super::served::{Served, Serving};
use crate::context::Context;
use crate::error::{Error, RunResult};
use crate::future::BoxFuture;
use crate::model::{ToolCall, ToolSpec};
use crate::path::{NodeId, Place};
use crate::step::writes::{exclusive, existing};
use crate::step::{Fallback, IntoStepCall, Offered, RunIn, Step, StepIn, StepTool, Tool};
use std::any::Any;
use std::sync::OnceLock;

/// The tools of a model step, without the types of its context and resources.
pub trait ToolRunner: Send + Sync {
    /// Returns the descriptions of the steps that the model is given.
    fn specs(&self) -> Vec<ToolSpec>;
    /// Returns the servers whose tools the model is given too.
    fn servers(&self) -> Vec<Serving<'_>>;
    /// Runs the calls of a reply on the context of the step; returns their results for the model, in the order of the calls.
    fn results<'a>(
        &'a self,
        driver: Driver<'a>,
        ctx: &'a mut (dyn Any + Send + Sync),
        calls: Calls<'a>,
    ) -> BoxFuture<'a, RunResult<Vec<String>>>;
}

/// The calls of one reply.
#[derive(Clone, Copy)]
pub struct Calls<'a> {
    /// The model step.
    pub(super) place: &'a Place,
    /// The number of the reply: the calls have those after it.
    pub(super) reply: u32,
    pub(super) list: &'a [ToolCall],
    pub(super) served: &'a Served,
}

impl std::fmt::Debug for Calls<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calls").field("list", &self.list).finish_non_exhaustive()
    }
}

/// A function that makes the tools of a step or of a call.
type Make<'r, C, R> = &'r (dyn Fn() -> Vec<Tool<C, R>> + Sync);

/// A [`ToolRunner`] with the resources.
struct Tools<'r, C, R> {
    make: Make<'r, C, R>,
    /// Made when the conversation begins, not for a stub.
    made: OnceLock<Vec<Tool<C, R>>>,
    res: &'r R,
}

/// The [`ToolRunner`] of a step whose tools need the context `C` and the resources `R`.
pub fn tool_runner<'r, C: Context, R: Send + Sync>(
    make: Make<'r, C, R>,
    res: &'r R,
) -> Box<dyn ToolRunner + 'r> {
    Box::new(Tools { make, made: OnceLock::new(), res })
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs a model step as the node `id`, with the tools of the call in place of its own.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    pub fn run_offering<'a, T>(
        &'a mut self,
        id: impl Into<NodeId>,
        call: T,
        tools: &'a (dyn Fn() -> Vec<Tool<C, R>> + Sync),
    ) -> StepFuture<'a, <T::Step as Step>::Output>
    where
        T: IntoStepCall,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        let (id, call) = (id.into(), call.into_step_call());
        StepFuture::typed(Box::pin(async move {
            let runner = tool_runner(tools, self.res);
            let driver = Driver { tools: Some(runner), ..self.driver.reborrow() };
            let mut cx = Cx { ctx: &mut *self.ctx, res: self.res, driver };
            <T::Step as StepIn<C, R>>::exec(&mut cx, id, call).await
        }))
    }

    /// As [`run_offering`](Cx::run_offering), but a failure is a value.
    ///
    /// # Errors
    /// Signals only.
    pub fn run_offering_settled<'a, T>(
        &'a mut self,
        id: impl Into<NodeId>,
        call: T,
        tools: &'a (dyn Fn() -> Vec<Tool<C, R>> + Sync),
    ) -> SettledFuture<'a, <T::Step as Step>::Output>
    where
        T: IntoStepCall,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        SettledFuture(self.run_offering(id, call, tools))
    }
}

impl<C: Context, R: Send + Sync> Tools<'_, C, R> {
    const NO_CONTEXT: bool = existing::<C>() == 0;

    fn tools(&self) -> &[Tool<C, R>] {
        self.made.get_or_init(self.make)
    }

    fn steps(&self) -> impl Iterator<Item = &StepTool<C, R>> {
        self.tools().iter().filter_map(|tool| match &tool.0 {
            Offered::Step(tool) => Some(tool),
            Offered::Server(_) => None,
        })
    }

    fn named(&self, name: &str) -> Option<&StepTool<C, R>> {
        self.steps().find(|tool| tool.spec.name == name)
    }

    fn serving(&self) -> Vec<Serving<'_>> {
        let servers = self.tools().iter().filter_map(|tool| match &tool.0 {
            Offered::Step(_) => None,
            Offered::Server(of) => Some(Serving { server: (of.server)(self.res), form: &of.form }),
        });
        servers.collect()
    }

    /// True if the calls may run concurrently: no two of them write one part that has no merge rule.
    fn may_run_concurrently(&self, calls: &[ToolCall]) -> bool {
        let mut written = 0;
        calls.iter().filter_map(|call| self.named(&call.name)).all(|tool| {
            let writes = exclusive::<C>(tool.writes);
            let apart = written & writes == 0;
            written |= writes;
            apart
        })
    }

    /// The result of one call, for the model.
    async fn result(
        &self,
        cx: &mut Cx<'_, C, R>,
        id: NodeId,
        call: &ToolCall,
        served: &Served,
    ) -> RunResult<String> {
        let done = match self.named(&call.name) {
            Some(tool) => tool.call(cx, id, call).await?,
            None => match cx.driver.served(id, call, self.serving(), served).await? {
                Some(done) => done,
                None => return Ok(self.unknown(call, served)),
            },
        };
        match done {
            Ok(text) => Ok(text),
            Err(error) => match error.settle() {
                Some(failure) => Ok(format!("failed: {}", failure.message)),
                None => Err(error),
            },
        }
    }

    fn unknown(&self, call: &ToolCall, served: &Served) -> String {
        let all = self.steps().map(|tool| &tool.spec).chain(served.specs());
        let known: Vec<_> = all.map(|tool| format!("`{}`", tool.name)).collect();
        format!("unknown tool `{}`; known tools: {}", call.name, known.join(", "))
    }

    async fn all(&self, mut cx: Cx<'_, C, R>, calls: Calls<'_>) -> RunResult<Vec<String>> {
        let Calls { place, reply, list, served } = calls;
        let ids = (reply.saturating_add(1)..).map(|k| place.within(k));
        let items: Vec<(NodeId, &ToolCall)> = ids.zip(list).collect();
        if items.len() == 1 || !self.may_run_concurrently(list) {
            let mut results = Vec::with_capacity(items.len());
            for (id, call) in items {
                results.push(self.result(&mut cx, id, call, served).await?);
            }
            return Ok(results);
        }
        // A constant: where there is no context, nothing is copied and merged, and the code for that is not compiled.
        if Self::NO_CONTEXT {
            let one = WithoutContext { tools: self, ctx: &*cx.ctx, items: &items, served };
            return run_concurrently(cx.driver, place.within(reply), items.len(), &one).await;
        }
        self.run_and_merge(cx, place.within(reply), items, served).await
    }

    /// Runs the calls concurrently, each on a copy of the context, and merges the copies. Boxed: so that it is not a part of the future above
    /// where it is not compiled.
    fn run_and_merge<'a>(
        &'a self,
        mut cx: Cx<'a, C, R>,
        id: NodeId,
        items: Vec<(NodeId, &'a ToolCall)>,
        served: &'a Served,
    ) -> BoxFuture<'a, RunResult<Vec<String>>> {
        Box::pin(async move {
            let mapped = {
                let (scope, point) = cx.map_point(id);
                let each = async |own: super::Own<'_, C, (NodeId, &ToolCall)>| {
                    let (mut fork, (id, call)) = own.take();
                    let done = {
                        let mut cx = scope.selected(&mut fork);
                        let text = self.result(&mut cx, id, call, served).await?;
                        cx.end(text)?
                    };
                    Ok((done, fork))
                };
                point.map(items, CONCURRENCY, each).await?
            };
            cx.merge_items(mapped)
        })
    }
}

/// One call where there is no context.
trait OneCall: Send + Sync {
    fn run<'a>(&'a self, driver: Driver<'a>, index: usize) -> BoxFuture<'a, RunResult<String>>;
}

struct WithoutContext<'t, C, R> {
    tools: &'t Tools<'t, C, R>,
    ctx: &'t C,
    items: &'t [(NodeId, &'t ToolCall)],
    served: &'t Served,
}

impl<C: Context, R: Send + Sync> OneCall for WithoutContext<'_, C, R> {
    fn run<'a>(&'a self, driver: Driver<'a>, index: usize) -> BoxFuture<'a, RunResult<String>> {
        Box::pin(async move {
            let Some((id, call)) = self.items.get(index) else { return Err(lost()) };
            let mut own = self.ctx.clone();
            let mut cx = Cx { ctx: &mut own, res: self.tools.res, driver };
            self.tools.result(&mut cx, id.clone(), call, self.served).await
        })
    }
}

/// Runs `n` calls concurrently, without a context. Boxed here: it is compiled once.
fn run_concurrently<'b>(
    driver: Driver<'b>,
    id: NodeId,
    n: usize,
    one: &'b dyn OneCall,
) -> BoxFuture<'b, RunResult<Vec<String>>> {
    Box::pin(async move {
        let mut nothing = ();
        let mut cx = Cx { ctx: &mut nothing, res: &(), driver };
        let mapped = {
            let (scope, point) = cx.map_point(id);
            let each = async |own: super::Own<'_, (), usize>| {
                let (mut fork, index) = own.take();
                let done = {
                    let mut cx = scope.selected(&mut fork);
                    let text = one.run(cx.driver.reborrow(), index).await?;
                    cx.end(text)?
                };
                Ok((done, fork))
            };
            point.map((0..n).collect(), CONCURRENCY, each).await?
        };
        cx.merge_items(mapped)
    })
}

impl<C: Context, R: Send + Sync> ToolRunner for Tools<'_, C, R> {
    fn specs(&self) -> Vec<ToolSpec> {
        self.steps().map(|tool| tool.spec.clone()).collect()
    }

    fn servers(&self) -> Vec<Serving<'_>> {
        self.serving()
    }

    fn results<'a>(
        &'a self,
        driver: Driver<'a>,
        ctx: &'a mut (dyn Any + Send + Sync),
        calls: Calls<'a>,
    ) -> BoxFuture<'a, RunResult<Vec<String>>> {
        Box::pin(async move {
            let Some(ctx) = ctx.downcast_mut::<C>() else {
                return Err(Error::internal("the tools of a step have another context than the step"));
            };
            self.all(Cx { ctx, res: self.res, driver }, calls).await
        })
    }
}
