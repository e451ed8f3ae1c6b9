//! The attempts of a node: how often, with which wait between them, and what its error is in the end.

use super::any_step::{AnyStep, StepDef};
use super::conversation::Conversation;
use super::driver::Driver;
use super::effective_options::EffectiveOptions;
use super::node_events::{self, NodeReporter};
use super::timeout::InTime;
use super::tools::ToolRunner;
use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use crate::engine::{AttemptCommand, Key, Kind, LimitScope};
use crate::error::{Error, ErrorKind, FailureRecord, LastAttempt, RunResult, Signal, StepError};
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::step::findings::Found;
use crate::step::{Options, RunInfo, Tally};
use crate::usage::UsageLimits;
use std::time::Duration;

/// A call under way: the state that its attempts share.
pub(super) struct Work<'t> {
    pub(super) plan: EffectiveOptions,
    pub(super) info: Box<RunInfo>,
    /// Whether there may be another attempt after this one, which then needs the input too.
    pub(super) more: bool,
    /// The limited nodes around it, itself included.
    pub(super) within: LimitScope,
    /// The timed scopes around it.
    pub(super) timed: InTime,
    /// When the attempt that was made last ended.
    pub(super) ended: Timestamp,
    /// The error of an attempt that has just failed.
    pub(super) live: Option<StepError>,
    /// The tally of attempts in an ephemeral run, which has no records.
    pub(super) tally: Option<Box<Tally>>,
    /// The attempt after which a plugin redirected the call to another step.
    pub(super) redirected: Option<Count>,
    /// The attempt of another step after which the call was redirected to this one.
    pub(super) after: Option<Count>,
    /// The events of it, where there are observers.
    pub(super) reporter: Option<Box<NodeReporter>>,
    /// The findings, if the call keeps them.
    pub(super) found: Option<Found>,
    /// The parts of the cache entry that this attempt took its output from.
    pub(super) cached_parts: Option<Vec<(String, Json)>>,
    /// The conversation of a step with tools.
    pub(super) conversation: Option<Box<Conversation<'t>>>,
}

/// A failed attempt: its record, and the error itself if it failed in this execution.
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

/// An attempt that succeeded has left an output: its absence is a bug.
#[cold]
pub(super) fn no_output() -> Error {
    Error::internal("a step ended without an output")
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

    /// The first attempt of a node: after a redirect, the count continues.
    fn first(forgiven: u32, retries: u32, after: Option<Self>) -> Self {
        let last = forgiven.saturating_add(retries).saturating_add(1);
        match after {
            None => Self { n: 1, forgiven, last },
            Some(after) => Self { n: after.n.saturating_add(1), forgiven, last: last.max(after.last) },
        }
    }
}

