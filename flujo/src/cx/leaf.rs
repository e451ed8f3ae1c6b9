use super::Cx;
use super::attempt::{Attempted, Plan};
use super::guard::catch_panic;
use crate::codec;
use crate::context::Context;
use crate::durable::Inputs;
use crate::engine::{AttemptCommand, BoxFuture, Key, Kind, Reservation};
use crate::error::{Error, ErrorKind, FailureRecord, RunResult};
use crate::path::{NodeId, Place};
use crate::run::{Node, StepResult};
use crate::step::{Attempt, Backoff, Fallback, RunInfo, StepCall, WritesIn};
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
    pub fn leaf<'s, S, F>(
        &'s mut self,
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
            // Boxed, so that the loop over attempts does not grow every pipeline's future.
            let boxed: BoxFuture<'s, _> = Box::pin(self.guarded::<S, F>(id, call));
            Driven::Guarded { boxed }
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
            Ok(Err(error)) => Error::of_record(&FailureRecord::of_step(&error), Some(error)),
            Err(panic) => Error::new(ErrorKind::Panicked(panic)),
        };
        let failed = failed.at(info.path());
        self.env.log(|| StepResult::once(info, latency, false));
        Err(failed)
    }

    async fn guarded<S, F>(&mut self, id: NodeId, call: StepCall<S, F>) -> RunResult<S::Output>
    where
        S: Attempt<C, R>,
        F: Fallback<C, R>,
    {
        let StepCall { input, options, bridge } = call;
        let plan = Plan::new(options, self.env);
        let place = self.place(id.clone());
        let bridge = bridge.map(|bridge| (bridge, input.copy()));
        let failed = match self.attempts::<S>(&place, &plan, input).await {
            Ok(output) => return Ok(output),
            Err(error) => error,
        };
        let bridge = bridge.filter(|_| failed.signal().is_none());
        let Some((bridge, input)) = bridge else { return Err(failed) };
        let target = id.replaced_by(F::NAME);
        match F::exec(self, target, (bridge.input)(input)).await {
            Ok(output) => Ok((bridge.output)(output)),
            Err(error) if error.signal().is_some() => Err(error),
            Err(error) => Err(error.instead_of(failed)),
        }
    }

    async fn attempts<S: Attempt<C, R>>(
        &mut self,
        place: &Place,
        plan: &Plan<S>,
        input: S::Input,
    ) -> RunResult<S::Output> {
        let path = place.path();
        let digest = match &self.handle {
            Some(_) => input.digest(),
            None => Ok(codec::Digest::of(&[])),
        };
        let digest = digest.map_err(|e| Error::new(ErrorKind::Codec(e)).at(path.clone()))?;
        let forgiven = self.env.forgiven(&path);
        let kind = if plan.model.is_some() { Kind::Model } else { Kind::Step };
        let last = forgiven.saturating_add(plan.retries).saturating_add(1);
        let mut node = Node::new(place.clone());
        let mut input = Some(input);
        let mut feedback = None;
        let mut n = 0;
        let failed = loop {
            n += 1;
            let key = Key { path: path.clone(), kind, n };
            let info = RunInfo::new(Arc::clone(self.env), place.clone(), n)
                .with(feedback.take(), plan.model.clone());
            if let (Some(handle), Some(model)) = (&mut self.handle, &plan.model) {
                handle.reserve(Reservation { key: key.clone(), amount: model.bound() }).await?;
            }
            let command = AttemptCommand { key, version: S::FACTS.version, digest };
            let again = if n < last { input.as_ref().map(Inputs::copy) } else { input.take() };
            let Some(given) = again else { break Error::setup("an attempt had no input") };
            match self.attempt::<S>(command, given, plan, &info, &mut node).await? {
                Attempted::Output(output) => {
                    self.env.log_node(node, true);
                    return Ok(output);
                }
                // What failed before the run was resumed does not count, but its feedback does.
                Attempted::Failed { record, .. } if n <= forgiven => feedback = record.feedback,
                Attempted::Failed { record, live } => {
                    if n >= last || !record.retryable {
                        break Error::of_record(&record, live);
                    }
                    feedback = record.feedback;
                    if feedback.is_none() {
                        self.back_off(&path, n, plan.backoff).await?;
                    }
                }
            }
        };
        self.env.log_node(node, false);
        Err(failed.at(path).after(n, last))
    }

    async fn back_off(&mut self, path: &crate::path::Path, n: u32, backoff: Backoff) -> RunResult<()> {
        // The seed is the place, so that a replay waits as long as the run did.
        let seed = codec::Digest::of_parts(&[self.env.id.as_str(), path.as_str()]).low();
        let wait = backoff.after(n, seed);
        if wait.is_zero() {
            return Ok(());
        }
        match &mut self.handle {
            Some(handle) => handle.sleep(Key { path: path.clone(), kind: Kind::Sleep, n }, wait).await?,
            None => self.env.clock.sleep(wait).await,
        }
        Ok(())
    }
}
