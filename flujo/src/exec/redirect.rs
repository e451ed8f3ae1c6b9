//! Attempts that a plugin redirects to another step.

use super::Cx;
use super::any_step::{AnyStep, TypedStep};
use super::driver::Driver;
use super::leaf::StepFuture;
use super::node_events;
use super::retry::{Count, Work};
use crate::context::Context;
use crate::error::RunResult;
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::step::findings::Found;
use crate::step::{Options, RunIn, StepCall};

/// A call that was redirected to another step.
pub struct Redirected<I> {
    pub(super) input: I,
    pub(super) options: Option<Box<Options>>,
    /// The attempt that was redirected, of how many.
    pub(super) after: Count,
    pub(super) found: Option<Found>,
}

impl<I> std::fmt::Debug for Redirected<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redirected")
    }
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// The attempts that are left, by `D`: numbered on, with the plugins and validators of the call
    /// and of its own attribute.
    ///
    /// # Errors
    /// None of them succeeded, or a signal ends the run.
    pub fn redirected<D>(
        &mut self,
        id: &NodeId,
        redirected: Redirected<D::Input>,
    ) -> StepFuture<'_, D::Output>
    where
        D: RunIn<C, R>,
    {
        let Redirected { input, options, after, found } = redirected;
        let own = D::reviewed(StepCall::new(input));
        let def = TypedStep::<C, R, D>::DEF;
        let options = of_redirect(options, own.options);
        let work = self.driver.work(id.replaced_by(def.name), def, options, D::tool_runner(self.res));
        let step = Box::new(TypedStep::<C, R, D>::new(self.ctx, self.res, own.input));
        StepFuture::driven(self.driver.redirected_node(step, work, (after, found)))
    }
}

/// The options of a call for the step that it was redirected to, which has `own` ones.
fn of_redirect(options: Option<Box<Options>>, own: Option<Box<Options>>) -> Option<Box<Options>> {
    let Some(mut options) = options else { return own };
    // The options of the call are for the model of the called step.
    options.models.clear();
    (options.temperature, options.max_tokens, options.top_p) = (None, None, None);
    (options.tool_rounds, options.of_call) = (None, None);
    // The limits are those of the node, which is still the same.
    options.limits = None;
    match own {
        Some(own) => Some(Box::new(options.and(*own))),
        None => Some(options),
    }
}

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn redirected_node<'a>(
        &'a mut self,
        mut step: Box<dyn AnyStep + 'a>,
        work: RunResult<Work<'a>>,
        (after, found): (Count, Option<Found>),
    ) -> BoxFuture<'a, RunResult<Box<dyn AnyStep + 'a>>> {
        Box::pin(async move {
            let mut work = work?;
            work.plan.redirects = true;
            work.plan.retries = after.retries();
            (work.after, work.found) = (Some(after), found);
            let done = self.attempts(&mut *step, &mut work).await;
            node_events::node(self.env, &mut work.reporter, &done);
            done.map(|()| step)
        })
    }
}
