use super::Cx;
use super::plan::Plan;
use super::redirect::Redirected;
use super::tell;
use super::timed::InTime;
use crate::clock::Timestamp;
use crate::codec::Digest;
use crate::context::Context;
use crate::durable::Inputs;
use crate::engine::{AttemptCommand, BoxFuture, Key, Kind, Within};
use crate::error::{Error, ErrorKind, FailureRecord, LastAttempt, RunResult, Signal, StepError};
use crate::path::NodeId;
use crate::run::Tally;
use crate::step::findings::Found;
use crate::step::{Attempt, Bridge, Fallback, RunInfo, Step, StepCall};
use std::time::Duration;

/// A call under way: what its attempts share. It stays where it was put, and everything below borrows it:
/// futures that hand an input on by value would hold it once each.
pub(super) struct Work<S: Step> {
    pub(super) plan: Plan<S>,
    pub(super) info: Box<RunInfo>,
    /// Whether there may be another attempt after this one, which then needs the input too.
    pub(super) more: bool,
    /// Copied for every attempt but the last.
    pub(super) input: Option<S::Input>,
    /// What an attempt gave: as it is decoded from the record, where there is one. It is put here and not
    /// handed on, which would copy it once for every future between here and the caller.
    pub(super) output: Option<S::Output>,
    /// The limited nodes that it stands in, itself included.
    pub(super) within: Within,
    /// The timed scopes that it stands in.
    pub(super) timed: InTime,
    /// When the attempt that was made last ended.
    pub(super) ended: Timestamp,
    /// The error of an attempt that has just failed.
    pub(super) live: Option<StepError>,
    /// What the attempts came to, where no records say so.
    pub(super) tally: Option<Box<Tally>>,
    /// The attempt after which another step goes on, if a plugin said so.
    pub(super) redirected: Option<Count>,
    /// The attempt after which this one goes on in place of another.
    pub(super) after: Option<Count>,
    /// What was told of it, where somebody looks.
    pub(super) told: Option<Box<tell::Told>>,
    /// What was found, where the call keeps it.
    pub(super) found: Option<Found>,
}

impl<S: Step> Work<S> {
    /// The input of this attempt.
    pub(super) fn input(&mut self) -> Option<S::Input> {
        if self.more { self.input.as_ref().map(Inputs::copy) } else { self.input.take() }
    }
}

/// What failed: what is recorded of it, and the error itself if it has just happened.
pub(super) struct Failed {
    pub(super) record: FailureRecord,
    pub(super) live: Option<StepError>,
}

impl From<FailureRecord> for Box<Failed> {
    #[cold]
    fn from(record: FailureRecord) -> Self {
        Self::new(Failed { record, live: None })
    }
}

impl From<StepError> for Box<Failed> {
    #[cold]
    fn from(error: StepError) -> Self {
        Self::new(Failed { record: FailureRecord::of_step(&error), live: Some(error) })
    }
}

impl Failed {
    /// The signal, if that is what ended the body: then nothing failed, and nothing is recorded.
    pub(super) fn signal(&self) -> Option<&Signal> {
        self.live.as_ref().and_then(StepError::signal)
    }

    /// The error, with the user's own as its source if that is at hand.
    #[cold]
    pub(super) fn into_error(self) -> Error {
        if let Some(signal) = self.signal() {
            return signal.clone().into();
        }
        let error = self.record.to_error();
        match self.live {
            Some(live) => error.with_source(live.source),
            None => error,
        }
    }
}

/// An attempt that ended well has left an output.
#[cold]
pub(super) fn lost() -> Error {
    Error::setup("a step ended without an output")
}

/// How far the attempts have come.
#[derive(Clone, Copy)]
pub(super) struct Count {
    n: u32,
    /// Attempts that failed before the node was given fresh ones.
    forgiven: u32,
    last: u32,
}

impl Count {
    /// Extra attempts of the call.
    pub(super) fn retries(self) -> u32 {
        self.last.saturating_sub(self.forgiven).saturating_sub(1)
    }

