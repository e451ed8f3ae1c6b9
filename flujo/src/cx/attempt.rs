use super::Cx;
use super::attempts::{Failed, Work};
use super::cached::{cached, saved};
use super::guard::catch_panic;
use super::plan::Plan;
use super::review::review;
use super::tell;
use super::timed::Timed;
use super::watch::in_time;
use crate::codec::{CodecError, Json};
use crate::context::{Context, bits, part_bit, part_name};
use crate::durable::Recorded;
use crate::engine::{AttemptCommand, AttemptRecord, Body, Finding, Record, RecordOutcome};
use crate::error::{FailureRecord, RunResult, Signal, StepError};
use crate::path::Path;
use crate::run::RunEnv;
use crate::step::{Attempt, RunInfo, Step, UnderWay, WritesIn};

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// One attempt: on the engine's handle where there is one, else directly.
    pub(super) async fn attempt<S: Attempt<C, R>>(
        &mut self,
        command: AttemptCommand,
        work: &mut Work<S>,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let (res, env) = (self.res, &**self.env);
        (work.output, work.live) = (None, None);
        let Some(handle) = self.handle.as_deref_mut() else {
            // Boxed: the plainest of such attempts do not come here at all.
            let done = Box::pin(direct::<S, C, R>(self.ctx, self.written, res, env, work)).await;
            if !is_signal(&done) {
                tell::attempted(env, work, &done);
            }
            return match done {
                Err(failed) if failed.signal().is_some() => Err(failed.into_error()),
                done => Ok(done),
            };
        };
        let record = {
            let (ctx, work) = (&mut *self.ctx, &mut *work);
            let body: Body<'_> = Box::new(move || Box::pin(recorded::<S, C, R>(ctx, res, env, work)));
            handle.attempt(command, body).await?
        };
        tell::recorded(env, work, &record);
        work.ended = record.ended;
        if let Some(timed) = &work.timed {
            timed.add(env, record.started, record.ended);
        }
        if let Some(found) = &work.found {
            let at = (record.key.path.as_str(), record.key.n);
            match &record.outcome {
                RecordOutcome::Failure(failure) => found.rejected(at, failure),
                RecordOutcome::Output(_) => found.passed(at, &record.findings),
            }
        }
        match &record.outcome {
            RecordOutcome::Failure(failure) => {
                return Ok(Err(Box::new(Failed {
                    record: FailureRecord::clone(failure),
                    live: work.live.take(),
                })));
            }
            // The body has really run.
            RecordOutcome::Output(_) if work.output.is_some() => {}
            RecordOutcome::Output(output) => work.output = Some(replay::<S, C>(self.ctx, &record, output)?),
        }
        *self.written |= <S as WritesIn<C>>::MASK;
        Ok(Ok(()))
    }
}

/// Calls the user's function within its time, and validates what it gives: the reasons of validators that
/// reject it, where it passes all the same.
async fn perform<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    drafts: &mut S::Drafts,
    ctx: &C,
    res: &R,
    env: &RunEnv,
    work: &mut Work<S>,
) -> Result<Vec<String>, Box<Failed>> {
    let Some(input) = work.input() else {
        return Err(StepError::fatal("an attempt had no input").into());
    };
    let Work { plan, info, output, timed, .. } = work;
    if const { S::POLICY.talks() }
        && let Some(failed) = Failed::of_talk(info)
    {
        return Err(failed);
    }
    if info.pays() {
        info.check().await?;
    }
    let under_way = UnderWay::begin(info);
    let done = if let Some(timed) = timed {
        // Boxed twice: nothing of it may stand in the future of those that have no time to keep.
        let called = Box::pin(watched::<S, C, R>(input, drafts, ctx, (res, env), plan, info, output));
        Box::pin(in_scopes(timed, env, called)).await
    } else if plan.is_watched() || env.has_stubs() {
        // Boxed: a future that may be a timer's or a stub's as well is larger than most need.
        Box::pin(watched::<S, C, R>(input, drafts, ctx, (res, env), plan, info, output)).await
    } else {
        match catch_panic(S::attempt(input, drafts, ctx, res, info), output).await {
            Ok(()) => validated(plan, output, Vec::new()),
            Err(failed) => Err(failed),
        }
    };
    // An attempt that a signal ends leaves no record: it is given up.
    if !is_signal(&done) {
        under_way.over();
    }
    done
}

