//! Calls with a fallback or a redirect: another step runs after the last attempt, or where a plugin redirects.

use super::Cx;
use super::any_step::{TypedStep, finished};
use super::leaf::StepFuture;
use super::node_events;
use super::redirect::Redirected;
use super::retry::no_output;
use crate::context::Context;
use crate::durable::Inputs;
use crate::path::NodeId;
use crate::step::findings::Found;
use crate::step::{Fallback, RunIn, StandIns, StepCall};

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// [`leaf`](Cx::leaf) for a call that names other steps, or keeps its findings.
    pub(crate) fn bridged_leaf<S, F>(&mut self, id: NodeId, call: StepCall<S, F>) -> StepFuture<'_, S::Output>
    where
        S: RunIn<C, R>,
        F: Fallback<C, R>,
    {
        StepFuture::typed(Box::pin(async move {
            let StepCall { input, options, stand_ins, .. } = call;
            let StandIns { fallback, redirect } = StandIns::<S, F>::of(stand_ins);
            let same = if fallback.is_some() { Some(input.copy()) } else { None };
            let def = TypedStep::<C, R, S>::DEF;
            let mut work = self.driver.work(id.clone(), def, options, S::tool_runner(self.res))?;
            work.plan.redirects = redirect.is_some();
            let found = if F::KEEP.is_some() { Some(Found::default()) } else { None };
            work.found.clone_from(&found);
            let within = work.within.clone();
            let (tried, input, output) = {
                let mut step = TypedStep::<C, R, S>::new(self.ctx, self.res, input);
                let tried = self.driver.all_attempts(&mut step, &mut work).await;
                (tried, step.input, step.output)
            };
            let mut reporter = work.reporter.take();
            let done = match (tried, redirect, work.redirected) {
                (Ok(()), Some(conversion), Some(after)) => {
                    node_events::redirect(self.driver.env, reporter.as_deref_mut(), F::REDIRECT);
                    let input = (conversion.input)(input.ok_or_else(no_output)?);
                    let redirected =
                        Redirected { input, options: work.plan.into_options(), after, found: found.clone() };
                    let mut cx = Self::with_driver(self.ctx, self.res, self.driver.inside(within.clone()));
                    match F::redirect(&mut cx, id.clone(), redirected).await {
                        Ok(output) => Ok((conversion.output)(output)),
                        Err(error) => Err(error),
                    }
                }
                (Ok(()), ..) => finished(output),
                (Err(failed), ..) => Err(failed),
            };
            let is_told = node_events::node(self.driver.env, &mut reporter, &done);
            if let (Some(keep), Some(found)) = (F::KEEP, &found) {
                keep(self.ctx, self.driver.written, found.take());
            }
            let (failed, conversion, same) = match (done, fallback, same) {
                (Err(failed), Some(conversion), Some(same)) if failed.signal().is_none() => {
                    (failed, conversion, same)
                }
                (done, ..) => return done,
            };
            if is_told {
                node_events::fallback(self.driver.env, reporter.as_deref(), F::NAME);
            }
            // A fallback is part of the node, and pays from what is left of its limits.
            let id = id.replaced_by(F::NAME);
            let mut cx = Self::with_driver(self.ctx, self.res, self.driver.inside(within));
            match F::exec(&mut cx, id, (conversion.input)(same)).await {
                Ok(output) => Ok((conversion.output)(output)),
                Err(error) if error.signal().is_some() => Err(error),
                Err(error) => Err(error.instead_of(failed)),
            }
        }))
    }
}
