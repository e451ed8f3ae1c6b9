use super::Cx;
use super::guard::catch_panic;
use crate::codec::{CodecError, Json};
use crate::context::{Context, bits, part_bit, part_name};
use crate::durable::Recorded;
use crate::engine::{AttemptCommand, AttemptRecord, Body, Finding, Record, RecordOutcome};
use crate::error::{Error, FailureRecord, RunResult, Signal, StepError};
use crate::model::ModelCall;
use crate::path::Path;
use crate::run::{Node, RunEnv};
use crate::step::{Attempt, Backoff, Options, RunInfo, Step, ValidationResult, WritesIn};
use std::sync::Arc;
use std::time::Duration;

/// How a step is to be run: its defaults with the options of the call on top.
pub(super) struct Plan<S: Step> {
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    pub(super) model: Option<Box<ModelCall>>,
    timeout: Option<Duration>,
    options: Option<Box<Options<S>>>,
}

/// What one attempt came to.
pub(super) enum Attempted<T> {
    Output(T),
    Failed { record: FailureRecord, live: Option<StepError> },
}

/// What the body of an attempt leaves for the runtime, if it really ran.
struct Live<T> {
    output: Option<T>,
    error: Option<StepError>,
}

impl<S: Step> Plan<S> {
    pub(super) fn new(options: Option<Box<Options<S>>>, env: &RunEnv) -> Self {
        let given = options.as_deref();
        let model = S::POLICY.model.map(|model| {
            Box::new(ModelCall {
                client: env.models.clone(),
                prices: env.prices.clone(),
                model: given.and_then(|o| o.model.clone()).unwrap_or_else(|| model.model.to_owned()),
                temperature: given.and_then(|o| o.temperature).or(model.temperature),
                max_tokens: given.and_then(|o| o.max_tokens).or(model.max_tokens),
                top_p: given.and_then(|o| o.top_p).or(model.top_p),
            })
        });
        Self {
            retries: given.and_then(|o| o.retries).unwrap_or(S::POLICY.retries),
            backoff: given.and_then(|o| o.backoff).or(S::POLICY.backoff).unwrap_or(Backoff::DEFAULT),
            timeout: given.and_then(|o| o.timeout).or(S::POLICY.timeout),
            model,
            options,
        }
    }

    /// What all validators say: the reasons of those that reject.
    fn validate(&self, output: &S::Output) -> Vec<String> {
        let checks = self.options.iter().flat_map(|o| &o.checks);
        let said = checks.flat_map(|check| check(output));
        said.filter_map(|result: ValidationResult| result.reason().map(str::to_owned)).collect()
    }

    fn strict(&self) -> bool {
        self.options.as_ref().is_none_or(|o| o.strict)
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// One attempt: on the engine's handle where there is one, else directly.
    pub(super) async fn attempt<S: Attempt<C, R>>(
        &mut self,
        command: AttemptCommand,
        input: S::Input,
        plan: &Plan<S>,
        info: &RunInfo,
        node: &mut Node,
    ) -> RunResult<Attempted<S::Output>> {
        let (res, env) = (self.res, self.env);
        let Some(handle) = self.handle.as_deref_mut() else {
            return Ok(direct::<S, C, R>(input, self.ctx, self.written, res, env, plan, info, node).await);
        };
        let mut live = Live { output: None, error: None };
        let record = {
            let (ctx, live) = (&mut *self.ctx, &mut live);
            let body: Body<'_> =
                Box::new(move || Box::pin(recorded::<S, C, R>(input, ctx, res, env, plan, info, live)));
            handle.attempt(command, body).await?
        };
        let output = match (&record.outcome, live.output) {
            (RecordOutcome::Failure(failure), _) => {
                return Ok(Attempted::Failed { record: failure.clone(), live: live.error });
            }
            (RecordOutcome::Output(_), Some(output)) => output,
            (RecordOutcome::Output(output), None) => replay(self.ctx, &record, output)?,
        };
        *self.written |= <S as WritesIn<C>>::MASK;
        Ok(Attempted::Output(output))
    }
}

/// Calls the user's function within its time, and validates what it gives.
async fn perform<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    drafts: &mut S::Drafts,
    (ctx, res, env): (&C, &R, &Arc<RunEnv>),
    plan: &Plan<S>,
    info: &RunInfo,
) -> Result<(S::Output, Vec<String>), (FailureRecord, Option<StepError>)> {
    let called = async {
        match env.stub::<S>() {
            Some(stub) => stub.answer::<S>(&input, info).await,
            None => S::attempt(input, drafts, ctx, res, info).await,
        }
    };
    let done = match plan.timeout {
        None => catch_panic(called).await,
        Some(limit) => tokio::select! {
            biased;
            done = catch_panic(called) => done,
            () = env.clock.sleep(limit) => return Err((FailureRecord::timed_out(limit), None)),
        },
    };
    let output = match done {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err((FailureRecord::of_step(&error), Some(error))),
        Err(panic) => return Err((FailureRecord::panicked(panic), None)),
    };
    let reasons = plan.validate(&output);
    if !reasons.is_empty() && plan.strict() {
        return Err((FailureRecord::rejected(&reasons, output.record().ok()), None));
    }
    Ok((output, reasons))
}

