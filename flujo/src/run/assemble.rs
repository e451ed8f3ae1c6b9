//! The settings of a builder, and the runtime that they make.

use super::builder::IntoEngine;
use super::observers::Watchers;
use super::preflight::models::{CheckedModels, unanswerable};
use super::registry::AnyPipeline;
use super::runtime::{Runtime, Shared};
use crate::cache::{Cache, MemoryCache};
use crate::clock::{Clock, SystemClock};
use crate::engine::{Engine, Memory};
use crate::error::{Error, RunResult};
use crate::model::{Estimate, ModelClient, ModelDefaults, PriceBook};
use crate::step::{AnyStub, Stubs};
use crate::usage::{SharedBudget, UsageLimits};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The settings of a builder, except the resources.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) engine: Option<Arc<dyn Engine>>,
    pub(super) ephemeral: bool,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) models: Option<Arc<dyn ModelClient>>,
    pub(super) prices: Option<Arc<dyn PriceBook>>,
    pub(super) model_defaults: ModelDefaults,
    pub(super) stubs: Stubs,
    pub(super) cache: Option<Arc<dyn Cache>>,
    pub(super) watchers: Watchers,
    /// `None` if the builder sets no limits.
    pub(super) limits: Option<UsageLimits>,
    /// Limits, and defaults of model steps, from settings.
    pub(super) configured: (UsageLimits, ModelDefaults),
    pub(super) retries: u32,
    pub(super) budget: Option<SharedBudget>,
    pub(super) estimate: Estimate,
    pub(super) registered: Vec<Arc<dyn AnyPipeline>>,
    pub(super) problems: Vec<String>,
}

impl Settings {
    /// Removes registered pipelines when the resources change: they hold the earlier ones.
    pub(super) fn forget_pipelines(&mut self) {
        if !self.registered.is_empty() {
            let what = "`.resources(..)` comes after `.pipeline::<..>()`: call it first, a registered pipeline runs with its resources";
            self.problems.push(what.to_owned());
        }
        self.registered.clear();
    }

    pub(super) fn set_role(&mut self, role: String, model: String) {
        if let Err(problem) = self.model_defaults.set_role(role, model) {
            self.problems.push(problem);
        }
    }

    pub(super) fn stub(&mut self, stub: Arc<dyn AnyStub>) {
        if !self.stubs.add(stub) {
            self.problems.push("one step has two stubs".to_owned());
        }
    }

    pub(super) fn register(&mut self, pipeline: Arc<dyn AnyPipeline>) {
        let name = pipeline.info().graph.name;
        if self.registered.iter().any(|known| known.info().graph.name == name) {
            self.problems.push(format!(
                "two pipelines have the durable name `{name}`: give one another with `#[pipeline(name = \"..\")]`"
            ));
        }
        self.registered.push(pipeline);
    }

    /// Creates the runtime, or reports all problems of the settings at once.
    pub(super) fn assemble(self) -> RunResult<Runtime> {
        let mut problems = self.problems;
        let (limits, defaults) = self.configured;
        let (limits, defaults) = (self.limits.unwrap_or(limits), self.model_defaults.or(defaults));
        if self.ephemeral && self.engine.is_some() {
            problems.push("`.ephemeral()` records nothing, so it takes no `.engine(..)`".to_owned());
        }
        if self.clock.is_some() && self.engine.is_some() {
            problems.push(
                "an engine has a clock of its own: give it to the engine, not to the builder".to_owned(),
            );
        }
        if self.budget.as_ref().is_some_and(|budget| budget.limits().active_time.is_some()) {
            problems
                .push("a shared budget has no active time: give it to runs with `.limits(..)`".to_owned());
        }
        // A stubbed step needs no client, and which steps a stub replaces is only known when they run.
        if self.stubs.is_empty() {
            for pipeline in &self.registered {
                let found = unanswerable(pipeline.info().graph, self.models.as_deref(), Some(&defaults));
                problems.extend(found.into_iter().map(|(path, why)| format!("{path}: {why}")));
            }
        }
        if !problems.is_empty() {
            return Err(Error::setup(problems.join("; ")));
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let engine = match (self.engine, self.ephemeral) {
            (_, true) => None,
            (Some(engine), false) => Some(engine),
            (None, false) => Some(Memory::with_clock(Arc::clone(&clock)).into_engine()),
        };
        let clock = engine.as_ref().map_or(clock, |engine| engine.clock());
        let shared = Shared {
            engine,
            clock,
            models: self.models,
            prices: self.prices,
            model_defaults: (!defaults.is_empty()).then(|| Arc::new(defaults)),
            stubs: self.stubs,
            cache: self.cache.unwrap_or_else(|| Arc::new(MemoryCache::default())),
            watchers: self.watchers,
            limits,
            retries: self.retries,
            budget: self.budget,
            estimate: self.estimate,
            registered: self.registered,
            checked_models: CheckedModels::default(),
            next_id: AtomicU64::new(1),
        };
        let runtime = Runtime::new(shared);
        runtime.check_observers(&Watchers::default())?;
        Ok(runtime)
    }
}
