//! Attempts that may take their output from a cache.

use super::super::any_step::AnyStep;
use super::super::driver::Driver;
use super::super::plan::Plan;
use super::super::retry::Failed;
use super::{call, judge};
use crate::cache::{CacheEntry, CacheKey, CacheUse};
use crate::codec::{CodecError, Digest, Json};
use crate::error::FailureRecord;
use crate::path::Path;
use crate::run::RunEnv;
use crate::step::RunInfo;

/// One attempt with a cache in front of it: what is found is judged as what is called would be, and dropped
/// if it is rejected. Model steps look into the cache once their request is rendered.
pub(super) async fn cached(
    step: &mut dyn AnyStep,
    env: &RunEnv,
    plan: &Plan,
    (info, cache): (&RunInfo, &CacheUse),
    cached_parts: &mut Option<Vec<(String, Json)>>,
) -> Result<Vec<String>, Box<Failed>> {
    let code = step.def().policy.model.is_none();
    if code {
        let key = key(step).map_err(|e| FailureRecord::codec(&e))?;
        if let Some(entry) = cache.look_up(key).await {
            if taken(step, &entry, &info.path()) {
                *cached_parts = Some(entry.parts.clone());
                cache.hit();
            } else {
                step.clear();
                cache.reject().await;
            }
        }
    }
    if step.output().is_none() {
        call(step, true, env, info).await?;
        note(step, cache, code);
    }
    match judge(step, plan, info).await {
        Err(_) if cache.is_hit() => {
            cache.reject().await;
            *cached_parts = None;
            step.begin();
            call(step, true, env, info).await?;
            note(step, cache, code);
            judge(step, plan, info).await
        }
        judged => judged,
    }
}

/// Notes what a code step returned; a model step's answer is noted where it was read.
fn note(step: &mut dyn AnyStep, cache: &CacheUse, code: bool) {
    if code {
        cache.returned(step.record_output().ok());
    }
}

/// The step, its version, its inputs, and the parts that it takes.
fn key(step: &mut dyn AnyStep) -> Result<CacheKey, CodecError> {
    let def = *step.def();
    let input = step.digest_input()?.to_string();
    let mut parts = vec![(def.type_name)().to_owned(), def.version.to_string(), input];
    for (name, json) in step.context().save_named(def.writes | def.reads)? {
        parts.push(name);
        parts.push(json.as_str().to_owned());
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(CacheKey(Digest::of_parts(&parts)))
}

/// Takes the output of an entry; `false` if it, or a part as it was left then, does not decode any more.
fn taken(step: &mut dyn AnyStep, entry: &CacheEntry, path: &Path) -> bool {
    let version = step.def().version;
    if step.recall(version, &entry.output).is_err() {
        return false;
    }
    if entry.parts.is_empty() {
        return true;
    }
    // The parts are put in place with the output, once it was judged. That they fit is found out now.
    let writes = step.def().writes;
    let ctx = step.context();
    let Ok(now) = ctx.save_bits(writes) else { return false };
    let fits = ctx.restore_named(path, &entry.parts).is_ok();
    ctx.restore_bits(&now).is_ok() && fits
}

impl Driver<'_> {
    /// How the attempts of a call use the cache, if they do.
    pub(in crate::exec) fn caching(&self, plan: &Plan) -> Option<Box<CacheUse>> {
        let (policy, store) = (plan.cached?, self.env.cache.as_ref()?);
        Some(Box::new(CacheUse::new(store.clone(), self.env.clock.clone(), policy)))
    }
}