    /// The first attempt of a node: one that goes on in place of another is counted on.
    fn first(forgiven: u32, retries: u32, after: Option<Self>) -> Self {
        let last = forgiven.saturating_add(retries).saturating_add(1);
        match after {
            None => Self { n: 1, forgiven, last },
            Some(after) => Self { n: after.n.saturating_add(1), forgiven, last: last.max(after.last) },
        }
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs one step with all its attempts and its fallback.
    pub(super) fn guarded<S, F>(
        &mut self,
        id: NodeId,
        call: StepCall<S, F>,
    ) -> BoxFuture<'_, RunResult<S::Output>>
    where
        S: Attempt<C, R>,
        F: Fallback<C, R>,
    {
        let StepCall { input, options, bridge } = call;
        let mut plan = Plan::<S>::new(options);
        let Some(bridge) = bridge else {
            let mut work = match self.work(id, plan, input) {
                Ok(work) => work,
                Err(error) => return Box::pin(std::future::ready(Err(error))),
            };
            // Boxed, so that the loop over attempts does not grow every pipeline's future.
            return Box::pin(async move {
                let done = self.attempts(&mut work).await;
                tell::node(self.env, &mut work.told, &done);
                done?;
                self.spare = Some(work.info);
                work.output.ok_or_else(lost)
            });
        };
        Box::pin(async move {
            let Bridge { fallback, redirect } = *bridge;
            let same = fallback.is_some().then(|| input.copy());
            plan.redirects = redirect.is_some();
            let mut work = self.work(id.clone(), plan, input)?;
            let found = F::KEEP.map(|_| Found::default());
            work.found.clone_from(&found);
            let within = work.within.clone();
            let tried = self.attempts(&mut work).await;
            let mut told = work.told.take();
            let done = match (tried, redirect, work.redirected) {
                (Ok(()), Some(detour), Some(after)) => {
                    tell::redirect(self.env, told.as_deref_mut(), F::REDIRECT);
                    let (input, options) = (work.input.take().ok_or_else(lost)?, work.plan.into_options());
                    let (input, options) = ((detour.input)(input), (detour.options)(options));
                    let redirected = Redirected { input, options, after, found: found.clone() };
                    let done = F::redirect(&mut self.inside(within.clone()), id.clone(), redirected).await;
                    done.map(detour.output)
                }
                (Ok(()), ..) => work.output.ok_or_else(lost),
                (Err(failed), ..) => Err(failed),
            };
            let is_told = tell::node(self.env, &mut told, &done);
            if let (Some(keep), Some(found)) = (F::KEEP, &found) {
                keep(self.ctx, self.written, found.take());
            }
            let (failed, carry, same) = match (done, fallback, same) {
                (Err(failed), Some(carry), Some(same)) if failed.signal().is_none() => (failed, carry, same),
                (done, ..) => return done,
            };
            if is_told {
                tell::fallback(self.env, told.as_deref(), F::NAME);
            }
            // Whatever stands in for a node is that node, and pays from what is left to it.
            let id = id.replaced_by(F::NAME);
            match F::exec(&mut self.inside(within), id, (carry.input)(same)).await {
                Ok(output) => Ok((carry.output)(output)),
                Err(error) if error.signal().is_some() => Err(error),
                Err(error) => Err(error.instead_of(failed)),
            }
        })
    }

    pub(super) fn work<S: Step>(
        &mut self,
        id: NodeId,
        mut plan: Plan<S>,
        input: S::Input,
    ) -> RunResult<Work<S>> {
        let model = plan.model(self.env);
        if let Some(defaults) = self.env.model_defaults.as_ref().filter(|_| model.is_some()) {
            plan.timeout = plan.timeout.or(defaults.timeout);
        }
        let mut info = self.info(id);
        let within = match plan.limits {
            Some(_) => self.limits_of(info.path(), plan.limits)?,
            None => self.within.clone(),
        };
        let kind = if model.is_some() { Kind::Model } else { Kind::Step };
        info.pays_from(self.purse(&within, kind));
        info.calls(model);
        info.caches(self.caching(&plan));
        // Where there are records, they tell.
        let tally = (self.handle.is_none() && self.log.is_on()).then(Box::default);
        Ok(Work {
            plan,
            info,
            more: false,
            input: Some(input),
            output: None,
            within,
            timed: self.timed.clone(),
            ended: Timestamp::default(),
            live: None,
            tally,
            redirected: None,
            after: None,
            told: None,
            found: None,
        })
    }

    pub(super) async fn attempts<S: Attempt<C, R>>(&mut self, work: &mut Work<S>) -> RunResult<()> {
        let path = work.info.path();
        work.told = tell::begin::<S>(self.env, &path);
        let digest = match (&self.handle, &work.input) {
            (Some(_), Some(input)) => match input.digest() {
                Ok(digest) => digest,
                Err(e) => return Err(Error::new(ErrorKind::Codec(e)).at(path)),
            },
            // Nothing is recorded, and nobody compares.
            _ => Digest::of(&[]),
        };
        let forgiven = self.env.forgiven(&path);
        let mut count = Count::first(forgiven, work.plan.retries, work.after);
        if count.n > 1 {
            work.info.again(count.n, None);
        }
        let kind = if S::POLICY.model.is_some() { Kind::Model } else { Kind::Step };
        let mut key = Key { path, kind, n: count.n };
        loop {
            work.more = count.n < count.last;
            if const { S::POLICY.talks() } && self.env.stub::<S>().is_none() {
                Box::pin(self.talk(work)).await?;
            }
            let within = work.within.clone();
            let command = AttemptCommand {
                key,
                version: S::FACTS.version,
                migrates_from: S::FACTS.migrates_from,
                digest,
                within,
            };
            match self.attempt::<S>(command, work).await? {
                Ok(()) => {
                    if let Some(tally) = work.tally.take() {
                        self.log.push(self.env, || tally.into_result(work.info.place(), true));
                    }
                    return Ok(());
                }
                // Boxed: it waits, and most nodes never come here.
                Err(failed) => Box::pin(self.once_more(work, count, failed)).await?,
            }
            if work.redirected.is_some() {
                return Ok(());
            }
            count.n += 1;
            key = Key { path: work.info.path(), kind, n: count.n };
        }
    }

    /// Makes ready for another attempt; the error if there is none.
    async fn once_more<S: Step>(
        &mut self,
        work: &mut Work<S>,
        count: Count,
        failed: Box<Failed>,
    ) -> RunResult<()> {
        let Count { n, forgiven, last: of } = count;
        // What failed before the run was resumed does not count, but its feedback does.
        let counts = n > forgiven;
        let last = LastAttempt { path: work.info.path(), n, ended: work.ended };
        if counts && failed.record.scope.is_some() {
            if let Some(tally) = work.tally.take() {
                self.log.push(self.env, || tally.into_result(work.info.place(), false));
            }
            return Err(failed.record.of_attempt(last, of));
        }
        if counts && (n >= of || !failed.record.retryable) {
            if let Some(tally) = work.tally.take() {
                self.log.push(self.env, || tally.into_result(work.info.place(), false));
            }
            return Err(failed.into_error().at(work.info.path()).after(n, of).with_last(last));
        }
        if failed.record.redirect && work.after.is_none() {
            work.redirected = Some(count);
            if let Some(tally) = work.tally.take() {
                self.log.push(self.env, || tally.into_result(work.info.place(), false));
            }
            return Ok(());
        }
        if counts && !failed.record.redirect && failed.record.feedback.is_none() {
            self.back_off(work, n, failed.record.retry_after).await?;
        } else if counts {
            tell::retry(self.env, work, n, Duration::ZERO);
        }
        work.info.again(n + 1, failed.record.feedback);
        Ok(())
    }

    async fn back_off<S: Step>(&mut self, work: &Work<S>, n: u32, asked: Option<u64>) -> RunResult<()> {
        let path = work.info.path();
        // The seed is the place, so that a replay waits as long as the run did.
        let seed = Digest::of_parts(&[self.env.id.as_str(), path.as_str()]).low();
        let wait = work.plan.wait(n, seed, asked.map(Duration::from_nanos));
        // It takes part in the time of what it stands in: no use to wait for longer than that.
        let wait = work.timed.as_ref().map_or(wait, |timed| timed.shortened(wait, work.ended));
        tell::retry(self.env, work, n, wait);
        if wait.is_zero() {
            return Ok(());
        }
        match &mut self.handle {
            Some(handle) => handle.sleep(Key { path, kind: Kind::Sleep, n }, wait).await?,
            None => self.env.clock.sleep(wait).await,
        }
        if let Some(timed) = &work.timed {
            timed.add(self.env, work.ended, work.ended.plus(wait));
        }
        Ok(())
    }
}
