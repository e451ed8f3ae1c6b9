//! Attempts that a plugin redirects to another step.

use super::Cx;
use super::attempts::{Count, lost};
use super::plan::Plan;
use super::tell;
use crate::context::Context;
use crate::error::RunResult;
use crate::path::NodeId;
use crate::step::findings::Found;
use crate::step::{Attempt, Carried, StepCall};

/// A call that goes on with another step.
pub struct Redirected<I, T> {
    pub(super) input: I,
    pub(super) options: Carried<T>,
    /// The attempt that was redirected, of how many.
    pub(super) after: Count,
    pub(super) found: Option<Found>,
}

impl<I, T> std::fmt::Debug for Redirected<I, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redirected")
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// The attempts that are left, by `D`: numbered on, with the plugins and validators of the call
    /// and of its own attribute.
    ///
    /// # Errors
    /// None of them succeeded, or a signal ends the run.
    pub async fn redirected<D>(
        &mut self,
        id: NodeId,
        redirected: Redirected<D::Input, D::Output>,
    ) -> RunResult<D::Output>
    where
        D: Attempt<C, R>,
    {
        let Redirected { input, mut options, after, found } = redirected;
        if let Some(options) = &mut options {
            // They were said of the model of the step that was called.
            options.model = None;
            // Its limits are the node's, which this still is.
            options.limits = None;
            (options.temperature, options.max_tokens, options.top_p) = (None, None, None);
        }
        let own = D::reviewed(StepCall::new(input));
        let input = own.input;
        if let Some(own) = own.options {
            options = Some(match options {
                Some(options) => Box::new(options.and(*own)),
                None => own,
            });
        }
        let mut plan = Plan::<D>::new(options);
        plan.redirects = true;
        plan.retries = after.retries();
        let mut work = self.work(id.replaced_by(D::FACTS.name), plan, input)?;
        (work.after, work.found) = (Some(after), found);
        let done = Box::pin(self.attempts(&mut work)).await;
        tell::node(self.env, &mut work.told, &done);
        done?;
        work.output.ok_or_else(lost)
    }
}
