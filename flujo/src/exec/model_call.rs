//! One call of a model: what it may cost is reserved before it leaves, what it did cost replaces that.

use super::chat_span::ChatSpan;
use crate::clock::Tick;
use crate::codec::Json;
use crate::engine::Exchange;
use crate::error::StepError;
use crate::events::{Redact, Spanned};
use crate::model::{
    CallOptions, ChunkSink, Estimate, Message, ModelClient, ModelDefaults, ModelError, ModelReply,
    ModelRequest, PriceBook, Tokens, ToolChoice, ToolSpec, no_max_tokens, no_price,
};
use crate::path::grammar;
use crate::step::RunInfo;
use crate::usage::{Usage, UsageLimits};
use std::sync::Arc;

/// The client and the settings of the calls of a model step.
pub(crate) struct ModelCall {
    pub(crate) client: Option<Arc<dyn ModelClient>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) estimate: Estimate,
    pub(crate) model: String,
    /// The models that are asked where a call fails, the next one last.
    pub(crate) otherwise: Vec<String>,
    /// The redaction of prompts and answers in spans; without it spans have none.
    pub(crate) contents: Option<Arc<Redact>>,
    /// The redaction of messages on record; without it they are not recorded.
    pub(crate) messages: Option<Arc<Redact>>,
    /// The role that has no model, where the model is named by its role.
    pub(crate) unset_role: Option<&'static str>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) top_p: Option<f64>,
    pub(crate) options: CallOptions,
}

/// Hands the chunks of the answer to the observers of the run.
struct Chunked<'r> {
    run: &'r RunInfo,
    /// When the call left, and the nanoseconds to the first chunk.
    first: (Tick, Option<u64>),
}
impl ChunkSink for Chunked<'_> {
    fn chunk(&mut self, text: &str) {
        let (left, first) = self.first;
        if first.is_none() {
            self.first.1 = Some(self.run.env.clock.nanos_since(left));
        }
        self.run.emit(text);
    }
    fn reasoning(&mut self, text: &str) {
        self.run.emit_reasoning(text);
    }
}

/// The failure of an attempt whose last call failed.
fn failed(error: ModelError) -> StepError {
    if !error.is_retryable() {
        return StepError::fatal(error);
    }
    let wait = error.retry_after;
    let error = StepError::retryable(error);
    match wait {
        Some(wait) => error.retry_after(wait),
        None => error,
    }
}

impl ModelCall {
    /// The client.
    ///
    /// # Errors
    /// None is configured.
    pub(super) fn client(&self) -> Result<&dyn ModelClient, StepError> {
        self.client.as_deref().ok_or_else(|| {
            StepError::unconfigured(format!(
                "no model client is configured for `{}`: call `.models(..)` or stub the step",
                self.model
            ))
        })
    }

    /// The request of one call.
    pub(super) fn request(
        &self,
        messages: Vec<Message>,
        schema: Json,
        tools: Vec<ToolSpec>,
        run: &RunInfo,
    ) -> ModelRequest {
        ModelRequest {
            model: self.model.clone(),
            messages,
            schema,
            tools,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            top_p: self.top_p,
            options: self.options.clone(),
            stream: run.is_heard(),
            path: run.path(),
        }
    }

