//! Attempts that may take their output from a cache.

use super::Cx;
use super::attempt::{call, judge, restore_parts};
use super::attempts::Failed;
use super::plan::Plan;
use crate::cache::{CacheEntry, CacheKey, CacheUse};
use crate::codec::{CodecError, Digest, Json};
use crate::context::{Context, bits, part_name};
use crate::durable::{Inputs, Recorded};
use crate::error::FailureRecord;
use crate::path::Path;
use crate::run::RunEnv;
use crate::step::{Attempt, RunInfo, WritesIn};

/// One attempt with a cache in front of it: what is found is judged as what is called would be, and dropped
/// if it is rejected. Model steps look into the cache once their request is rendered.
#[allow(
    clippy::too_many_arguments,
    reason = "what an attempt is made of, apart so that it can be borrowed apart"
)]
pub(super) async fn cached<S: Attempt<C, R>, C: Context, R: Send + Sync>(
    input: S::Input,
    drafts: &mut S::Drafts,
    ctx: &C,
    at: (&R, &RunEnv),
    plan: &Plan<S>,
    info: &RunInfo,
    cache: &CacheUse,
    output: &mut Option<S::Output>,
) -> Result<Vec<String>, Box<Failed>> {
    let again = input.copy();
    let code = S::POLICY.model.is_none();
    if code {
        let key = key::<S, C, R>(&input, ctx).map_err(|e| FailureRecord::codec(&e))?;
        if let Some(entry) = cache.look_up(key).await {
            match taken::<S, C, R>(&entry, ctx, &info.path()) {
                Some((found, written)) => {
                    (*output, *drafts) = (Some(found), written);
                    cache.hit();
                }
                None => cache.reject().await,
            }
        }
    }
    if output.is_none() {
        call::<S, C, R>(input, drafts, ctx, at, info, output).await?;
        note::<S, C, R>(cache, code, output.as_ref());
    }
    match judge(plan, info, output).await {
        Err(_) if cache.is_hit() => {
            cache.reject().await;
            (*output, *drafts) = (None, S::drafts(ctx));
            call::<S, C, R>(again, drafts, ctx, at, info, output).await?;
            note::<S, C, R>(cache, code, output.as_ref());
            judge(plan, info, output).await
        }
        judged => judged,
    }
}

/// Notes what a code step returned; a model step's answer is noted where it was read.
fn note<S: Attempt<C, R>, C, R>(cache: &CacheUse, code: bool, output: Option<&S::Output>) {
    if code {
        cache.returned(output.and_then(|output| output.record().ok()));
    }
}

/// The step, its version, its inputs, and the parts that it takes.
fn key<S: Attempt<C, R>, C: Context, R>(input: &S::Input, ctx: &C) -> Result<CacheKey, CodecError> {
    let mut parts = vec![
        std::any::type_name::<S>().to_owned(),
        S::FACTS.version.to_string(),
        input.digest()?.to_string(),
    ];
    for bit in bits::<C>(<S as WritesIn<C>>::MASK | S::READS) {
        parts.push(part_name::<C>(bit).to_owned());
        parts.push(ctx.save(bit)?.as_str().to_owned());
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(CacheKey(Digest::of_parts(&parts)))
}

/// The output of an entry, and copies of the parts as they were left then; nothing if it does not decode any
/// more.
fn taken<S: Attempt<C, R>, C: Context, R>(
    entry: &CacheEntry,
    ctx: &C,
    path: &Path,
) -> Option<(S::Output, S::Drafts)> {
    let output = S::Output::recall(&entry.output).ok()?;
    if entry.parts.is_empty() {
        return Some((output, S::drafts(ctx)));
    }
    let mut then = ctx.clone();
    restore_parts(&mut then, path, &entry.parts).ok()?;
    Some((output, S::drafts(&then)))
}

/// The parts that a step may write, encoded, where nothing else does so.
pub(super) fn saved<C: Context>(ctx: &C, mask: u64) -> Vec<(String, Json)> {
    bits::<C>(mask).filter_map(|bit| Some((part_name::<C>(bit).to_owned(), ctx.save(bit).ok()?))).collect()
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// How the attempts of a call use the cache, if they do.
    pub(super) fn caching<S: crate::step::Step>(&self, plan: &Plan<S>) -> Option<Box<CacheUse>> {
        let (policy, store) = (plan.cached?, self.env.cache.as_ref()?);
        Some(Box::new(CacheUse::new(store.clone(), self.env.clock.clone(), policy)))
    }
}
