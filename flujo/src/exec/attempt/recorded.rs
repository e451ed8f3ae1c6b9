//! The body of a recorded attempt, and its output taken from a record.

use super::super::any_step::AnyStep;
use super::super::env::RunEnv;
use super::super::node_events;
use super::super::retry::Work;
use super::{findings, perform, restore_cached};
use crate::codec::{CodecError, Json};
use crate::engine::{AttemptRecord, Record};
use crate::error::{FailureRecord, RunResult, Signal, StepError};

/// The body of a recorded attempt. What flows on is what was encoded and decoded again, on the first run
/// too, and so are the parts that the step wrote: live and resumed runs see the same.
pub(super) async fn recorded(
    step: &mut dyn AnyStep,
    env: &RunEnv,
    work: &mut Work<'_>,
) -> Result<AttemptRecord, Signal> {
    let started = env.clock.now();
    node_events::attempt(env, step, work, started);
    step.begin();
    let done = node_events::within(node_events::span(work), perform(step, env, work)).await;
    let mut found = Vec::new();
    let encoded = match done {
        Ok(reasons) => {
            found = reasons;
            encode(step, work).map_err(|e| Box::new(FailureRecord::codec(&e)))
        }
        Err(failed) => {
            if let Some(signal) = failed.signal() {
                return Err(signal.clone());
            }
            work.live = failed.live;
            Err(Box::new(failed.record))
        }
    };
    let (outcome, parts) = match encoded {
        Ok((output, parts)) => {
            if let Some(cache) = work.info.cache() {
                cache.store(&parts).await;
            }
            (Ok(output), parts)
        }
        Err(failure) => {
            step.clear();
            (Err(failure), Vec::new())
        }
    };
    let ended = env.clock.now();
    let (usage, models) = work.info.account();
    let (findings, cached) = (findings(found), work.info.is_cached());
    Ok(AttemptRecord { outcome, parts, usage, findings, cached, models, started, ended })
}

/// An output and the parts that changed, encoded.
type Encoded = (Json, Vec<(String, Json)>);

fn encode(step: &mut dyn AnyStep, work: &mut Work<'_>) -> Result<Encoded, CodecError> {
    let json = step.record_output()?;
    let (version, writes) = (step.def().version, step.def().writes);
    step.recall(version, &json)?;
    if writes == 0 {
        step.commit();
        return Ok((json, Vec::new()));
    }
    let before = step.context().save_bits(writes)?;
    step.commit();
    restore_cached(step, work).map_err(|e: StepError| CodecError::new(e.source))?;
    let ctx = step.context();
    let mut changed = Vec::new();
    for (bit, old) in &before {
        let new = ctx.save_part(*bit).and_then(|new| ctx.restore_part(*bit, &new).map(|()| new));
        match new {
            Ok(new) if new == *old => {}
            Ok(new) => changed.push((ctx.part_name(*bit).to_owned(), new)),
            Err(e) => {
                // A failed attempt leaves no trace.
                ctx.restore_bits(&before)?;
                let part = ctx.part_name(*bit);
                return Err(CodecError::new(format_args!("context part `{part}`: {e}")));
            }
        }
    }
    Ok((json, changed))
}

/// Takes an attempt from its record; one of an older version is carried over.
pub(super) fn replay(step: &mut dyn AnyStep, record: &Record, output: &Json) -> RunResult<()> {
    let path = &record.key.path;
    let (was, now) = (record.version, step.def().version);
    step.recall(was, output).map_err(|e| {
        let what = if was == now {
            format!("its output does not decode any more: {e}")
        } else {
            format!("its output is not what version {was} gave, as `migrate` takes it: {e}")
        };
        Signal::mismatch(path.clone(), what)
    })?;
    step.context().restore_named(path, &record.parts)?;
    Ok(())
}
