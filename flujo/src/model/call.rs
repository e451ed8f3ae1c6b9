//! One call of a model: what it may cost is reserved before it leaves, what it did cost replaces that.

use super::chat_span::ChatSpan;
use super::{
    ChunkSink, Estimate, Message, ModelClient, ModelDefaults, ModelReply, ModelRequest, PriceBook, Talk,
    Tokens,
};
use crate::clock::Tick;
use crate::codec::Json;
use crate::error::StepError;
use crate::events::{Redact, Spanned};
use crate::step::RunInfo;
use crate::usage::{Usage, UsageLimits};
use std::sync::Arc;

/// Who answers a model step, and how it is asked.
pub(crate) struct ModelCall {
    pub(crate) client: Option<Arc<dyn ModelClient>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) estimate: Estimate,
    pub(crate) model: String,
    /// Whether prompts and answers stand in spans, and what nobody may read of them.
    pub(crate) contents: Option<Arc<Redact>>,
    /// The role that has no model, where it is asked by role.
    pub(crate) unset_role: Option<&'static str>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) top_p: Option<f64>,
    /// The conversation of a step with tools.
    pub(crate) talk: Option<Box<Talk>>,
}

/// Pieces of the answer go to whoever looks at the run.
struct Pieces<'r> {
    run: &'r RunInfo,
    /// When the call left, and how long it took to the first piece.
    first: (Tick, Option<u64>),
}
impl ChunkSink for Pieces<'_> {
    fn chunk(&mut self, text: &str) {
        let (left, first) = self.first;
        if first.is_none() {
            self.first.1 = Some(self.run.env.clock.nanos_since(left));
        }
        self.run.emit(text);
    }
}

impl ModelCall {
    /// Who answers.
    pub(super) fn client(&self) -> Result<&dyn ModelClient, StepError> {
        self.client.as_deref().ok_or_else(|| {
            StepError::unconfigured(format!(
                "nobody answers `{}`: give the engine a client with `.models(..)`, or stub the step",
                self.model
            ))
        })
    }

    /// What is sent.
    pub(super) fn request(&self, messages: Vec<Message>, schema: Json, run: &RunInfo) -> ModelRequest {
        ModelRequest {
            model: self.model.clone(),
            messages,
            schema,
            tools: self.talk.as_ref().map(|talk| talk.tools.to_vec()).unwrap_or_default(),
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            top_p: self.top_p,
            stream: run.is_heard(),
            path: run.path(),
        }
    }

    /// Makes the call, if no limit stands against it.
    pub(super) async fn send(
        &self,
        client: &dyn ModelClient,
        request: ModelRequest,
        run: &RunInfo,
    ) -> Result<ModelReply, StepError> {
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
        let number = run.call_leaves(&self.model, bound);
        let span = ChatSpan::new(&request, client, run.id().as_str(), self.contents.as_deref());
        let mut pieces = Pieces { run, first: (run.env.clock.tick(), None) };
        let reply = Spanned::new(span.inside(), client.call(request, &mut pieces)).await;
        let (tokens, served) = match &reply {
            Ok(reply) => (reply.usage, reply.served_model.as_deref()),
            Err(error) => (error.usage, None),
        };
        let used = tokens.map(|tokens| self.charge(served, tokens));
        span.ended(&reply, used.as_ref(), pieces.first.1);
        run.call_returned(number, used);
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

    /// Why no upper bound of this call is known, where a limit needs one.
    fn unlimited(&self, limits: &UsageLimits) -> Option<String> {
        let model = &self.model;
        if self.max_tokens.is_none() && (limits.cost.is_some() || limits.total_tokens.is_some()) {
            return Some(no_max_tokens(model));
        }
        let known = || self.prices.as_ref().and_then(|book| book.bound(model, &Tokens::default()));
        (limits.cost.is_some() && known().is_none()).then(|| no_price(model))
    }

    /// What a call cost: at the price of the model that answered, or of the one that was asked if nobody knows
    /// the other.
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

pub(crate) fn no_max_tokens(model: &str) -> String {
    format!(
        "`{model}` has no `max_tokens`, so nobody knows what a call may use: a limit of cost or tokens needs it"
    )
}

pub(crate) fn no_price(model: &str) -> String {
    format!("nobody knows the price of `{model}`: a limit of cost needs it, give it with `.prices(..)`")
}