/// Asks all validators: what they, and whoever said the `reasons`, have against an output that goes on all the
/// same.
fn validated<S: Step>(
    plan: &Plan<S>,
    output: &mut Option<S::Output>,
    mut reasons: Vec<String>,
) -> Result<Vec<String>, Box<Failed>> {
    reasons.extend(output.as_ref().map(|output| plan.validate(output)).unwrap_or_default());
    if !reasons.is_empty() && plan.strict() {
        let last = output.take().and_then(|output| output.record().ok());
        return Err(FailureRecord::rejected(&reasons, last).into());
    }
    Ok(reasons)
}

/// What plugins and validators make of an output.
pub(super) async fn judge<S: Step>(
    plan: &Plan<S>,
    info: &RunInfo,
    output: &mut Option<S::Output>,
) -> Result<Vec<String>, Box<Failed>> {
    let reasons = review(plan, info, output).await?;
    validated(plan, output, reasons)
}

/// Calls the step, or the stub that stands in for it.
pub(super) async fn call<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    drafts: &mut S::Drafts,
    ctx: &C,
    (res, env): (&R, &RunEnv),
    info: &RunInfo,
    output: &mut Option<S::Output>,
) -> Result<(), Box<Failed>> {
    let called = async {
        match env.stub::<S>() {
            Some(stub) => stub.answer::<S>(&input, info).await,
            None => S::attempt(input, drafts, ctx, res, info).await,
        }
    };
    catch_panic(called, output).await
}

/// A call that a stub or a cache may answer and plugins look at, and that has to end in time: what was said
/// against an output that goes on all the same.
async fn watched<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    drafts: &mut S::Drafts,
    ctx: &C,
    at: (&R, &RunEnv),
    plan: &Plan<S>,
    info: &RunInfo,
    output: &mut Option<S::Output>,
) -> Result<Vec<String>, Box<Failed>> {
    match plan.timeout {
        // Made where it stays: it holds the input, and what it is made of.
        Some(limit) => {
            let answered = Box::pin(answered::<S, C, R>(input, drafts, ctx, at, plan, info, output));
            in_time(answered, limit, at.1.clock.as_ref()).await
        }
        None => answered::<S, C, R>(input, drafts, ctx, at, plan, info, output).await,
    }
}

/// The same, however long it takes.
async fn answered<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    drafts: &mut S::Drafts,
    ctx: &C,
    at: (&R, &RunEnv),
    plan: &Plan<S>,
    info: &RunInfo,
    output: &mut Option<S::Output>,
) -> Result<Vec<String>, Box<Failed>> {
    if let Some(cache) = info.cache() {
        return Box::pin(cached::<S, C, R>(input, drafts, ctx, at, plan, info, cache, output)).await;
    }
    call::<S, C, R>(input, drafts, ctx, at, info, output).await?;
    if plan.plugins().is_none() {
        return validated(plan, output, Vec::new());
    }
    Box::pin(judge(plan, info, output)).await
}

/// The same within the time of the scopes around it.
async fn in_scopes<T>(
    timed: &Timed,
    env: &RunEnv,
    called: impl Future<Output = Result<T, Box<Failed>>> + Send,
) -> Result<T, Box<Failed>> {
    timed.bound(env, called, is_signal).await.unwrap_or_else(|cut_off| Err(cut_off.into()))
}

fn is_signal<T>(done: &Result<T, Box<Failed>>) -> bool {
    done.as_ref().is_err_and(|failed| failed.signal().is_some())
}

fn findings(reasons: Vec<String>) -> Vec<Finding> {
    reasons.into_iter().map(|message| Finding { message }).collect()
}

async fn direct<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    ctx: &mut C,
    written: &mut u64,
    res: &R,
    env: &RunEnv,
    work: &mut Work<S>,
) -> Result<(), Box<Failed>> {
    let started = env.clock.now();
    tell::attempt(env, work, started);
    let mut drafts = S::drafts(ctx);
    let done = tell::within(tell::span(work), perform::<S, C, R>(&mut drafts, ctx, res, env, work)).await;
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
    let before = work.info.cache().map(|_| saved(ctx, <S as WritesIn<C>>::MASK));
    S::commit(ctx, drafts);
    if let (Some(cache), Some(before)) = (work.info.cache(), before) {
        let mut changed = saved(ctx, <S as WritesIn<C>>::MASK);
        changed.retain(|part| !before.contains(part));
        cache.store(&changed).await;
    }
    *written |= <S as WritesIn<C>>::MASK;
    let findings = findings(reasons);
    if let Some(found) = &work.found {
        found.passed((work.info.path().as_str(), work.info.attempt()), &findings);
    }
    if let Some(tally) = &mut work.tally {
        tally.found(findings);
    }
    Ok(())
}

