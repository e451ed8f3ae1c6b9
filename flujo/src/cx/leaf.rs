use super::Cx;
use super::attempts::Failed;
use super::guard::catch_panic;
use crate::context::Context;
use crate::engine::BoxFuture;
use crate::error::{Error, ErrorKind, RunResult};
use crate::path::NodeId;
use crate::run::StepResult;
use crate::step::{Attempt, Fallback, RunInfo, StepCall, WritesIn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

pin_project_lite::pin_project! {
    /// A step under way.
    #[project = DrivenProj]
    enum Driven<'s, F, T> {
        Plain { #[pin] once: F },
        Guarded { boxed: BoxFuture<'s, T> },
    }
}

impl<F: Future<Output = T>, T> Future for Driven<'_, F, T> {
    type Output = T;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<T> {
        match self.project() {
            DrivenProj::Plain { once } => once.poll(cx),
            DrivenProj::Guarded { boxed } => boxed.as_mut().poll(cx),
        }
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs one step with all its attempts; what `#[step]` expands to.
    ///
    /// A future written by hand: an async function around the two would be one more state machine to poll
    /// through on the path whose cost is measured.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    #[inline]
    pub fn leaf<S, F>(
        &mut self,
        id: NodeId,
        call: StepCall<S, F>,
    ) -> impl Future<Output = RunResult<S::Output>> + Send
    where
        S: Attempt<C, R>,
        F: Fallback<C, R>,
    {
        let plain = call.options.is_none() && call.bridge.is_none() && self.handle.is_none();
        if plain && S::POLICY.is_plain() && !self.env.has_stubs() {
            Driven::Plain { once: self.once::<S>(id, call.input) }
        } else {
            Driven::Guarded { boxed: self.guarded::<S, F>(id, call) }
        }
    }

    /// One attempt, nothing recorded, no options: the path whose cost is measured.
    async fn once<S: Attempt<C, R>>(&mut self, id: NodeId, input: S::Input) -> RunResult<S::Output> {
        let started = self.env.clock.now();
        let info = RunInfo::new(Arc::clone(self.env), self.place(id), 1);
        let mut drafts = S::drafts(self.ctx);
        let done = catch_panic(S::attempt(input, &mut drafts, self.ctx, self.res, &info)).await;
        let latency = self.env.clock.now().since(started);
        let failed = match done {
            Ok(Ok(output)) => {
                S::commit(self.ctx, drafts);
                *self.written |= <S as WritesIn<C>>::MASK;
                self.env.log(|| StepResult::once(info, latency, true));
                return Ok(output);
            }
            Ok(Err(error)) => Box::<Failed>::from(error).into_error(),
            Err(panic) => Error::new(ErrorKind::Panicked(panic)),
        };
        let failed = failed.at(info.path());
        self.env.log(|| StepResult::once(info, latency, false));
        Err(failed)
    }
}
