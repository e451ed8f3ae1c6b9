//! One attempt of a step: within its time, looked at by plugins and validators, recorded.

mod cached;
mod call;
mod recorded;

use super::any_step::AnyStep;
use super::billing::UnderWay;
use super::catch_panic::catch_panic;
use super::driver::Driver;
use super::env::RunEnv;
use super::node_events;
use super::retry::{Failed, Work};
use super::timeout::Timed;
use crate::engine::{AttemptCommand, Body, Finding, RecordOutcome};
use crate::error::{FailureRecord, RunResult, StepError};
use crate::future::boxed;
use call::{Call, validated};
use recorded::{recorded, replay};

impl Driver<'_> {
    /// One attempt: on the engine's handle where there is one, else directly.
    pub(super) async fn attempt(
        &mut self,
        step: &mut dyn AnyStep,
        command: AttemptCommand,
        work: &mut Work<'_>,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let env = &**self.env;
        step.clear();
        (work.live, work.cached_parts) = (None, None);
        let Some(handle) = self.handle.as_deref_mut() else {
            // Boxed: the plainest of such attempts do not come here at all.
            let done = Box::pin(direct(step, self.written, env, work)).await;
            if !is_signal(&done) {
                node_events::attempted(env, step, work, &done);
            }
            return match done {
                Err(failed) if failed.signal().is_some() => Err(failed.into_error()),
                done => Ok(done),
            };
        };
        if let Some(captured) = &env.captured {
            captured.attempt(&command.key, step);
        }
        let record = {
            let (step, work) = (&mut *step, &mut *work);
            let body: Body<'_> = boxed!(recorded(step, env, work));
            handle.attempt(command, body).await?
        };
        node_events::recorded(env, work, &record);
        work.ended = record.ended;
        if let Some(timed) = &work.timed {
            timed.add(env, record.started, record.ended);
        }
        if let Some(found) = &work.found {
            found.record(&record);
        }
        match &record.outcome {
            RecordOutcome::Failure(failure) => {
                return Ok(Err(Box::new(Failed {
                    record: FailureRecord::clone(failure),
                    live: work.live.take(),
                })));
            }
            // The body has really run.
            RecordOutcome::Output(_) if step.output().is_some() => {}
            RecordOutcome::Output(output) => replay(step, &record, output)?,
        }
        *self.written |= step.def().writes;
        Ok(Ok(()))
    }
}

/// Makes one attempt within its time, and validates its output: the reasons of validators that reject it, where it
/// passes all the same.
async fn perform(
    step: &mut dyn AnyStep,
    env: &RunEnv,
    work: &mut Work<'_>,
) -> Result<Vec<String>, Box<Failed>> {
    if let Some(failed) = work.conversation.as_mut().and_then(|talk| talk.take_failure()) {
        return Err(failed);
    }
    if work.info.pays() {
        work.info.check().await?;
    }
    let Work { plan, info, timed, more, cached_parts, conversation, .. } = work;
    let under_way = UnderWay::begin(info);
    let plain = !plan.is_watched() && !env.has_stubs() && !step.def().asks_model;
    let done = if plain && timed.is_none() {
        let mut body = step.call(*more, info);
        match catch_panic(body.as_mut()).await {
            Ok(()) => {
                drop(body);
                validated(step, plan, Vec::new())
            }
            Err(failed) => Err(failed),
        }
    } else {
        // Boxed: a future that may be a timer's, a stub's or a model's as well is larger than most need.
        let reply = conversation.as_ref().and_then(|talk| talk.answer());
        let call = Call { step, env, plan, info, more: *more, reply, cached_parts };
        let called = Box::pin(call.within_timeout());
        match timed {
            Some(timed) => Box::pin(in_scopes(timed, env, called)).await,
            None => called.await,
        }
    };
    // An attempt that a signal ends leaves no record: it is given up.
    if !is_signal(&done) {
        under_way.over();
    }
    done
}

/// Runs an attempt within the time of the scopes around it.
async fn in_scopes<T>(
    timed: &Timed,
    env: &RunEnv,
    called: impl Future<Output = Result<T, Box<Failed>>> + Send,
) -> Result<T, Box<Failed>> {
    timed.bound(env, called, is_signal).await.unwrap_or_else(|cut_off| Err(cut_off.into()))
}

pub(super) fn is_signal<T>(done: &Result<T, Box<Failed>>) -> bool {
    done.as_ref().is_err_and(|failed| failed.signal().is_some())
}

fn findings(reasons: Vec<String>) -> Vec<Finding> {
    reasons.into_iter().map(|message| Finding { message }).collect()
}

/// An attempt of which there is no record.
async fn direct(
    step: &mut dyn AnyStep,
    written: &mut u64,
    env: &RunEnv,
    work: &mut Work<'_>,
) -> Result<(), Box<Failed>> {
    let started = env.clock.now();
    node_events::attempt(env, step, work, started);
    step.draft();
    let done = node_events::within(node_events::span(work), perform(step, env, work)).await;
    if !is_signal(&done) {
        work.info.settle().await;
    }
    work.ended = env.clock.now();
    if let Some(tally) = &mut work.tally {
        tally.add(&mut work.info, started, work.ended);
    }
    if let Some(timed) = &work.timed {
        timed.add(env, started, work.ended);
    }
    if let (Some(found), Err(failed)) = (&work.found, &done) {
        found.rejected((work.info.path().as_str(), work.info.attempt()), &failed.record);
    }
    let reasons = done?;
    let writes = step.def().writes;
    let before = work.info.cache().map(|_| saved(step, writes));
    step.exchange();
    restore_cached(step, work)?;
    if let (Some(cache), Some(before)) = (work.info.cache(), before) {
        let mut changed = saved(step, writes);
        changed.retain(|part| !before.contains(part));
        cache.store(&changed).await;
    }
    *written |= writes;
    let findings = findings(reasons);
    if let Some(found) = &work.found {
        found.passed((work.info.path().as_str(), work.info.attempt()), &findings);
    }
    if let Some(tally) = &mut work.tally {
        tally.found(findings);
    }
    Ok(())
}

/// Puts the parts of a cache entry in place, as the attempt that it is of left them.
fn restore_cached(step: &mut dyn AnyStep, work: &mut Work<'_>) -> Result<(), StepError> {
    let Some(parts) = work.cached_parts.take() else { return Ok(()) };
    match step.context().restore_whole(&work.info.path(), &parts) {
        Ok(()) => Ok(()),
        // They were decoded before the entry was taken.
        Err(_) => Err(StepError::internal("a cached part does not decode")),
    }
}

/// The parts that a step may write, encoded, where nothing else does so: those that can be.
fn saved(step: &mut dyn AnyStep, mask: u64) -> Vec<(String, crate::codec::Json)> {
    let ctx = &*step.context();
    ctx.bits(mask).filter_map(|bit| Some((ctx.part_name(bit).to_owned(), ctx.save_part(bit).ok()?))).collect()
}
