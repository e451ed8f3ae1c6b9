//! Model steps: typed prompts, and the interface of whatever answers them.
//!
//! The core knows no provider. A [`ModelClient`] is given to the engine with `.models(..)`; in tests a stub
//! answers instead.

mod answer;
mod bound;
mod call;
mod prices;
mod prompt;

pub use answer::{Answer, IntoPrompt, NoAnswer, answer};
pub use bound::Estimate;
pub(crate) use call::{ModelCall, no_max_tokens, no_price};
pub use prices::{PriceBook, Prices, Rates};
pub use prompt::{Message, Prompt, Role};

use crate::codec::Json;
use crate::path::Path;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// What is sent to a model.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// `provider:model`.
    pub model: String,
    /// The conversation: the prompt, then the feedback on earlier attempts.
    pub messages: Vec<Message>,
    /// The JSON Schema that the answer must fit.
    pub schema: Json,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Upper bound of output tokens, those for reasoning included.
    pub max_tokens: Option<u32>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// The node that asks.
    pub path: Path,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelReply {
    /// The answer.
    pub content: String,
    /// What it used; `None` if the provider did not say, which is not the same as nothing.
    pub usage: Option<Tokens>,
    /// Why it ended.
    pub finish: FinishReason,
    /// The model that really answered, if the provider says so.
    pub served_model: Option<String>,
}

/// Tokens of one call, as the provider reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Sent, cached ones included.
    pub input: u64,
    /// Received, reasoning included.
    pub output: u64,
    /// Of those sent, the cached ones.
    pub cached: u64,
    /// Of those received, the ones spent on reasoning.
    pub reasoning: u64,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It ran into `max_tokens`: the answer is cut short, and never taken for a whole one.
    Length,
    /// Something else, in the provider's word.
    Other(String),
}

/// Why a call failed.
#[derive(Debug)]
pub struct ModelError {
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// What it used all the same.
    pub usage: Option<Tokens>,
    /// What went wrong. It must hold no secret.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model did not answer: {}", self.source)
    }
}
impl std::error::Error for ModelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// Takes pieces of an answer while it is being made.
pub trait ChunkSink: Send {
    /// The next piece.
    fn chunk(&mut self, text: &str);
}

/// Answers prompts.
#[async_trait]
pub trait ModelClient: Send + Sync + 'static {
    /// Makes one call. It never retries by itself: the step's `retries` are the only ones.
    ///
    /// # Errors
    /// The model did not answer; says whether trying again makes sense.
    async fn call(&self, request: ModelRequest, chunks: &mut dyn ChunkSink)
    -> Result<ModelReply, ModelError>;

    /// Input tokens that the request may cost beyond the text that is in it, at the provider's most: what the
    /// client adds, such as instructions for tools, and images. They are reserved too.
    fn extra_tokens(&self, _request: &ModelRequest) -> u64 {
        0
    }
}
