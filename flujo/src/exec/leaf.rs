use super::Cx;
use super::any_step::{AnyStep, Put, StepDef, TypedStep, finished};
use super::catch_panic::catch_panic;
use super::driver::Driver;
use super::node_events;
use super::plan::Plan;
use super::retry::{Failed, Work};
use crate::clock::Tick;
use crate::context::Context;
use crate::engine::BoxFuture;
use crate::error::{Error, RunResult};
use crate::path::NodeId;
use crate::run::StepResult;
use crate::step::{Attempt, Fallback, RunInfo, StepCall, WritesIn};
use std::pin::pin;

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs one step with all its attempts; what `#[step]` expands to.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    #[inline]
    pub fn leaf<S, F>(&mut self, id: NodeId, call: StepCall<S, F>) -> BoxFuture<'_, RunResult<S::Output>>
    where
        S: Attempt<C, R>,
        F: Fallback<C, R>,
    {
        F::leaf(self, id, call)
    }

    /// [`leaf`](Cx::leaf) for a call that names no other step.
    #[inline]
    pub(crate) fn plain_leaf<S>(&mut self, id: NodeId, call: StepCall<S>) -> BoxFuture<'_, RunResult<S::Output>>
    where
        S: Attempt<C, R>,
    {
        let def = TypedStep::<C, R, S>::DEF;
        if call.options.is_none() && self.driver.is_direct(def) {
            // The id goes where it stays: in the future it would be copied twice.
            let info = self.driver.info(id);
            return Box::pin(self.once::<S>(info, call.input));
        }
        let StepCall { input, options, .. } = call;
        let work = self.driver.work(id, def, Plan::new(def, options), S::toolbox(self.res));
        let Self { ctx, res, driver } = self;
        // Boxed, so that the loop over attempts does not grow every pipeline's future.
        Box::pin(async move {
            let mut step = TypedStep::<C, R, S>::new(ctx, res, input);
            match driver.node(&mut step, work).await {
                Ok(()) => finished(step.output),
                Err(error) => Err(error),
            }
        })
    }

    /// One attempt, nothing recorded, no options: the path whose cost is measured.
    async fn once<S: Attempt<C, R>>(
        &mut self,
        info: Box<RunInfo>,
        input: S::Input,
    ) -> RunResult<S::Output> {
        let started = self.driver.env.clock.tick();
        let mut drafts = S::drafts(self.ctx);
        let mut output = None;
        let done = {
            let body = S::attempt(input, &mut drafts, self.ctx, self.res, &info);
            let body = pin!(Put { body, output: &mut output });
            catch_panic(body).await
        };
        match self.driver.once_ended(info, started, done, <S as WritesIn<C>>::MASK) {
            Ok(()) => {
                S::commit(self.ctx, drafts);
                finished(output)
            }
            Err(error) => Err(error),
        }
    }
}

impl Driver<'_> {
    /// Whether a call without options is one attempt and nothing else.
    #[inline]
    fn is_direct(&self, def: &StepDef) -> bool {
        let watched = self.env.has_stubs() || self.env.stage.is_some();
        let limited = self.is_limited() || self.timed.is_some();
        self.handle.is_none() && def.policy.is_plain() && !watched && !limited
    }

    /// The only attempt of a direct call has ended.
    fn once_ended(
        &mut self,
        mut info: Box<RunInfo>,
        started: Tick,
        done: Result<(), Box<Failed>>,
        writes: u64,
    ) -> Result<(), Error> {
        let latency = self.env.clock.nanos_since(started);
        let done = done.map_err(|failed| failed.into_error().at(info.path()));
        self.results.push(self.env, || StepResult::once(&mut info, latency, done.is_ok()));
        if done.is_ok() {
            *self.written |= writes;
            self.spare = Some(info);
        }
        done
    }

    /// Runs all attempts of a call; its output is left in `step`.
    pub(super) async fn node(&mut self, step: &mut dyn AnyStep, work: RunResult<Work<'_>>) -> RunResult<()> {
        let mut work = work?;
        let done = self.attempts(step, &mut work).await;
        node_events::node(self.env, &mut work.reporter, &done);
        done?;
        self.spare = Some(work.info);
        Ok(())
    }
}
