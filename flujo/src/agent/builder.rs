use super::ModelAgent;
use crate::durable::Reply;
use crate::model::{CallOptions, ModelClient};
use crate::step::Backoff;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Begins an agent that is answered by `model`, `provider:model`. See [`agent`](crate::agent).
pub fn make_agent(model: impl Into<String>) -> AgentBuilder {
    AgentBuilder(AgentOptions {
        models: vec![model.into()],
        role: None,
        system: None,
        temperature: None,
        max_tokens: None,
        top_p: None,
        options: CallOptions::new(),
        timeout: None,
        retries: 0,
        backoff: Backoff::DEFAULT,
        client: None,
    })
}

/// The builder of an agent: its model and how it is asked.
#[derive(Clone)]
pub(super) struct AgentOptions {
    pub(super) models: Vec<String>,
    pub(super) role: Option<String>,
    pub(super) system: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    pub(super) top_p: Option<f64>,
    pub(super) options: CallOptions,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    pub(super) client: Option<Arc<dyn ModelClient>>,
}

/// An agent that is being put together: see [`make_agent`].
///
/// ```
/// use flujo::agent::{ModelAgent, make_agent};
/// use flujo::model::{CallOptions, ReasoningEffort, Script};
/// use flujo::step::Backoff;
/// use std::time::Duration;
///
/// let translator: ModelAgent<String, String> = make_agent("openai:gpt-4o-mini")
///     .or_models(["openai:gpt-4o"])
///     .system("Translate into French.")
///     .temperature(0.2)
///     .top_p(0.9)
///     .max_tokens(200)
///     .options(CallOptions::new().reasoning_effort(ReasoningEffort::Low))
///     .timeout(Duration::from_secs(20))
///     .retries(2)
///     .backoff(Backoff::NONE)
///     .client(Script::new())
///     .build();
/// assert_eq!(translator.model(), "openai:gpt-4o-mini");
/// ```
#[derive(Clone)]
#[must_use = "an agent is there once it is built"]
pub struct AgentBuilder(AgentOptions);

impl fmt::Debug for AgentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentBuilder").field("models", &self.0.models).finish_non_exhaustive()
    }
}

impl AgentBuilder {
    /// The role, in place of a model: where the engine has a model for this role, from `.role(..)` or its
    /// settings, that one answers in place of the one that the agent was begun with.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::agent::{Agent, ModelAgent, make_agent};
    /// use flujo::model::Script;
    ///
    /// # struct Reviewer(ModelAgent<String, String>);
    /// # #[step]
    /// # async fn review(text: String, reviewer: &Reviewer, run: &RunInfo) -> Result<String> {
    /// #     reviewer.0.answer(text, run).await
    /// # }
    /// # pipeline! {
    /// #     fn reviewing(text: String, reviewer: &Reviewer) -> String {
    /// #         review(text)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let reviewer = Reviewer(make_agent("openai:gpt-4o-mini").role("review").build());
    /// let script = Script::new().then("Fine.");
    /// let flujo = Flujo::builder().resources(reviewer).models(script.clone()).role("review", "openai:gpt-4o").build()?;
    /// flujo.run(reviewing("Hello.".to_string())).await.into_output()?;
    /// assert_eq!(script.requests()[0].model, "openai:gpt-4o");
    /// # Ok(())
    /// # }
    /// ```
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.0.role = Some(role.into());
        self
    }

    /// Sets the system message: the rules of the agent.
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.0.system = Some(text.into());
        self
    }

    /// Sampling temperature, 0 to 2.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.0.temperature = Some(temperature);
        self
    }

    /// The most output tokens of one call; a limit of cost or tokens needs it.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.0.max_tokens = Some(tokens);
        self
    }

    /// Nucleus sampling, 0 to 1.
    pub fn top_p(mut self, top_p: f64) -> Self {
        self.0.top_p = Some(top_p);
        self
    }

    /// Adds models: where a call of one fails, the next is asked in the same attempt.
    pub fn or_models<T: Into<String>>(mut self, models: impl IntoIterator<Item = T>) -> Self {
        self.0.models.extend(models.into_iter().map(Into::into));
        self
    }

    /// Sets the options that not every provider takes.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.0.options = options;
        self
    }

    /// Sets the timeout of one call. A call that takes longer is charged in full.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.0.timeout = Some(limit);
        self
    }

    /// Sets the calls after the first, each with the reason why the last answer was rejected. They are calls
    /// of one attempt: where the step that asks has retries of its own, both multiply.
    pub fn retries(mut self, n: u32) -> Self {
        self.0.retries = n;
        self
    }

    /// Sets the wait after a failed call. There is no wait after a rejected answer.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.0.backoff = backoff;
        self
    }

    /// Sets the client that is asked, in place of that of the engine.
    pub fn client(mut self, client: impl ModelClient) -> Self {
        self.0.client = Some(Arc::new(client));
        self
    }

    /// Builds the agent. Its input is the message of the user: text as it is, every other value as JSON.
    pub fn build<In: Serialize + Send + Sync + 'static, Out: Reply>(self) -> ModelAgent<In, Out> {
        ModelAgent::new(self.0)
    }
}
