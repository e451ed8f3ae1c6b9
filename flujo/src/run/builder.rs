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

/// Puts a [`Flujo`] together.
pub struct Builder<R> {
    resources: Arc<R>,
    settings: Box<Settings>,
}

impl<R> fmt::Debug for Builder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("ephemeral", &self.settings.ephemeral).finish_non_exhaustive()
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
        Self { resources: Arc::new(()), settings: Box::default() }
    }
}

impl<R> Builder<R> {
    /// The services that steps may use. Said before pipelines are registered, which need them.
    pub fn resources<T: Send + Sync + 'static>(mut self, resources: T) -> Builder<T> {
        self.settings.forget_pipelines();
        Builder { resources: Arc::new(resources), settings: self.settings }
    }

    /// What makes runs durable; [`Memory`](crate::engine::Memory) if nothing is said.
    #[must_use]
    pub fn engine(mut self, engine: impl IntoEngine) -> Self {
        self.settings.engine = Some(engine.into_engine());
        self
    }

    /// Records nothing: the fastest way, for pipelines that ask no questions.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.settings.ephemeral = true;
        self
    }

    /// The clock of the default engine, or of an ephemeral one.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = Some(clock);
        self
    }

    /// Who answers model steps.
    #[must_use]
    pub fn models(mut self, models: impl ModelClient) -> Self {
        self.settings.models = Some(Arc::new(models));
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
        self.settings.set_role(role.into(), model.into());
        self
    }

    /// How long one attempt of a model step may take that does not say so itself.
    #[must_use]
    pub fn model_timeout(mut self, limit: Duration) -> Self {
        self.settings.model_defaults.timeout = Some(limit);
        self
    }

    /// Puts what is sent to models, and what they answer, into their spans, without what `redact` takes out. It is
    /// private, so it is not there unless this is said, or the settings say `capture_content`.
    #[must_use]
    pub fn capture_content(mut self, redact: Redact) -> Self {
        self.settings.model_defaults.contents = Some(Arc::new(redact));
        self
    }

    /// Where outputs of `cached` steps are kept; a [`MemoryCache`](crate::cache::MemoryCache) of 1,024 entries if nothing is said.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.settings.cache = Some(Arc::new(cache));
        self
    }

    /// Who knows prices.
    #[must_use]
    pub fn prices(mut self, prices: impl PriceBook) -> Self {
        self.settings.prices = Some(Arc::new(prices));
        self
    }

    /// What each run may use. `.limits(..)` of a run is on top: of both, the tighter one holds.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.settings.limits = Some(limits);
        self
    }

    /// Takes from settings the models of roles, the timeout of model steps that have none, and what each run may
    /// use. What is said here in code goes before all of them.
    #[cfg(feature = "settings")]
    #[must_use]
    pub fn settings(mut self, settings: &crate::settings::Settings) -> Self {
        self.settings.configured = (settings.limits(), settings.model_defaults());
        self
    }

    /// The account that all runs share, and maybe other engines of this process.
    #[must_use]
    pub fn budget(mut self, budget: SharedBudget) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// How the tokens of a call are estimated before it is made; an upper bound if nothing is said.
    /// [`Estimate::Tight`] says what is given up for fewer.
    #[must_use]
    pub fn estimate(mut self, estimate: Estimate) -> Self {
        self.settings.estimate = estimate;
        self
    }

    /// How often each run restarts at the node that failed, if the run does not say.
    #[must_use]
    pub fn retries(mut self, n: u32) -> Self {
        self.settings.retries = n;
        self
    }

    /// Registers a pipeline: what [`Flujo::recover`] and [`Flujo::worker`] run.
    #[must_use]
    pub fn pipeline<P>(mut self) -> Self
    where
        P: Pipeline + RunIn<P::Context, R>,
        R: Send + Sync + 'static,
    {
        self.settings.register(TypedPipeline::<P, R>::shared(&self.resources));
        self
    }

    /// Looks at every run; call it once for each observer.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.settings.watchers.add(observer);
        self
    }

    /// Answers in place of a step, in tests.
    #[must_use]
    pub fn stub<S: AnyStub + Clone>(mut self, stub: &S) -> Self {
        self.settings.stub(Arc::new(stub.clone()));
        self
    }

    /// The engine, ready to run.
    ///
    /// # Errors
    /// Everything that is wrong with the set-up, at once.
    pub fn build(self) -> RunResult<Flujo<R>> {
        match self.settings.assemble() {
            Ok(runtime) => Ok(Flujo { runtime, resources: self.resources }),
            Err(error) => Err(error),
        }
    }
}