/// The body of a recorded attempt. What flows on is what was encoded and decoded again, on the first run
/// too, and so are the parts that the step wrote: live and resumed runs see the same.
async fn recorded<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    ctx: &mut C,
    res: &R,
    env: &RunEnv,
    work: &mut Work<S>,
) -> Result<AttemptRecord, Signal> {
    let started = env.clock.now();
    tell::attempt(env, work, started);
    let mut drafts = S::drafts(ctx);
    let done = tell::within(tell::span(work), perform::<S, C, R>(&mut drafts, ctx, res, env, work)).await;
    let mut found = Vec::new();
    let kept = match done {
        Ok(reasons) => {
            found = reasons;
            keep::<S, C, R>(&mut work.output, drafts, ctx).map_err(|e| Box::new(FailureRecord::codec(&e)))
        }
        Err(failed) => {
            if let Some(signal) = failed.signal() {
                return Err(signal.clone());
            }
            work.live = failed.live;
            Err(Box::new(failed.record))
        }
    };
    let (outcome, parts) = match kept {
        Ok((output, parts)) => {
            if let Some(cache) = work.info.cache() {
                cache.store(&parts).await;
            }
            (Ok(output), parts)
        }
        Err(failure) => (Err(failure), Vec::new()),
    };
    let ended = env.clock.now();
    let (usage, models) = work.info.account();
    let (findings, cached) = (findings(found), work.info.is_cached());
    Ok(AttemptRecord { outcome, parts, usage, findings, cached, models, started, ended })
}

/// An output and the parts that changed, encoded.
type Kept = (Json, Vec<(String, Json)>);

fn keep<S: Attempt<C, R>, C: Context, R>(
    given: &mut Option<S::Output>,
    drafts: S::Drafts,
    ctx: &mut C,
) -> Result<Kept, CodecError> {
    let Some(output) = given.take() else { return Err(CodecError::new("a step ended without an output")) };
    let json = output.record()?;
    let decoded = S::Output::recall(&json)?;
    let mask = <S as WritesIn<C>>::MASK;
    let before =
        bits::<C>(mask).map(|bit| Ok((bit, ctx.save(bit)?))).collect::<Result<Vec<_>, CodecError>>()?;
    S::commit(ctx, drafts);
    let mut changed = Vec::new();
    for (bit, old) in &before {
        let new = ctx.save(*bit).and_then(|new| ctx.restore(*bit, &new).map(|()| new));
        match new {
            Ok(new) if new == *old => {}
            Ok(new) => changed.push((part_name::<C>(*bit).to_owned(), new)),
            Err(e) => {
                // A failed attempt leaves no trace.
                for (bit, old) in &before {
                    ctx.restore(*bit, old)?;
                }
                let part = part_name::<C>(*bit);
                return Err(CodecError::new(format_args!("context part `{part}`: {e}")));
            }
        }
    }
    *given = Some(decoded);
    Ok((json, changed))
}

/// Takes an attempt from its record; one of an older version is carried over.
fn replay<S: Step, C: Context>(ctx: &mut C, record: &Record, output: &Json) -> RunResult<S::Output> {
    let path = &record.key.path;
    let (was, now) = (record.version, S::FACTS.version);
    let recalled = if was == now { S::Output::recall(output) } else { S::migrated(was, output) };
    let output = recalled.map_err(|e| {
        let what = if was == now {
            format!("its output does not decode any more: {e}")
        } else {
            format!("its output is not what version {was} gave, as `migrate` takes it: {e}")
        };
        Signal::mismatch(path.clone(), what)
    })?;
    restore_parts(ctx, path, &record.parts)?;
    Ok(output)
}

/// Puts recorded parts in place; a part that is gone or changed its type is a mismatch.
pub(super) fn restore_parts<C: Context>(
    ctx: &mut C,
    path: &Path,
    parts: &[(String, Json)],
) -> Result<u64, Signal> {
    let mut mask = 0;
    for (name, json) in parts {
        let Some(bit) = part_bit::<C>(name) else {
            return Err(Signal::mismatch(path.clone(), format_args!("context part `{name}` is gone")));
        };
        ctx.restore(bit, json).map_err(|e| {
            Signal::mismatch(
                path.clone(),
                format_args!("context part `{name}` does not decode any more: {e}"),
            )
        })?;
        mask |= 1 << bit;
    }
    Ok(mask)
}