impl<'r> Driver<'r> {
    /// Makes ready for the attempts of the step `id`.
    pub(super) fn work<'t>(
        &mut self,
        id: NodeId,
        def: &StepDef,
        options: Option<Box<Options>>,
        tool_runner: Option<Box<dyn ToolRunner + 't>>,
    ) -> RunResult<Work<'t>>
    where
        'r: 't,
    {
        let info = self.info(id);
        let within = self.limits_around(&info, EffectiveOptions::limits(def, options.as_deref()))?;
        Ok(self.work_within(info, within, def, options, tool_runner))
    }

    /// The limited nodes around a step with these limits, itself included.
    pub(super) fn limits_around(&self, info: &RunInfo, limits: Option<UsageLimits>) -> RunResult<LimitScope> {
        match limits {
            Some(_) => self.limits_of(info.path(), limits),
            None => Ok(self.within.clone()),
        }
    }

    /// [`work`](Self::work) once its limits are known. It is large: as a part of a `Result` it would be copied twice.
    pub(super) fn work_within<'t>(
        &mut self,
        mut info: Box<RunInfo>,
        within: LimitScope,
        def: &StepDef,
        options: Option<Box<Options>>,
        tool_runner: Option<Box<dyn ToolRunner + 't>>,
    ) -> Work<'t>
    where
        'r: 't,
    {
        let tool_runner = match self.tools.take() {
            Some(of_call) => Some(of_call as Box<dyn ToolRunner + 't>),
            None => tool_runner,
        };
        let mut plan = EffectiveOptions::new(def, options);
        let model = def.policy.model.map(|model| {
            let other = self.env.other_model(&info);
            Box::new(plan.model(model, other, self.env))
        });
        if let Some(defaults) = self.env.model_defaults.as_ref().filter(|_| model.is_some()) {
            plan.timeout = plan.timeout.or(defaults.timeout);
        }
        info.pays_from(self.billing(&within, def.kind()));
        info.set_calls(model, self.caching(&plan));
        // A recorded run takes the tally from its records.
        let tally = (self.handle.is_none() && self.results.is_on()).then(Box::default);
        Work {
            plan,
            info,
            more: false,
            within,
            timed: self.timed.clone(),
            ended: Timestamp::default(),
            live: None,
            tally,
            redirected: None,
            after: None,
            reporter: None,
            found: None,
            cached_parts: None,
            conversation: tool_runner.map(|tool_runner| Box::new(Conversation::new(tool_runner))),
        }
    }

    pub(super) async fn attempts(&mut self, step: &mut dyn AnyStep, work: &mut Work<'_>) -> RunResult<()> {
        let path = work.info.path();
        work.reporter = node_events::begin(self.env, step.def(), &work.plan, &path);
        let digest = match &self.handle {
            Some(_) => match step.digest_input() {
                Ok(digest) => digest,
                Err(e) => return Err(Error::new(ErrorKind::Codec(e)).at(path)),
            },
            // Nothing is recorded, so there is nothing to compare with.
            None => Digest::of(&[]),
        };
        let forgiven = self.env.forgiven(&path);
        let mut count = Count::first(forgiven, work.plan.retries, work.after);
        if count.n > 1 {
            work.info.again(count.n, None);
        }
        let (kind, stub_id) = (step.def().kind(), step.def().id);
        let mut key = Key { path, kind, n: count.n };
        loop {
            work.more = count.n < count.last;
            if self.env.stub(stub_id).is_none()
                && let Some(mut talk) = work.conversation.take()
            {
                let done = Box::pin(self.converse(step, work, &mut talk)).await;
                work.conversation = Some(talk);
                done?;
            }
            let command = command(step.def(), key, digest, &work.within);
            match self.attempt(step, command, work).await? {
                Ok(()) => {
                    self.tally(work, true);
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

    /// [`attempts`](Self::attempts) for typed code. Boxed here, where the future has its type: it is compiled once.
    pub(super) fn all_attempts<'a>(
        &'a mut self,
        step: &'a mut dyn AnyStep,
        work: &'a mut Work<'_>,
    ) -> BoxFuture<'a, RunResult<()>> {
        Box::pin(self.attempts(step, work))
    }

    /// Adds what the attempts came to, to the results of a run that records nothing.
    pub(super) fn tally(&mut self, work: &mut Work<'_>, done: bool) {
        if let Some(tally) = work.tally.take() {
            self.results.push(self.env, || tally.into_result(work.info.place(), done));
        }
    }

    /// Makes ready for another attempt; the error if there is none.
    async fn once_more(&mut self, work: &mut Work<'_>, count: Count, failed: Box<Failed>) -> RunResult<()> {
        let Count { n, forgiven, last: of } = count;
        // Failures before the run was resumed do not count, but their feedback does.
        let counts = n > forgiven;
        let last = LastAttempt { path: work.info.path(), n, ended: work.ended };
        if counts && failed.record.scope.is_some() {
            self.tally(work, false);
            return Err(failed.record.of_attempt(last, of));
        }
        if counts && (n >= of || !failed.record.retryable) {
            self.tally(work, false);
            return Err(failed.into_error().at(work.info.path()).after(n, of).with_last(last));
        }
        if failed.record.redirect && work.after.is_none() {
            work.redirected = Some(count);
            self.tally(work, false);
            return Ok(());
        }
        if counts && !failed.record.redirect && failed.record.feedback.is_none() {
            self.back_off(work, n, failed.record.retry_after).await?;
        } else if counts {
            node_events::retry(self.env, work, n, Duration::ZERO);
        }
        work.info.again(n + 1, failed.record.feedback);
        Ok(())
    }

    async fn back_off(&mut self, work: &Work<'_>, n: u32, asked: Option<u64>) -> RunResult<()> {
        let path = work.info.path();
        // The seed is the place, so that a replay waits as long as the run did.
        let seed = Digest::of_parts(&[self.env.id.as_str(), path.as_str()]).low();
        let wait = work.plan.wait(n, seed, asked.map(Duration::from_nanos));
        // A scope around it has a timeout: waiting for longer than that is no use.
        let wait = work.timed.as_ref().map_or(wait, |timed| timed.shortened(wait, work.ended));
        node_events::retry(self.env, work, n, wait);
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

/// The command of one attempt of a step.
pub(super) fn command(def: &StepDef, key: Key, digest: Digest, within: &LimitScope) -> AttemptCommand {
    let (version, migrates_from) = (def.version, def.migrates_from);
    AttemptCommand { key, version, migrates_from, digest, within: within.clone() }
}
