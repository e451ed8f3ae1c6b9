use super::answerable::{Answerable, unanswerable};
use super::control::{check, fits_run};
use super::flujo::{Flujo, Registered, Shared};
use super::recover::go_on;
use super::stub::{AnyStub, Stubs};
use super::watch::Watchers;
use super::what_if::keeps;
use crate::cache::{Cache, MemoryCache};
use crate::clock::{Clock, SystemClock};
use crate::cx::Pipeline;
use crate::engine::{Engine, Memory};
use crate::error::{Error, RunResult};
use crate::events::{Observer, Redact};
use crate::model::{Estimate, ModelClient, ModelDefaults, PriceBook};
use crate::step::RunIn;
use crate::usage::{SharedBudget, UsageLimits};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Puts a [`Flujo`] together.
pub struct Builder<R> {
    resources: R,
    engine: Option<Arc<dyn Engine>>,
    ephemeral: bool,
    clock: Option<Arc<dyn Clock>>,
    models: Option<Arc<dyn ModelClient>>,
    prices: Option<Arc<dyn PriceBook>>,
    model_defaults: ModelDefaults,
    stubs: Stubs,
    cache: Option<Arc<dyn Cache>>,
    watchers: Watchers,
    /// `None` where nobody said anything.
    limits: Option<UsageLimits>,
    /// What settings say of limits and of model steps.
    settings: (UsageLimits, ModelDefaults),
    retries: u32,
    budget: Option<SharedBudget>,
    estimate: Estimate,
    registered: Vec<Registered<R>>,
    problems: Vec<String>,
}

impl<R> fmt::Debug for Builder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("ephemeral", &self.ephemeral).finish_non_exhaustive()
    }
}

/// An engine, or one that is shared with somebody.
pub trait IntoEngine {
    /// The engine, shared.
    fn into_engine(self) -> Arc<dyn Engine>;
}
impl<E: Engine> IntoEngine for E {
    fn into_engine(self) -> Arc<dyn Engine> {
        Arc::new(self)
    }
}
impl<E: Engine> IntoEngine for Arc<E> {
    fn into_engine(self) -> Arc<dyn Engine> {
        self
    }
}

impl Builder<()> {
    pub(super) fn new() -> Self {
        Self {
            resources: (),
            engine: None,
            ephemeral: false,
            clock: None,
            models: None,
            prices: None,
            model_defaults: ModelDefaults::default(),
            stubs: Stubs::default(),
            cache: None,
            watchers: Watchers::default(),
            limits: None,
            settings: (UsageLimits::NONE, ModelDefaults::default()),
            retries: 0,
            budget: None,
            estimate: Estimate::default(),
            registered: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl<R> Builder<R> {
    /// The services that steps may use. Said before pipelines are registered, which need them.
    pub fn resources<T: Send + Sync + 'static>(self, resources: T) -> Builder<T> {
        let mut problems = self.problems;
        if !self.registered.is_empty() {
            let what = "`.resources(..)` comes after `.pipeline::<..>()`: give them before, they are what it runs with";
            problems.push(what.to_owned());
        }
        Builder {
            resources,
            engine: self.engine,
            ephemeral: self.ephemeral,
            clock: self.clock,
            models: self.models,
            prices: self.prices,
            model_defaults: self.model_defaults,
            stubs: self.stubs,
            cache: self.cache,
            watchers: self.watchers,
            limits: self.limits,
            settings: self.settings,
            retries: self.retries,
            budget: self.budget,
            estimate: self.estimate,
            registered: Vec::new(),
            problems,
        }
    }

    /// What makes runs durable; [`Memory`] if nothing is said.
    #[must_use]
    pub fn engine(mut self, engine: impl IntoEngine) -> Self {
        self.engine = Some(engine.into_engine());
        self
    }

    /// Records nothing: the fastest way, for pipelines that ask no questions.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.ephemeral = true;
        self
    }

    /// The clock of the default engine, or of an ephemeral one.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Who answers model steps.
    #[must_use]
    pub fn models(mut self, models: impl ModelClient) -> Self {
        self.models = Some(Arc::new(models));
        self
    }

    /// The model of a role: it answers the steps that say `#[step(role = review)]`. What is said here goes before
    /// what settings say.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::model::Script;
    ///
    /// #[step(role = review, max_tokens = 200)]
    /// fn review(text: String) -> Prompt<String> {
    ///     Prompt::system("Say what could be better.").user(text)
    /// }
    /// pipeline! {
    ///     fn reviewing(text: String) -> String {
    ///         review(text)
    ///     }
    /// }
    /// # fn main() -> Result<(), flujo::Error> {
    /// let models = Script::new().then("Fine.");
    /// // A role without a model is refused, by the path of each step that has it.
    /// let refused = Flujo::builder().models(models.clone()).pipeline::<reviewing>().build();
    /// assert!(refused.unwrap_err().to_string().contains("no model for the role `review`"));
    /// Flujo::builder().models(models).role("review", "openai:gpt-4o").pipeline::<reviewing>().build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn role(mut self, role: impl Into<String>, model: impl Into<String>) -> Self {
        if let Err(problem) = self.model_defaults.set_role(role.into(), model.into()) {
            self.problems.push(problem);
        }
        self
    }

