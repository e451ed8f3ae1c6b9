//! One attempt of a step: within its time, looked at by plugins and validators, recorded.

mod cached;
mod recorded;

use super::any_step::AnyStep;
use super::attempt_timeout::in_time;
use super::catch_panic::catch_panic;
use super::driver::Driver;
use super::node_events;
use super::plan::Plan;
use super::plugins::review;
use super::retry::{Failed, Work};
use super::timeout::Timed;
use crate::engine::{AttemptCommand, Body, Finding, RecordOutcome};
use crate::error::{FailureRecord, RunResult, StepError};
use crate::run::RunEnv;
use crate::step::{RunInfo, UnderWay};
use cached::cached;
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
        let record = {
            let (step, work) = (&mut *step, &mut *work);
            let body: Body<'_> = Box::new(move || Box::pin(recorded(step, env, work)));
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

/// Calls the user's function within its time, and validates its output: the reasons of validators that
/// reject it, where it passes all the same.
async fn perform(
    step: &mut dyn AnyStep,
    env: &RunEnv,
    work: &mut Work<'_>,
) -> Result<Vec<String>, Box<Failed>> {
    if work.toolbox.is_some()
        && let Some(failed) = Failed::of_talk(&mut work.info)
    {
        return Err(failed);
    }
    if work.info.pays() {
        work.info.check().await?;
    }
    let Work { plan, info, timed, more, cached_parts, .. } = work;
    let under_way = UnderWay::begin(info);
    let done = if let Some(timed) = timed {
        // Boxed twice: nothing of it may stand in the future of those that have no time to keep.
        let called = Box::pin(watched(step, *more, env, plan, info, cached_parts));
        Box::pin(in_scopes(timed, env, called)).await
    } else if plan.is_watched() || env.has_stubs() {
        // Boxed: a future that may be a timer's or a stub's as well is larger than most need.
        Box::pin(watched(step, *more, env, plan, info, cached_parts)).await
    } else {
        let mut body = step.call(*more, info);
        match catch_panic(body.as_mut()).await {
            Ok(()) => {
                drop(body);
                validated(step, plan, Vec::new())
            }
            Err(failed) => Err(failed),
        }
    };
    // An attempt that a signal ends leaves no record: it is given up.
    if !is_signal(&done) {
        under_way.over();
    }
    done
}

/// Asks all validators: what they, and plugins for these `reasons`, have against an output that goes on all the
/// same.
fn validated(
    step: &mut dyn AnyStep,
    plan: &Plan,
    mut reasons: Vec<String>,
) -> Result<Vec<String>, Box<Failed>> {
    if plan.validates()
        && let Some(output) = step.output()
    {
        reasons.extend(plan.validate(output));
    }
    if !reasons.is_empty() && plan.strict() {
        let last = step.record_output().ok();
        step.clear();
        return Err(FailureRecord::rejected(&reasons, last).into());
    }
    Ok(reasons)
}

/// What plugins and validators make of an output.
async fn judge(step: &mut dyn AnyStep, plan: &Plan, info: &RunInfo) -> Result<Vec<String>, Box<Failed>> {
    let reasons = review(step, plan, info).await?;
    validated(step, plan, reasons)
}

/// Calls the step, or the stub that stands in for it.
async fn call(step: &mut dyn AnyStep, copy: bool, env: &RunEnv, info: &RunInfo) -> Result<(), Box<Failed>> {
    let id = step.def().id;
    if env.stub(id).is_none() {
        return catch_panic(step.call(copy, info).as_mut()).await;
    }
    let mut called = Box::pin(async {
        let (Some(stub), Some(input)) = (env.stub(id), step.input()) else {
            return Err(StepError::fatal("internal error: an attempt had no input; please report it"));
        };
        let output = stub.call(input, info).await?;
        if step.accept(output) {
            return Ok(());
        }
        Err(StepError::fatal(format!("the stub of `{}` gave a value of another type", step.def().name)))
    });
    catch_panic(called.as_mut()).await
}

/// A call that a stub or a cache may answer and plugins look at, and that has to end in time: what was said
/// against an output that goes on all the same.
async fn watched(
    step: &mut dyn AnyStep,
    copy: bool,
    env: &RunEnv,
    plan: &Plan,
    info: &RunInfo,
    cached_parts: &mut Option<Vec<(String, crate::codec::Json)>>,
) -> Result<Vec<String>, Box<Failed>> {
    let clock = env.clock.as_ref();
    let answered = answered(step, copy, env, plan, info, cached_parts);
    match plan.timeout {
        Some(limit) => in_time(Box::pin(answered), limit, clock).await,
        None => answered.await,
    }
}

/// A call that a stub or a cache may answer and plugins look at, without a timeout.
async fn answered(
    step: &mut dyn AnyStep,
    copy: bool,
    env: &RunEnv,
    plan: &Plan,
    info: &RunInfo,
    cached_parts: &mut Option<Vec<(String, crate::codec::Json)>>,
) -> Result<Vec<String>, Box<Failed>> {
    if let Some(cache) = info.cache() {
        return Box::pin(cached(step, env, plan, (info, cache), cached_parts)).await;
    }
    call(step, copy, env, info).await?;
    if plan.plugins().is_none() {
        return validated(step, plan, Vec::new());
    }
    Box::pin(judge(step, plan, info)).await
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
    step.begin();
    let done = node_events::within(node_events::span(work), perform(step, env, work)).await;
    if !is_signal(&done) {
        work.info.settle().await;
    }
    work.ended = env.clock.now();
    if let Some(tally) = &mut work.tally {
        tally.add(&work.info, started, work.ended);
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
    step.commit();
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
    match step.context().restore_named(&work.info.path(), &parts) {
        Ok(_) => Ok(()),
        // They were decoded before the entry was taken.
        Err(_) => Err(StepError::fatal("internal error: a cached part does not decode; please report it")),
    }
}

/// The parts that a step may write, encoded, where nothing else does so: those that can be.
fn saved(step: &mut dyn AnyStep, mask: u64) -> Vec<(String, crate::codec::Json)> {
    let ctx = &*step.context();
    ctx.bits(mask).filter_map(|bit| Some((ctx.part_name(bit).to_owned(), ctx.save_part(bit).ok()?))).collect()
}
