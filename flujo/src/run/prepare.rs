//! Decisions and checks before a run begins, and its record: for typed runs and for those by name.

use super::observers::Watchers;
use super::preflight::limits::check_limits;
use super::registry::PipelineInfo;
use super::runtime::{Runtime, Shared};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{Labels, RunGraph, RunId, RunRecord, Seed};
use crate::error::{Error, RunResult};
use crate::path::Path;
use crate::step::Options;
use crate::usage::{SharedBudget, UsageLimits};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::Ordering;

/// The options of a run, as its caller gave them.
pub(super) struct RunOptions {
    pub(super) id: Option<RunId>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) by: Option<String>,
    pub(super) limits: Option<UsageLimits>,
    pub(super) retries: Option<u32>,
    pub(super) watchers: Watchers,
}

impl RunOptions {
    pub(super) fn new() -> Self {
        Self {
            id: None,
            labels: Vec::new(),
            by: None,
            limits: None,
            retries: None,
            watchers: Watchers::default(),
        }
    }
}

/// The options of a pipeline's call that matter where the pipeline is run.
pub(super) struct CallOptions {
    retries: Option<u32>,
    timeout: bool,
    limits: bool,
}

impl CallOptions {
    pub(super) fn of(options: Option<&Options>) -> Self {
        match options {
            Some(o) => Self { retries: o.retries, timeout: o.timeout.is_some(), limits: o.limits.is_some() },
            None => Self { retries: None, timeout: false, limits: false },
        }
    }
}

/// A run of some pipeline that has not begun.
pub(super) struct PendingRun {
    runtime: Runtime,
    info: &'static PipelineInfo,
    options: RunOptions,
    call: CallOptions,
}

/// A run that may begin.
pub(super) struct Ready {
    pub(super) runtime: Runtime,
    pub(super) info: &'static PipelineInfo,
    pub(super) id: RunId,
    pub(super) labels: Labels,
    pub(super) by: Option<String>,
    pub(super) limits: UsageLimits,
    /// The number of restarts at the node that failed, if the call, the run or the builder sets it.
    pub(super) retries: Option<u32>,
    pub(super) watchers: Watchers,
}

/// A run that is refused before it begins.
pub(super) struct Refused {
    pub(super) id: RunId,
    pub(super) error: Error,
}

impl PendingRun {
    /// Takes the options out of `options`: they are used once.
    pub(super) fn new(
        runtime: &Runtime,
        info: &'static PipelineInfo,
        options: &mut RunOptions,
        call: CallOptions,
    ) -> Self {
        let options = std::mem::replace(options, RunOptions::new());
        Self { runtime: runtime.clone(), info, options, call }
    }

    /// Decides on the options, and makes the checks before the run begins.
    pub(super) fn prepare(self) -> Result<Ready, Refused> {
        let Self { runtime, info, options, call } = self;
        let RunOptions { id, labels, by, limits, retries, watchers } = options;
        let retries = retries.or(call.retries).or((runtime.retries > 0).then_some(runtime.retries));
        let id = id.unwrap_or_else(|| runtime.fresh_id());
        let limits = limits.map_or(runtime.limits, |limits| limits.tightest(runtime.limits));
        let checked = lost(info, &call).and_then(|()| has_characters(&id));
        let checked = checked.and_then(|()| runtime.preflight(info, &limits));
        match checked.and_then(|()| named(labels)) {
            Ok(labels) => Ok(Ready { runtime, info, id, labels, by, limits, retries, watchers }),
            Err(error) => Err(Refused { id, error }),
        }
    }
}

impl Runtime {
    /// A new id for a run without one: random, so that ids of two processes on one database do not collide.
    pub(super) fn fresh_id(&self) -> RunId {
        let word = || RandomState::new().build_hasher().finish();
        let n = self.next_id.fetch_add(1, Ordering::Relaxed);
        // Formatted by hand: `format!` would be a measurable part of a short run that records nothing.
        let words = (u128::from(word() ^ n) << 32) | u128::from(word() >> 32);
        let digits: [u8; 24] = std::array::from_fn(|i| match (words >> (4 * (23 - i)) & 15).to_le_bytes() {
            [digit @ 0..10, ..] => b'0' + digit,
            [digit, ..] => b'a' - 10 + digit,
        });
        RunId::from(&*String::from_utf8_lossy(&digits))
    }
}

impl Shared {
    /// Checks that no other registered pipeline has this name, that limits can be enforced, and that models can
    /// answer.
    pub(super) fn preflight(&self, info: &PipelineInfo, limits: &UsageLimits) -> RunResult<()> {
        let name = info.graph.name;
        let same_name = |known: &&PipelineInfo| known.graph.name == name;
        let mut known = self.registered.iter().map(|known| known.info()).filter(same_name);
        if known.any(|known| known.fingerprint != info.fingerprint) {
            return Err(Error::setup(format!(
                "another pipeline is registered with the durable name `{name}`: give one another with \
                 `#[pipeline(name = \"..\")]`"
            )));
        }
        // A stubbed step costs nothing, and which steps a stub replaces is only known when they run.
        if !self.stubs.is_empty() {
            return Ok(());
        }
        let defaults = self.model_defaults.as_deref();
        let budget = self.budget.as_ref().map_or(UsageLimits::NONE, SharedBudget::limits);
        check_limits(info.graph, &limits.tightest(budget), self.prices.as_deref(), defaults)?;
        let Some(client) = self.models.as_deref() else { return Ok(()) };
        let known = self.checked_models.check(info.graph, info.fingerprint, client, defaults);
        known.map_err(|(path, why)| Error::setup(why).at(Path::from(path.as_str())))
    }
}

/// What the caller of a new run decides, beside its input and context.
pub(super) struct Given {
    pub(super) id: RunId,
    pub(super) labels: Labels,
    pub(super) by: Option<String>,
    pub(super) limits: UsageLimits,
    pub(super) retries: u32,
    pub(super) models: Vec<(Path, String)>,
}

/// The record of a new run.
pub(super) fn record(
    info: &PipelineInfo,
    (input, context): (Json, Json),
    given: Given,
    created: Timestamp,
) -> RunRecord {
    let Given { id, labels, by, limits, retries, models } = given;
    RunRecord {
        id,
        pipeline: info.graph.name.to_owned(),
        fingerprint: info.fingerprint,
        graph: RunGraph::Code(info.graph),
        digest: input.digest(),
        input,
        context,
        limits,
        retries,
        labels,
        by,
        created,
        models,
        seed: Seed::default(),
    }
}

/// Refuses an id that no command line, path or person can name.
pub(super) fn has_characters(id: &RunId) -> RunResult<()> {
    if id.as_str().is_empty() {
        return Err(Error::setup(
            "the id of a run has at least one character; without `.id(..)` a new one is made",
        ));
    }
    Ok(())
}

fn named(labels: Vec<(String, String)>) -> RunResult<Labels> {
    let mut all = Labels::default();
    for (name, value) in labels {
        all.set(name, value)?;
    }
    Ok(all)
}

/// Refuses options of the call for which the run has its own methods: a run is resumed without the call that it began
/// with, so they would be lost.
fn lost(info: &PipelineInfo, call: &CallOptions) -> RunResult<()> {
    let (word, limits) = match call {
        CallOptions { timeout: true, .. } => ("timeout", "UsageLimits::default().active_time(..)"),
        CallOptions { limits: true, .. } => ("limits", ".."),
        _ => return Ok(()),
    };
    let what = format!("`.{word}` on the pipeline that is run: write `flujo.run(..).limits({limits})`");
    Err(Error::setup(what).at(Path::from(info.graph.name)))
}
