//! The body of a recorded attempt, and its output taken from a record.

use super::super::any_context::{Misfit, in_part};
use super::super::any_step::AnyStep;
use super::super::env::RunEnv;
use super::super::node_events;
use super::super::retry::Work;
use super::{findings, perform, restore_cached};
use crate::codec::{CodecError, Json};
use crate::engine::{AttemptRecord, PartChange, Record};
use crate::error::{FailureRecord, RunResult, Signal};

/// The body of a recorded attempt. What flows on is what was encoded and decoded again, on the first run
/// too, and so are the parts that the step wrote: live and resumed runs see the same.
pub(super) async fn recorded(
    step: &mut dyn AnyStep,
    env: &RunEnv,
    work: &mut Work<'_>,
) -> Result<AttemptRecord, Signal> {
    let started = env.clock.now();
    node_events::attempt(env, step, work, started);
    step.draft();
    let done = node_events::within(node_events::span(work), perform(step, env, work)).await;
    let (mut found, mut changed) = (Vec::new(), Changed::default());
    let outcome = match done {
        Ok(reasons) => {
            found = reasons;
            encode(step, work, &mut changed).map_err(|e| Box::new(FailureRecord::codec(&e)))
        }
        Err(failed) => {
            if let Some(signal) = failed.signal() {
                return Err(signal.clone());
            }
            work.live = failed.live;
            Err(Box::new(failed.record))
        }
    };
    match (&outcome, work.info.cache()) {
        (Ok(_), Some(cache)) => cache.store(&changed.whole).await,
        (Ok(_), None) => {}
        // A failed attempt leaves no trace.
        (Err(_), _) => {
            step.clear();
            changed.recorded.clear();
        }
    }
    let ended = env.clock.now();
    let (usage, models, messages) = work.info.account();
    let (findings, cached) = (findings(found), work.info.is_cached());
    let parts = changed.recorded;
    Ok(AttemptRecord { outcome, parts, usage, findings, cached, models, messages, started, ended })
}

/// The parts that an attempt changed: as they are recorded, and whole, for a cache, whose entries are taken in
/// other runs too, where a list may have other elements.
#[derive(Default)]
struct Changed {
    recorded: Vec<(String, PartChange)>,
    whole: Vec<(String, Json)>,
}

/// The record of the output, which flows on as it reads back, and of the parts that changed.
fn encode(step: &mut dyn AnyStep, work: &mut Work<'_>, changed: &mut Changed) -> Result<Json, CodecError> {
    let json = step.record_output()?;
    let (version, writes) = (step.def().version, step.def().writes);
    step.recall(version, &json)?;
    if writes == 0 {
        return Ok(json);
    }
    let before = step.context().save_bits(writes)?;
    step.exchange();
    let after = match restore_cached(step, work) {
        Ok(()) => step.context().save_bits(writes),
        Err(error) => Err(CodecError::new(error.source)),
    };
    // The parts are again what they were before the attempt, which is where a replay begins too.
    step.exchange();
    let ctx = step.context();
    for ((bit, old), (_, new)) in before.iter().zip(after?) {
        if new == *old {
            continue;
        }
        let change = PartChange::between(old, new.clone(), || ctx.count(*bit, old));
        let part = ctx.part_name(*bit);
        if let Err(misfit) = ctx.change_part(*bit, &change) {
            // A failed attempt leaves no trace.
            ctx.restore_bits(&before)?;
            return Err(match misfit {
                Misfit::Codec(error) => in_part(part, &error),
                Misfit::Length { .. } => in_part(part, &misfit),
            });
        }
        changed.recorded.push((part.to_owned(), change));
        if work.info.cache().is_some() {
            changed.whole.push((part.to_owned(), new));
        }
    }
    Ok(json)
}

/// Takes an attempt from its record; one of an older version is carried over.
pub(super) fn replay(step: &mut dyn AnyStep, record: &Record, output: &Json) -> RunResult<()> {
    let path = &record.key.path;
    let (was, now) = (record.version, step.def().version);
    step.recall(was, output).map_err(|e| {
        let what = if was == now {
            format!("its recorded output no longer decodes: {e}")
        } else {
            format!("its output is not what version {was} gave, as `migrate` takes it: {e}")
        };
        Signal::mismatch(path.clone(), what)
    })?;
    Ok(step.context().replay(path, &record.parts)?)
}
