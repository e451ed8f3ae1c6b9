//! What a pipeline's body drives: one method per form.

mod ask;
mod attempt;
mod attempts;
mod cached;
mod fork;
mod gate;
mod guard;
mod join;
mod leaf;
mod limits;
mod log;
mod map;
mod memo;
mod pipeline;
mod plan;
mod redirect;
mod review;
mod rounds;
mod talk;
mod tell;
mod timed;
mod wait;
mod watch;

pub use fork::{ArmScope, Done, Fork, ForkPoint, Slot};
pub use gate::GatePlugins;
pub(crate) use guard::survives;
pub use map::{ALL_AT_ONCE, CONCURRENCY, ItemFork, MapPoint, Mapped, Own};
pub use pipeline::Pipeline;
pub use redirect::Redirected;
pub(crate) use timed::Scopes;

use crate::context::Context;
use crate::engine::{Handle, Within};
use crate::error::{Error, ErrorKind, Failure, RunResult};
use crate::path::{NodeId, Path, Place, Scope};
use crate::run::{RunEnv, StepResult};
use crate::step::{Fallback, IntoStepCall, RunIn, RunInfo, Step};
use log::Log;
use std::fmt;
use std::sync::Arc;
use timed::InTime;

/// The driver of one pipeline, or one arm of it: the context, the resources, the place in the run, and the
/// engine's handle (none in an ephemeral run).
pub struct Cx<'r, C, R> {
    ctx: &'r mut C,
    res: &'r R,
    env: &'r Arc<RunEnv>,
    handle: Option<&'r mut (dyn Handle + 'static)>,
    scope: Scope,
    rounds: Option<Arc<str>>,
    /// Parts written so far, in terms of `C`.
    written: &'r mut u64,
    /// Whether this is an arm whose result another execution will take.
    encode: bool,
    /// The limited nodes that this stands in.
    within: Within,
    /// The timed scopes that this stands in.
    timed: InTime,
    log: Log<'r>,
    /// What the last step was told, for the next one to use again.
    spare: Option<Box<RunInfo>>,
}

impl<C, R> fmt::Debug for Cx<'_, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("scope", &&*self.scope).finish_non_exhaustive()
    }
}

impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    pub(crate) fn root(
        ctx: &'r mut C,
        res: &'r R,
        env: &'r Arc<RunEnv>,
        handle: Option<&'r mut (dyn Handle + 'static)>,
        written: &'r mut u64,
        log: Option<&'r mut Vec<StepResult>>,
    ) -> Self {
        let log = log.map_or(Log::Off, Log::Own);
        let scope = Scope::ROOT;
        Self {
            ctx,
            res,
            env,
            handle,
            scope,
            rounds: None,
            written,
            encode: false,
            within: None,
            timed: None,
            log,
            spare: None,
        }
    }

    /// The same driver once more, for something inside of the same pipeline.
    fn again(&mut self) -> Cx<'_, C, R> {
        self.lent(|ctx, res, written, encode| (ctx, res, written, encode))
    }

    /// The same driver for what takes no context.
    pub(crate) fn without_context<'s>(
        &'s mut self,
        nothing: &'s mut (),
        written: &'s mut u64,
    ) -> Cx<'s, (), R> {
        self.lent(|_, res, _, _| (nothing, res, written, false))
    }

    /// The same driver with other resources.
    pub(crate) fn serving<'s, T>(&'s mut self, services: &'s T) -> Cx<'s, C, T> {
        self.lent(|ctx, _, written, encode| (ctx, services, written, encode))
    }

    /// The same driver with the context, resources, mask of what was written and need to encode that `of` makes of
    /// its own.
    #[inline]
    fn lent<'s, D, T>(
        &'s mut self,
        of: impl FnOnce(&'s mut C, &'s R, &'s mut u64, bool) -> (&'s mut D, &'s T, &'s mut u64, bool),
    ) -> Cx<'s, D, T> {
        let (ctx, res, written, encode) = of(&mut *self.ctx, self.res, &mut *self.written, self.encode);
        Cx {
            ctx,
            res,
            env: self.env,
            handle: self.handle.as_deref_mut(),
            scope: self.scope.clone(),
            rounds: self.rounds.clone(),
            written,
            encode,
            within: self.within.clone(),
            timed: self.timed.clone(),
            log: self.log.again(),
            spare: None,
        }
    }

    /// The context, to read in a plain expression.
    #[inline]
    pub fn peek(&self) -> &C {
        self.ctx
    }

    /// The resources.
    #[inline]
    pub fn resources(&self) -> &'r R {
        self.res
    }

    /// Runs a step or a pipeline as the node `id`.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    #[inline]
    pub fn run<T>(
        &mut self,
        id: impl Into<NodeId>,
        call: T,
    ) -> impl Future<Output = RunResult<<T::Step as Step>::Output>> + Send
    where
        T: IntoStepCall,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        <T::Step as RunIn<C, R>>::exec(self, id.into(), call.into_step_call())
    }

    /// As [`run`](Cx::run), but a failure is a value.
    ///
    /// # Errors
    /// Signals only.
    pub async fn run_settled<T>(
        &mut self,
        id: impl Into<NodeId> + Send,
        call: T,
    ) -> RunResult<Result<<T::Step as Step>::Output, Failure>>
    where
        T: IntoStepCall + Send,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        match <T::Step as RunIn<C, R>>::exec(self, id.into(), call.into_step_call()).await {
            Ok(output) => Ok(Ok(output)),
            Err(error) => error.settle().map(Err).ok_or(error),
        }
    }

    /// The error of `fail(message)`.
    #[cold]
    pub fn fail(&self, message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Failed(message.to_string())).at(self.own_path())
    }

    /// The path of the pipeline itself.
    fn own_path(&self) -> Path {
        Path::from(&*self.scope)
    }

    /// What the step at `id` is told on its first attempt.
    #[inline]
    #[allow(clippy::unnecessary_box_returns, reason = "it is kept in its box from step to step")]
    fn info(&mut self, id: NodeId) -> Box<RunInfo> {
        let Some(mut info) = self.spare.take() else { return self.first_info(id) };
        info.moved_to(id, self.rounds.as_ref());
        info
    }

    #[cold]
    #[allow(clippy::unnecessary_box_returns, reason = "as above")]
    fn first_info(&self, id: NodeId) -> Box<RunInfo> {
        Box::new(RunInfo::new(Arc::clone(self.env), self.place(id), 1))
    }

    fn place(&self, id: NodeId) -> Place {
        Place::new(self.scope.clone(), id, self.rounds.clone())
    }
}