    /// How long one attempt of a model step may take that does not say so itself.
    #[must_use]
    pub fn model_timeout(mut self, limit: Duration) -> Self {
        self.model_defaults.timeout = Some(limit);
        self
    }

    /// Puts what is sent to models, and what they answer, into their spans, without what `redact` takes out. It is
    /// private, so it is not there unless this is said, or the settings say `capture_content`.
    #[must_use]
    pub fn capture_content(mut self, redact: Redact) -> Self {
        self.model_defaults.contents = Some(Arc::new(redact));
        self
    }

    /// Where outputs of `cached` steps are kept; a [`MemoryCache`] of 1,024 entries if nothing is said.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Who knows prices.
    #[must_use]
    pub fn prices(mut self, prices: impl PriceBook) -> Self {
        self.prices = Some(Arc::new(prices));
        self
    }

    /// What each run may use. `.limits(..)` of a run is on top: of both, the tighter one holds.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Takes from settings the models of roles, the timeout of model steps that have none, and what each run may
    /// use. What is said here in code goes before all of them.
    #[cfg(feature = "settings")]
    #[must_use]
    pub fn settings(mut self, settings: &crate::settings::Settings) -> Self {
        self.settings = (settings.limits(), settings.model_defaults());
        self
    }

    /// The account that all runs share, and maybe other engines of this process.
    #[must_use]
    pub fn budget(mut self, budget: SharedBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// How the tokens of a call are estimated before it is made; an upper bound if nothing is said.
    /// [`Estimate::Tight`] says what is given up for fewer.
    #[must_use]
    pub fn estimate(mut self, estimate: Estimate) -> Self {
        self.estimate = estimate;
        self
    }

    /// How often each run restarts at the node that failed, if the run does not say.
    #[must_use]
    pub fn retries(mut self, n: u32) -> Self {
        self.retries = n;
        self
    }

    /// Registers a pipeline: what [`Flujo::recover`] and [`Flujo::worker`] run.
    #[must_use]
    pub fn pipeline<P>(mut self) -> Self
    where
        P: Pipeline + RunIn<P::Context, R>,
        R: Send + Sync + 'static,
    {
        let this = Registered {
            name: P::GRAPH.name,
            fingerprint: P::FINGERPRINT,
            graph: P::GRAPH,
            check: check::<P>,
            fits: fits_run::<P, R>,
            go_on: go_on::<P, R>,
            keeps: keeps::<P, R>,
        };
        if self.registered.iter().any(|known| known.name == this.name) {
            self.problems.push(format!(
                "two pipelines have the durable name `{}`: give one another with `#[pipeline(name = \"..\")]`",
                this.name
            ));
        }
        self.registered.push(this);
        self
    }

    /// Looks at every run; call it once for each observer.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.watchers.add(observer);
        self
    }

    /// Answers in place of a step, in tests.
    #[must_use]
    pub fn stub<S: AnyStub + Clone>(mut self, stub: &S) -> Self {
        if !self.stubs.add(Arc::new(stub.clone())) {
            self.problems.push("one step has two stubs".to_owned());
        }
        self
    }

    /// The engine, ready to run.
    ///
    /// # Errors
    /// Everything that is wrong with the set-up, at once.
    pub fn build(self) -> RunResult<Flujo<R>> {
        let mut problems = self.problems;
        let (limits, defaults) = self.settings;
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
        // What a stub answers needs no client: which steps it stands in for is only known when they run.
        if self.stubs.is_empty() {
            for pipeline in &self.registered {
                let found = unanswerable(pipeline.graph, self.models.as_deref(), Some(&defaults));
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
            resources: self.resources,
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
            answerable: Answerable::default(),
            next_id: AtomicU64::new(1),
        };
        Ok(Flujo { shared: Arc::new(shared) })
    }
}
