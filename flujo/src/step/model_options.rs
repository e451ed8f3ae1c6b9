//! Options of the calls of model steps.

use super::{FallbackSlot, ModelLeaf, StepCall};
use crate::model::{CacheTime, CallOptions, ReasoningEffort, ToolChoice};
use serde::Serialize;

impl<S: ModelLeaf, F: FallbackSlot> StepCall<S, F> {
    /// The model that answers this call, `provider:model`.
    pub fn model(self, model: impl Into<String>) -> Self {
        self.models([model])
    }

    /// The models that answer this call: where a call of one fails, the next is asked in the same attempt. An answer that does
    /// not fit is no failure of a call.
    pub fn models<T: Into<String>>(self, models: impl IntoIterator<Item = T>) -> Self {
        let mut call = self;
        call.options().models = models.into_iter().map(Into::into).collect();
        call
    }

    /// Sampling temperature of this call.
    pub fn temperature(self, temperature: f64) -> Self {
        let mut call = self;
        call.options().temperature = Some(temperature);
        call
    }

    /// Upper bound of output tokens of this call.
    pub fn max_tokens(self, tokens: u32) -> Self {
        let mut call = self;
        call.options().max_tokens = Some(tokens);
        call
    }

    /// Nucleus sampling of this call.
    pub fn top_p(self, top_p: f64) -> Self {
        let mut call = self;
        call.options().top_p = Some(top_p);
        call
    }

    /// Sets the most rounds of tool calls in one attempt of this call.
    pub fn tool_rounds(self, rounds: u32) -> Self {
        let mut call = self;
        call.options().tool_rounds = Some(rounds);
        call
    }

    /// States that the call has tools of its own, which the pipeline gives it. `pipeline!` turns `.tools([..])` into
    /// this.
    #[doc(hidden)]
    pub fn with_tools(self) -> Self {
        self
    }

    /// Sets options of this call; those that are not set stay as the attribute says.
    fn with(self, options: CallOptions) -> Self {
        let mut call = self;
        let own = &mut call.options().of_call;
        let before = own.take().map(|own| *own).unwrap_or_default();
        *own = Some(Box::new(options.over(before)));
        call
    }

    /// Sets how much the model reasons before it answers. In `pipeline!` a literal such as `"low"` is checked by the
    /// compiler.
    ///
    /// Like the options below, it is refused before anything runs where the model's provider does not take it.
    pub fn reasoning_effort(self, effort: ReasoningEffort) -> Self {
        self.with(CallOptions::new().reasoning_effort(effort))
    }

    /// Sets whether the text of the model's reasoning is requested and recorded:
    /// [`StepResult::reasoning`](super::StepResult::reasoning). It is reported as events wherever a provider sends it.
    pub fn reasoning_text(self, requested: bool) -> Self {
        self.with(CallOptions::new().reasoning_text(requested))
    }

    /// Sets the texts that end the answer of this call.
    pub fn stop<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Self {
        self.with(CallOptions::new().stop(texts))
    }

    /// Sets the seed of the sampling.
    pub fn seed(self, seed: u64) -> Self {
        self.with(CallOptions::new().seed(seed))
    }

    /// Sets whether the model has to call a tool first. In `pipeline!`, `.tool_choice(required)`, `.tool_choice(none)`.
    pub fn tool_choice(self, choice: ToolChoice) -> Self {
        self.with(CallOptions::new().tool_choice(choice))
    }

    /// Sets whether one reply may call several tools.
    pub fn parallel_calls(self, allowed: bool) -> Self {
        self.with(CallOptions::new().parallel_calls(allowed))
    }

    /// Sets the service tier, in the provider's word. A limit of cost needs the price of `provider:model@tier`.
    pub fn service_tier(self, tier: impl Into<String>) -> Self {
        self.with(CallOptions::new().service_tier(tier))
    }

    /// Asks the provider to keep tools and system messages in its prompt cache for this time. In `pipeline!`,
    /// `.prompt_cache("5m")` or `.prompt_cache("1h")`.
    pub fn prompt_cache(self, time: CacheTime) -> Self {
        self.with(CallOptions::new().prompt_cache(time))
    }

    /// Sets a field of the request that flujo does not know, in the provider's words; once for each field.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step(model = "openai:gpt-4o", max_tokens = 500)]
    /// # fn think(text: String) -> Prompt<String> { Prompt::ask(text) }
    /// pipeline! {
    ///     fn answer(text: String) -> String {
    ///         think(text).extra("verbosity", "low").extra("top_logprobs", 2)
    ///     }
    /// }
    /// ```
    pub fn extra(self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.with(CallOptions::new().extra(name, value))
    }
}