    /// Makes the call, if no limit forbids it. Where it fails, the next model of the list is asked.
    pub(super) async fn send(&self, request: ModelRequest, run: &RunInfo) -> Result<ModelReply, StepError> {
        let client = self.client()?;
        if let Some(role) = self.unset_role {
            return Err(StepError::unconfigured(ModelDefaults::unset(role)));
        }
        if let Some(why) = self.unlimited(&run.limited_by()) {
            return Err(StepError::unconfigured(why));
        }
        if let Some(why) = self.no_such_tool(&request) {
            return Err(StepError::unconfigured(why));
        }
        let (mut request, mut others) = (Some(request), self.otherwise.iter().rev());
        // One place that waits: what a call holds while it waits is there once.
        loop {
            let next = others.next();
            let sent = if next.is_some() { request.clone() } else { request.take() };
            let Some(sent) = sent else { return Err(StepError::internal("a request was sent twice")) };
            let model = sent.model.clone();
            let error = match self.once(client, sent, run).await? {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let (Some(next), Some(request)) = (next, &mut request) else { return Err(failed(error)) };
            run.fell_back_to(&model, next, &error);
            request.model.clone_from(next);
        }
    }

    /// One call of one model; a failure of the provider is inside.
    async fn once(
        &self,
        client: &dyn ModelClient,
        request: ModelRequest,
        run: &RunInfo,
    ) -> Result<Result<ModelReply, ModelError>, StepError> {
        let _permit = client.admit(&request).await;
        let model = request.model.clone();
        let priced = request.priced_as();
        let tokens = self.estimate.tokens(&request, client.extra_tokens(&request));
        let bound = self.usage(tokens, |book| book.bound(&priced, &tokens));
        let hold = run.reserve(bound).await?;
        // From here on a call that never comes back is charged at what was reserved for it.
        let number = run.state.call_leaves(&model, bound);
        run.sends(&request.options);
        let span = ChatSpan::new(&request, client, run.id().as_str(), self.contents.as_deref());
        let records_reasoning = self.options.reasoning_text == Some(true);
        let said = self.messages.as_deref().map(|redact| {
            let is_reply = grammar::is_beside_the_graph(run.path().as_str());
            (Exchange::sent(&model, &request.messages, is_reply, redact), redact)
        });
        let mut chunks = Chunked { run, first: (run.env.clock.tick(), None) };
        let reply = Spanned::new(span.inside(), client.call(request, &mut chunks)).await;
        let (tokens, served) = match &reply {
            Ok(reply) => (reply.usage, reply.served_model.as_deref()),
            Err(error) => (error.usage, None),
        };
        let used = tokens.map(|tokens| self.charge(served, &priced, tokens));
        span.ended(&reply, used.as_ref(), chunks.first.1);
        if let Some((said, redact)) = said {
            run.said(said.ended(&reply, redact));
        }
        run.state.call_returned(number, used);
        if let Some(hold) = hold {
            hold.settle(used);
        }
        if let Some(used) = used.filter(|used| self.is_over(used, &bound)) {
            run.over_reported(&model, bound, used);
        }
        if let Ok(ModelReply { reasoning: Some(text), .. }) = &reply
            && records_reasoning
        {
            run.reasoned(text);
        }
        Ok(reply)
    }

    /// True if a provider reports more than the call may use. A tight estimate is no bound of what is sent.
    fn is_over(&self, used: &Usage, bound: &Usage) -> bool {
        let sent = self.estimate == Estimate::UpperBound;
        let priced = sent && bound.unpriced_calls == 0 && self.max_tokens.is_some();
        (sent && used.input_tokens > bound.input_tokens)
            || (self.max_tokens.is_some() && used.output_tokens > bound.output_tokens)
            || (priced && used.cost > bound.cost)
    }

    /// The reason why no upper bound of this call is known, where a limit needs one.
    fn unlimited(&self, limits: &UsageLimits) -> Option<String> {
        if self.max_tokens.is_none() && (limits.cost.is_some() || limits.total_tokens.is_some()) {
            return Some(no_max_tokens(&self.model));
        }
        limits.cost?;
        let book = self.prices.as_deref();
        let known = |model: &&String| book.and_then(|book| book.bound(model, &Tokens::default())).is_some();
        let mut models = [&self.model].into_iter().chain(self.otherwise.iter().rev());
        let mut priced = models.by_ref().map(|model| self.options.priced_as(model));
        priced.find(|model| !known(&model)).map(|model| no_price(&model))
    }

    /// The reason why no model can do as `tool_choice` says.
    fn no_such_tool(&self, request: &ModelRequest) -> Option<String> {
        let known = |name: &str| request.tools.iter().any(|tool| tool.name == name);
        match &self.options.tool_choice {
            Some(ToolChoice::Tool(name)) if !known(name) => {
                Some(format!("`tool_choice` names `{name}`, which is not a tool of this call"))
            }
            Some(ToolChoice::Required) if request.tools.is_empty() => {
                Some("`tool_choice` requires a tool, and this call has none".to_owned())
            }
            _ => None,
        }
    }

    /// The usage of a call, at the price of the model that answered, or of the one that was asked if no price of the
    /// other is known.
    fn charge(&self, served: Option<&str>, priced: &str, tokens: Tokens) -> Usage {
        self.usage(tokens, |book| {
            let served = served.and_then(|model| book.price(&self.options.priced_as(model), &tokens));
            served.or_else(|| book.price(priced, &tokens))
        })
    }

    fn usage(
        &self,
        tokens: Tokens,
        price: impl FnOnce(&dyn PriceBook) -> Option<crate::usage::Cost>,
    ) -> Usage {
        let price = self.prices.as_deref().and_then(price);
        Usage {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            cached_tokens: tokens.cached,
            reasoning_tokens: tokens.reasoning,
            // In a bound each of them may be all of the input, and both together are no more than that.
            cache_write_tokens: tokens.cache_write.saturating_add(tokens.cache_write_1h).min(tokens.input),
            model_calls: 1,
            cost: price.unwrap_or_default(),
            unpriced_calls: u64::from(price.is_none()),
            estimated_calls: 0,
        }
    }
}
