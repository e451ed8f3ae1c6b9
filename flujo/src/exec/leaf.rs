use super::Cx;
use super::any_step::{AnyStep, Put, StepDef, TypedStep, finished};
use super::catch_panic::catch_panic;
use super::driver::Driver;
use super::effective_options::EffectiveOptions;
use super::fork::settled;
use super::node_events;
use super::retry::Failed;
use super::tools::ToolRunner;
use crate::clock::Tick;
use crate::context::Context;
use crate::error::{Error, Failure, RunResult};
use crate::future::{BoxFuture, boxed};
use crate::path::NodeId;
use crate::step::{Fallback, Options, RunIn, RunInfo, StepCall, StepResult, WritesIn};
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context as Poller, Poll};

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs one step with all its attempts; what `#[step]` expands to.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    #[inline]
    pub fn leaf<S, F>(&mut self, id: NodeId, call: StepCall<S, F>) -> StepFuture<'_, S::Output>
    where
        S: RunIn<C, R>,
        F: Fallback<C, R>,
    {
        F::leaf(self, id, call)
    }

    /// [`leaf`](Cx::leaf) for a call that names no other step.
    #[inline]
    pub(crate) fn plain_leaf<S>(&mut self, id: NodeId, call: StepCall<S>) -> StepFuture<'_, S::Output>
    where
        S: RunIn<C, R>,
    {
        let def = TypedStep::<C, R, S>::DEF;
        let StepCall { input, options, .. } = call;
        if options.is_none() && self.driver.is_direct(def) {
            // The id goes where it stays: in the future it would be copied twice.
            let info = self.driver.info(id);
            // One attempt, nothing recorded, no options: the path whose cost is measured. Not a function: it would hold its
            // arguments once more.
            return StepFuture::typed(boxed!(async move {
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
                        S::exchange(self.ctx, &mut drafts);
                        finished(output)
                    }
                    Err(error) => Err(error),
                }
            }));
        }
        let step = Box::new(TypedStep::<C, R, S>::new(self.ctx, self.res, input));
        StepFuture(Running::Driven(self.driver.node(id, step, options, S::tool_runner(self.res))))
    }
}

impl Driver<'_> {
    /// Whether a call without options is one attempt and nothing else.
    #[inline]
    fn is_direct(&self, def: &StepDef) -> bool {
        let watched = self.env.has_stubs() || self.env.stage.is_some();
        let limited = self.is_limited() || self.timed.is_some();
        self.handle.is_none() && def.is_plain && !watched && !limited
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

    /// Runs all attempts of a call; its output is left in the step.
    ///
    /// Boxed here, where the future has its type: it is compiled, and dropped, once.
    pub(super) fn node<'a>(
        &'a mut self,
        id: NodeId,
        mut step: Box<dyn AnyStep + 'a>,
        options: Option<Box<Options>>,
        tool_runner: Option<Box<dyn ToolRunner + 'a>>,
    ) -> BoxFuture<'a, RunResult<Box<dyn AnyStep + 'a>>> {
        boxed!(async move {
            let info = self.info(id);
            let within =
                self.limits_around(&info, EffectiveOptions::limits(step.def(), options.as_deref()))?;
            let mut work = self.work_within(info, within, step.def(), options, tool_runner);
            let done = self.attempts(&mut *step, &mut work).await;
            node_events::node(self.env, &mut work.reporter, &done);
            done?;
            self.spare = Some(work.info);
            Ok(step)
        })
    }
}

/// A step under way.
pub struct StepFuture<'a, T>(Running<'a, T>);

enum Running<'a, T> {
    /// Gives the output itself.
    Typed(BoxFuture<'a, RunResult<T>>),
    /// Gives the step, which has the output.
    Driven(BoxFuture<'a, RunResult<Box<dyn AnyStep + 'a>>>),
}

impl<'a, T> StepFuture<'a, T> {
    #[inline]
    pub(crate) fn typed(running: BoxFuture<'a, RunResult<T>>) -> Self {
        Self(Running::Typed(running))
    }

    pub(super) fn driven(running: BoxFuture<'a, RunResult<Box<dyn AnyStep + 'a>>>) -> Self {
        Self(Running::Driven(running))
    }
}

/// A step under way whose failure is a value.
pub struct SettledFuture<'a, T>(pub(super) StepFuture<'a, T>);

impl<T> fmt::Debug for SettledFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettledFuture")
    }
}

impl<T: 'static> Future for SettledFuture<'_, T> {
    type Output = RunResult<Result<T, Failure>>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.0).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(done) => Poll::Ready(settled(done)),
        }
    }
}

impl<T> fmt::Debug for StepFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepFuture")
    }
}

impl<T: 'static> Future for StepFuture<'_, T> {
    type Output = RunResult<T>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Running::Typed(running) => running.as_mut().poll(cx),
            Running::Driven(running) => match running.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(mut step)) => {
                    let mut output: Option<T> = None;
                    step.slot().give(&mut output);
                    Poll::Ready(finished(output))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            },
        }
    }
}
