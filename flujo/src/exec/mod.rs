//! The executor: what a pipeline's body drives, one method for each form.
//!
//! [`Cx`] is the typed shell that generated code calls. Behind it is [`Driver`](driver::Driver), which has no type
//! parameters and is compiled once; it drives steps as [`AnyStep`](any_step::AnyStep)s and saves and restores
//! contexts as [`AnyContext`](any_context::AnyContext)s.

mod any_context;
mod any_slot;
mod any_step;
mod approval;
mod attempt;
mod attempt_timeout;
mod billing;
mod call_state;
mod captured;
mod catch_panic;
mod chat_span;
mod conversation;
mod driver;
mod effective_options;
mod env;
mod ephemeral_journal;
mod fork;
mod items;
mod leaf;
mod limits;
mod model_call;
mod model_step;
pub(crate) mod node_events;
mod pipeline;
pub(crate) mod plugins;
mod question;
mod redirect;
mod results;
mod retry;
mod served;
mod single_step;
mod stand_ins;
mod timeout;
mod tools;

pub(crate) use any_step::finished;
pub(crate) use approval::{CallForm, misfit};
pub(crate) use call_state::CallState;
pub(crate) use captured::Captured;
pub(crate) use catch_panic::catch_in_arm;
pub use driver::Driver;
pub(crate) use env::RunEnv;
pub use fork::{ArmResult, ArmScope, Fork, ForkPoint, Slot};
pub(crate) use fork::{lost, settled, verdict};
pub use items::{CONCURRENCY, ItemFork, MapPoint, Mapped, Own};
pub use leaf::{SettledFuture, StepFuture};
pub(crate) use model_call::ModelCall;
pub(crate) use model_step::ask_for;
pub use pipeline::{Pipeline, graph_of};
pub use redirect::Redirected;
pub(crate) use served::ServerForm;
pub use served::Serving;
pub(crate) use single_step::run_alone;
pub(crate) use timeout::{InTime, Scopes, note};
pub use tools::{Calls, ToolRunner, tool_runner};

use crate::context::Context;
use crate::engine::Handle;
use crate::path::NodeId;
use crate::step::{Fallback, IntoStepCall, RunIn, Step, StepIn, StepResult};
use std::fmt;
use std::sync::Arc;

/// The driver of one pipeline, or one arm of it, with its context and resources.
///
/// Only code that `pipeline!` writes calls its methods, which are hidden.
pub struct Cx<'r, C, R> {
    pub(crate) ctx: &'r mut C,
    pub(crate) res: &'r R,
    pub(crate) driver: Driver<'r>,
}

impl<C, R> fmt::Debug for Cx<'_, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver.fmt_as("Cx", f)
    }
}

#[doc(hidden)]
impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    pub(crate) fn root(
        ctx: &'r mut C,
        res: &'r R,
        env: &'r Arc<RunEnv>,
        handle: Option<&'r mut (dyn Handle + 'static)>,
        written: &'r mut u64,
        results: Option<&'r mut Vec<StepResult>>,
    ) -> Self {
        Self { ctx, res, driver: Driver::root(env, handle, written, results) }
    }

    /// Combines a context and resources with another driver.
    pub(crate) fn with_driver<'s>(ctx: &'s mut C, res: &'s R, driver: Driver<'s>) -> Cx<'s, C, R> {
        Cx { ctx, res, driver }
    }

    /// Reborrows the driver for something that takes no context.
    pub(crate) fn without_context<'s>(
        &'s mut self,
        nothing: &'s mut (),
        written: &'s mut u64,
    ) -> Cx<'s, (), R> {
        Cx { ctx: nothing, res: self.res, driver: self.driver.writing(written) }
    }

    /// Reborrows the driver with other resources.
    pub(crate) fn serving<'s, T>(&'s mut self, services: &'s T) -> Cx<'s, C, T> {
        Cx { ctx: &mut *self.ctx, res: services, driver: self.driver.reborrow() }
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
    ) -> StepFuture<'_, <<T as IntoStepCall>::Step as Step>::Output>
    where
        T: IntoStepCall,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        <T::Step as StepIn<C, R>>::exec(self, id.into(), call.into_step_call())
    }

    /// As [`run`](Cx::run), but a failure is a value.
    ///
    /// # Errors
    /// Signals only.
    pub fn run_settled<T>(
        &mut self,
        id: impl Into<NodeId>,
        call: T,
    ) -> SettledFuture<'_, <T::Step as Step>::Output>
    where
        T: IntoStepCall,
        T::Step: RunIn<C, R>,
        T::Fallback: Fallback<C, R>,
    {
        SettledFuture(self.run(id, call))
    }
}

impl Driver<'_> {
    fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name).field("scope", &&*self.scope).finish_non_exhaustive()
    }
}

impl fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as("Driver", f)
    }
}
