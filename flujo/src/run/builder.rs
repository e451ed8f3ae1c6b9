use super::assemble::Settings;
use super::flujo::Flujo;
use super::registry::TypedPipeline;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::RunResult;
use crate::events::{Observer, Redact};
use crate::exec::Pipeline;
use crate::model::{Estimate, ModelClient, PriceBook};
use crate::step::AnyStub;
use crate::step::RunIn;
use crate::usage::{SharedBudget, UsageLimits};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A builder of a [`Flujo`].
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::clock::SystemClock;
/// use flujo::engine::Memory;
/// use flujo::events::{ConsoleTracer, Redact, TraceLevel};
/// use flujo::model::{Estimate, Script};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(name) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # struct Db;
/// let flujo = Flujo::builder()
///     // What steps use, and what answers model steps.
///     .resources(Db)
///     .models(Script::new())
///     .model_timeout(Duration::from_secs(60))
///     .estimate(Estimate::Tight)
///     .cache(flujo::MemoryCache::new(10_000))
///     // Where runs are recorded, and how often a run restarts at the node that failed.
///     .engine(Memory::new())
///     .retries(1)
///     // What a run may use.
///     .limits(UsageLimits::NONE.model_calls(20))
///     .budget(SharedBudget::usd("5.00"))
///     // What is seen of it.
///     .observer(ConsoleTracer::new().level(TraceLevel::Runs))
///     .record_messages(Redact::new())
///     .capture_content(Redact::new())
///     // What `recover`, workers and servers may run.
///     .pipeline::<welcome>()
///     .build()?;
///
/// // The fastest, for pipelines that ask no questions: nothing is recorded.
/// let ephemeral = Flujo::builder().ephemeral().clock(Arc::new(SystemClock::new())).build()?;
/// # drop((flujo, ephemeral));
/// # Ok::<(), flujo::Error>(())
/// ```
pub struct Builder<R> {
    resources: Arc<R>,
    settings: Box<Settings>,
}

impl<R> fmt::Debug for Builder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("ephemeral", &self.settings.ephemeral).finish_non_exhaustive()
    }
}

/// An engine, owned or shared.
///
/// ```
/// use flujo::engine::{Engine, Memory};
/// use flujo::run::IntoEngine;
/// use std::sync::Arc;
///
/// // By value, or shared with something that looks at the runs too.
/// let shared: Arc<Memory> = Arc::new(Memory::new());
/// let flujo = flujo::Flujo::builder().engine(Arc::clone(&shared)).build()?;
/// let same: Arc<dyn Engine> = shared.into_engine();
/// # drop((flujo, same));
/// # Ok::<(), flujo::Error>(())
/// ```
pub trait IntoEngine {
    /// Returns the shared engine.
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
        Self { resources: Arc::new(()), settings: Box::default() }
    }
}

impl<R> Builder<R> {
    /// Sets the services that steps may use. Call it before pipelines are registered, which need them.
    pub fn resources<T: Send + Sync + 'static>(mut self, resources: T) -> Builder<T> {
        self.settings.forget_pipelines();
        Builder { resources: Arc::new(resources), settings: self.settings }
    }

    /// Sets the engine that records runs; defaults to [`Memory`](crate::engine::Memory).
    #[must_use]
    pub fn engine(mut self, engine: impl IntoEngine) -> Self {
        self.settings.engine = Some(engine.into_engine());
        self
    }

    /// Disables recording: the fastest mode, for pipelines that ask no questions.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.settings.ephemeral = true;
        self
    }

    /// Sets the clock of the default engine, or of an ephemeral one.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = Some(clock);
        self
    }

    /// Sets the client that answers model steps.
    #[must_use]
    pub fn models(mut self, models: impl ModelClient) -> Self {
        self.settings.models = Some(Arc::new(models));
        self
    }

    /// Sets the model of a role, which answers the steps with `#[step(role = review)]`. Takes precedence over
    /// settings.
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
        self.settings.set_role(role.into(), model.into());
        self
    }

    /// Sets the timeout of one attempt of a model step that has no timeout of its own.
    #[must_use]
    pub fn model_timeout(mut self, limit: Duration) -> Self {
        self.settings.model_defaults.timeout = Some(limit);
        self
    }

    /// Records prompts and answers in the spans of model calls, except what `redact` removes. Defaults to off,
    /// because they may be private; the setting `capture_content` turns it on too.
    #[must_use]
    pub fn capture_content(mut self, redact: Redact) -> Self {
        self.settings.model_defaults.contents = Some(Arc::new(redact));
        self
    }

    /// Records what is said to models and what they answer with the attempts that ask, except what `redact` removes:
    /// [`Record::messages`](crate::engine::Record::messages). Defaults to off, because it may be private, and takes
    /// space; an engine may delete it before the run. A conversation with tools is on record in any case, because
    /// it goes on from there.
    #[must_use]
    pub fn record_messages(mut self, redact: Redact) -> Self {
        self.settings.model_defaults.messages = Some(Arc::new(redact));
        self
    }

    /// Sets the store for outputs of `cached` steps; defaults to a [`MemoryCache`](crate::cache::MemoryCache) of
    /// 1,024 entries.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.settings.cache = Some(Arc::new(cache));
        self
    }

    /// Sets the source of prices.
    #[must_use]
    pub fn prices(mut self, prices: impl PriceBook) -> Self {
        self.settings.prices = Some(Arc::new(prices));
        self
    }

    /// Sets the limits of each run. `.limits(..)` of a run applies as well: of both, the tighter one holds.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.settings.limits = Some(limits);
        self
    }

    /// Applies settings: the models of roles, the default timeout of model steps, and the limits of each run. Values
    /// set in code take precedence.
    #[cfg(feature = "settings")]
    #[must_use]
    pub fn settings(mut self, settings: &crate::settings::Settings) -> Self {
        self.settings.configured = (settings.limits(), settings.model_defaults());
        self
    }

    /// Sets the budget that all runs share, possibly with other engines of this process.
    #[must_use]
    pub fn budget(mut self, budget: SharedBudget) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// Sets the estimate of the tokens of a call before it is made; defaults to an upper bound. [`Estimate::Tight`]
    /// documents the tighter alternative and its cost.
    #[must_use]
    pub fn estimate(mut self, estimate: Estimate) -> Self {
        self.settings.estimate = estimate;
        self
    }

    /// Sets the number of times each run restarts at the node that failed; a run may override it.
    #[must_use]
    pub fn retries(mut self, n: u32) -> Self {
        self.settings.retries = n;
        self
    }

    /// Registers a pipeline, so that [`Flujo::recover`] and [`Flujo::worker`] can run it.
    #[must_use]
    pub fn pipeline<P>(mut self) -> Self
    where
        P: Pipeline + RunIn<P::Context, R>,
        R: Send + Sync + 'static,
    {
        self.settings.register(TypedPipeline::<P, R>::shared(&self.resources));
        self
    }

    /// Adds an observer of every run; call it once for each observer.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.settings.watchers.add(observer);
        self
    }

    /// Replaces a step by a stub, in tests.
    #[must_use]
    pub fn stub<S: AnyStub + Clone>(mut self, stub: &S) -> Self {
        self.settings.stub(Arc::new(stub.clone()));
        self
    }

    /// Builds the [`Flujo`].
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): all problems of the set-up, at once.
    pub fn build(self) -> RunResult<Flujo<R>> {
        match self.settings.assemble() {
            Ok(runtime) => Ok(Flujo { runtime, resources: self.resources }),
            Err(error) => Err(error),
        }
    }
}
