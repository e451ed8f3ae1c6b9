//! How steps and pipelines run. The code of each kind is here once, generic over the callee: rustc would check it
//! anew in every impl that a macro writes.

use super::{Fallback, RunIn, Step, StepCall};
use crate::context::{Contains, Context};
use crate::error::{Error, RunResult};
use crate::exec::{Cx, Pipeline, Redirected, StepFuture};
use crate::path::NodeId;
use crate::resources::Provides;

/// How the callee `S` runs where the context is `C` and the resources are `R`.
#[doc(hidden)]
pub trait CalleeKind<S: Step, C, R> {
    /// Runs it as the node `id` of the pipeline that `cx` drives.
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<S, F>,
    ) -> StepFuture<'a, S::Output>;
    /// Goes on with a call that was redirected to it. Only steps can: `.redirect(..)` takes nothing else, but
    /// what is reported there must not be reported here again.
    fn redirected<'a>(
        _: &'a mut Cx<'_, C, R>,
        _: NodeId,
        _: Redirected<S::Input>,
    ) -> StepFuture<'a, S::Output> {
        StepFuture::typed(Box::pin(std::future::ready(no_attempts())))
    }
}

#[cold]
fn no_attempts<T>() -> RunResult<T> {
    Err(Error::internal("a pipeline was redirected to, and has no attempts"))
}

/// A step without a context: it runs by attempts, and a model may call it.
#[doc(hidden)]
#[derive(Debug)]
pub enum StepKind {}

/// A step with a context, which no model can call.
#[doc(hidden)]
#[derive(Debug)]
pub enum ContextStep {}

macro_rules! by_attempts {
    ($($kind:ty)+) => { $(
        impl<S: RunIn<C, R>, C: Context, R: Send + Sync> CalleeKind<S, C, R> for $kind {
            #[inline]
            fn exec<'a, F: Fallback<C, R>>(
                cx: &'a mut Cx<'_, C, R>,
                id: NodeId,
                call: StepCall<S, F>,
            ) -> StepFuture<'a, S::Output> {
                F::leaf(cx, id, call)
            }
            fn redirected<'a>(
                cx: &'a mut Cx<'_, C, R>,
                id: NodeId,
                redirected: Redirected<S::Input>,
            ) -> StepFuture<'a, S::Output> {
                cx.redirected::<S>(&id, redirected)
            }
        }
    )+ };
}
by_attempts!(StepKind ContextStep);

/// A pipeline with a context and resources.
#[doc(hidden)]
#[derive(Debug)]
pub enum NestedPipeline {}

impl<P, C, R> CalleeKind<P, C, R> for NestedPipeline
where
    P: Pipeline,
    C: Context + Contains<P::Context>,
    R: Send + Sync + Provides<P::Resources>,
{
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> StepFuture<'a, P::Output> {
        let res = <R as Provides<P::Resources>>::provide(cx.resources());
        StepFuture::typed(cx.pipeline::<P, F>(res, id, call))
    }
}

/// A pipeline with a context alone.
#[doc(hidden)]
#[derive(Debug)]
pub enum NestedWithoutResources {}

impl<P, C, R> CalleeKind<P, C, R> for NestedWithoutResources
where
    P: Pipeline<Resources = ()>,
    C: Context + Contains<P::Context>,
    R: Send + Sync,
{
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> StepFuture<'a, P::Output> {
        StepFuture::typed(cx.pipeline::<P, F>(&(), id, call))
    }
}

/// A pipeline with resources alone.
#[doc(hidden)]
#[derive(Debug)]
pub enum DetachedPipeline {}

impl<P, C, R> CalleeKind<P, C, R> for DetachedPipeline
where
    P: Pipeline<Context = ()>,
    C: Context,
    R: Send + Sync + Provides<P::Resources>,
{
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> StepFuture<'a, P::Output> {
        let res = <R as Provides<P::Resources>>::provide(cx.resources());
        StepFuture::typed(cx.pipeline_detached::<P, F>(res, id, call))
    }
}

/// A pipeline with neither.
#[doc(hidden)]
#[derive(Debug)]
pub enum DetachedWithoutResources {}

impl<P, C, R> CalleeKind<P, C, R> for DetachedWithoutResources
where
    P: Pipeline<Context = (), Resources = ()>,
    C: Context,
    R: Send + Sync,
{
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> StepFuture<'a, P::Output> {
        StepFuture::typed(cx.pipeline_detached::<P, F>(&(), id, call))
    }
}

/// A step whose definition is a mistake, which was reported. It never runs.
#[doc(hidden)]
#[derive(Debug)]
pub enum BrokenKind {}

impl<S: Step, C, R> CalleeKind<S, C, R> for BrokenKind {
    fn exec<'a, F: Fallback<C, R>>(
        _: &'a mut Cx<'_, C, R>,
        _: NodeId,
        _: StepCall<S, F>,
    ) -> StepFuture<'a, S::Output> {
        crate::durable::recover()
    }
}
