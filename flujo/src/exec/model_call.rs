//! One call of a model: what it may cost is reserved before it leaves, what it did cost replaces that.

use super::chat_span::ChatSpan;
use crate::clock::Tick;
use crate::codec::Json;
use crate::error::StepError;
use crate::events::{Redact, Spanned};
use crate::model::{
    ChunkSink, Estimate, Message, ModelClient, ModelDefaults, ModelReply, ModelRequest, PriceBook, Tokens,
    ToolSpec, no_max_tokens, no_price,
};
use crate::step::RunInfo;
use crate::usage::{Usage, UsageLimits};
use std::sync::Arc;

/// The client and the settings of the calls of a model step.
pub(crate) struct ModelCall {
    pub(crate) client: Option<Arc<dyn ModelClient>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) estimate: Estimate,
    pub(crate) model: String,
    /// The redaction of prompts and answers in spans; without it spans have none.
    pub(crate) contents: Option<Arc<Redact>>,
    /// The role that has no model, where the model is named by its role.
    pub(crate) unset_role: Option<&'static str>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) top_p: Option<f64>,
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
        tools: &[ToolSpec],
        run: &RunInfo,
    ) -> ModelRequest {
        ModelRequest {
            model: self.model.clone(),
            messages,
            schema,
            tools: tools.to_vec(),
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            top_p: self.top_p,
            stream: run.is_heard(),
            path: run.path(),
        }
    }

    /// Makes the call, if no limit forbids it.
    pub(super) async fn send(&self, request: ModelRequest, run: &RunInfo) -> Result<ModelReply, StepError> {
        let client = self.client()?;
        if let Some(role) = self.unset_role {
            return Err(StepError::unconfigured(ModelDefaults::unset(role)));
        }
        if let Some(why) = self.unlimited(&run.limited_by()) {
            return Err(StepError::unconfigured(why));
        }
        let _permit = client.admit(&request).await;
        let tokens = self.estimate.tokens(&request, client.extra_tokens(&request));
        let bound = self.usage(tokens, |book| book.bound(&self.model, &tokens));
        let hold = run.reserve(bound).await?;
        // From here on a call that never comes back is charged at what was reserved for it.
        let number = run.state.call_leaves(&self.model, bound);
        let span = ChatSpan::new(&request, client, run.id().as_str(), self.contents.as_deref());
        let mut chunks = Chunked { run, first: (run.env.clock.tick(), None) };
        let reply = Spanned::new(span.inside(), client.call(request, &mut chunks)).await;
        let (tokens, served) = match &reply {
            Ok(reply) => (reply.usage, reply.served_model.as_deref()),
            Err(error) => (error.usage, None),
        };
        let used = tokens.map(|tokens| self.charge(served, tokens));
        span.ended(&reply, used.as_ref(), chunks.first.1);
        run.state.call_returned(number, used);
        if let Some(hold) = hold {
            hold.settle(used);
        }
        reply.map_err(|error| {
            if !error.is_retryable() {
                return StepError::fatal(error);
            }
            let wait = error.retry_after;
            let error = StepError::retryable(error);
            match wait {
                Some(wait) => error.retry_after(wait),
                None => error,
            }
        })
    }

    /// The reason why no upper bound of this call is known, where a limit needs one.
    fn unlimited(&self, limits: &UsageLimits) -> Option<String> {
        let model = &self.model;
        if self.max_tokens.is_none() && (limits.cost.is_some() || limits.total_tokens.is_some()) {
            return Some(no_max_tokens(model));
        }
        let known = || self.prices.as_ref().and_then(|book| book.bound(model, &Tokens::default()));
        (limits.cost.is_some() && known().is_none()).then(|| no_price(model))
    }

    /// The usage of a call, at the price of the model that answered, or of the one that was asked if no price of the
    /// other is known.
    fn charge(&self, served: Option<&str>, tokens: Tokens) -> Usage {
        self.usage(tokens, |book| {
            let served = served.and_then(|model| book.price(model, &tokens));
            served.or_else(|| book.price(&self.model, &tokens))
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
            model_calls: 1,
            cost: price.unwrap_or_default(),
            unpriced_calls: u64::from(price.is_none()),
            estimated_calls: 0,
        }
    }
}