fn findings(reasons: Vec<String>) -> Vec<Finding> {
    reasons.into_iter().map(|message| Finding { message }).collect()
}

#[allow(clippy::too_many_arguments, reason = "one caller; a struct for it would be taken apart at once")]
async fn direct<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    ctx: &mut C,
    written: &mut u64,
    res: &R,
    env: &Arc<RunEnv>,
    plan: &Plan<S>,
    info: &RunInfo,
    node: &mut Node,
) -> Attempted<S::Output> {
    let started = env.clock.now();
    let mut drafts = S::drafts(ctx);
    let done = perform::<S, C, R>(input, &mut drafts, (ctx, res, env), plan, info).await;
    node.add(info, started, env.clock.now());
    match done {
        Ok((output, reasons)) => {
            S::commit(ctx, drafts);
            *written |= <S as WritesIn<C>>::MASK;
            node.found(findings(reasons));
            Attempted::Output(output)
        }
        Err((record, live)) => Attempted::Failed { record, live },
    }
}

/// The body of a recorded attempt. What flows on is what was encoded and decoded again, on the first run
/// too, and so are the parts that the step wrote: live and resumed runs see the same.
async fn recorded<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    ctx: &mut C,
    res: &R,
    env: &Arc<RunEnv>,
    plan: &Plan<S>,
    info: &RunInfo,
    live: &mut Live<S::Output>,
) -> AttemptRecord {
    let started = env.clock.now();
    let mut drafts = S::drafts(ctx);
    let done = perform::<S, C, R>(input, &mut drafts, (ctx, res, env), plan, info).await;
    let mut found = Vec::new();
    let outcome = match done {
        Ok((output, reasons)) => {
            found = reasons;
            keep::<S, C, R>(&output, drafts, ctx, live).map_err(|e| FailureRecord::codec(&e))
        }
        Err((record, error)) => {
            live.error = error;
            Err(record)
        }
    };
    let (outcome, parts) = match outcome {
        Ok((output, parts)) => (Ok(output), parts),
        Err(failure) => (Err(failure), Vec::new()),
    };
    let ended = env.clock.now();
    AttemptRecord { outcome, parts, usage: info.used(), findings: findings(found), started, ended }
}

/// An output and the parts that changed, encoded.
type Kept = (Json, Vec<(String, Json)>);

fn keep<S: Attempt<C, R>, C: Context, R>(
    output: &S::Output,
    drafts: S::Drafts,
    ctx: &mut C,
    live: &mut Live<S::Output>,
) -> Result<Kept, CodecError> {
    let json = output.record()?;
    let decoded = S::Output::recall(&json)?;
    let mask = <S as WritesIn<C>>::MASK;
    let before = bits::<C>(mask).map(|bit| Ok((bit, ctx.save(bit)?))).collect::<Result<Vec<_>, CodecError>>()?;
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
    live.output = Some(decoded);
    Ok((json, changed))
}

/// Takes an attempt from its record.
fn replay<T: Recorded, C: Context>(ctx: &mut C, record: &Record, output: &Json) -> RunResult<T> {
    let path = &record.key.path;
    let output = T::recall(output)
        .map_err(|e| Signal::mismatch(path.clone(), format_args!("its output does not decode any more: {e}")))?;
    restore_parts(ctx, path, &record.parts)?;
    Ok(output)
}

/// Puts recorded parts in place; a part that is gone or changed its type is a mismatch.
pub(super) fn restore_parts<C: Context>(ctx: &mut C, path: &Path, parts: &[(String, Json)]) -> Result<u64, Signal> {
    let mut mask = 0;
    for (name, json) in parts {
        let Some(bit) = part_bit::<C>(name) else {
            return Err(Signal::mismatch(path.clone(), format_args!("context part `{name}` is gone")));
        };
        ctx.restore(bit, json).map_err(|e| {
            Signal::mismatch(path.clone(), format_args!("context part `{name}` does not decode any more: {e}"))
        })?;
        mask |= 1 << bit;
    }
    Ok(mask)
}

impl Error {
    /// The error of a recorded failure; one that has just happened keeps the user's own error as its source.
    pub(super) fn of_record(record: &FailureRecord, live: Option<StepError>) -> Self {
        let error = record.to_error();
        match live {
            Some(live) => error.with_source(live.source),
            None => error,
        }
    }
}
