use super::Cx;
use super::attempts::lost;
use super::guard::catch_panic;
use crate::context::Context;
use crate::engine::BoxFuture;
use crate::error::RunResult;
use crate::path::NodeId;
use crate::run::StepResult;
use crate::step::{Attempt, Fallback, RunInfo, StepCall, WritesIn};

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs one step with all its attempts; what `#[step]` expands to.
    ///
    /// A future written by hand: an async function around the two would be one more state machine to poll
    /// through on the path whose cost is measured.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    #[inline]
    pub fn leaf<S, F>(&mut self, id: NodeId, call: StepCall<S, F>) -> BoxFuture<'_, RunResult<S::Output>>
    where
        S: Attempt<C, R>,
        F: Fallback<C, R>,
    {
        let plain = call.options.is_none() && call.bridge.is_none() && self.handle.is_none();
        let watched = self.env.has_stubs() || self.env.stage.is_some();
        let limited = self.is_limited() || self.timed.is_some();
        if plain && S::POLICY.is_plain() && !watched && !limited {
            // The id goes where it stays: in the future it would be copied twice.
            let info = self.info(id);
            Box::pin(self.once::<S>(info, call.input))
        } else {
            self.guarded::<S, F>(id, call)
        }
    }

    /// One attempt, nothing recorded, no options: the path whose cost is measured.
    async fn once<S: Attempt<C, R>>(
        &mut self,
        mut info: Box<RunInfo>,
        input: S::Input,
    ) -> RunResult<S::Output> {
        let started = self.env.clock.tick();
        let mut drafts = S::drafts(self.ctx);
        let mut output = None;
        let done = catch_panic(S::attempt(input, &mut drafts, self.ctx, self.res, &info), &mut output).await;
        let latency = self.env.clock.nanos_since(started);
        match done {
            Ok(()) => {
                S::commit(self.ctx, drafts);
                *self.written |= <S as WritesIn<C>>::MASK;
                self.log.push(self.env, || StepResult::once(&mut info, latency, true));
                self.spare = Some(info);
                output.ok_or_else(lost)
            }
            Err(failed) => {
                let failed = failed.into_error().at(info.path());
                self.log.push(self.env, || StepResult::once(&mut info, latency, false));
                Err(failed)
            }
        }
    }
}
