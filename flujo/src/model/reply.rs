use super::ToolCall;
use serde::{Deserialize, Serialize};

/// A reply of a model.
///
/// ```
/// # use flujo::model::{FinishReason, ModelReply, Tokens};
/// let reply = ModelReply::new("42").used(Tokens::new(8, 1));
/// assert_eq!((reply.content.as_str(), reply.finish), ("42", FinishReason::Stop));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelReply {
    /// The text of the answer.
    pub content: String,
    /// The tools that the model calls; empty if `content` is the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// The tokens that the call used; `None` means that the provider did not say, not that it is zero.
    pub usage: Option<Tokens>,
    /// The reason why the answer ended.
    pub finish: FinishReason,
    /// The model that actually answered, if the provider says so.
    pub served_model: Option<String>,
    /// The provider's id of the answer, if it has one: for spans, and for support requests to the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text of the model's reasoning, as far as the provider tells it: no part of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
}

impl ModelReply {
    /// Returns a complete answer with unknown usage.
    pub fn new(content: impl Into<String>) -> Self {
        let (usage, finish, served_model) = (None, FinishReason::Stop, None);
        Self {
            content: content.into(),
            calls: Vec::new(),
            usage,
            finish,
            served_model,
            id: None,
            reasoning: None,
        }
    }

    /// Adds a call of a tool with arguments in JSON. Calls are numbered in order: `call_1`, `call_2`, ...
    ///
    /// ```
    /// # use flujo::model::ModelReply;
    /// let reply = ModelReply::new("").calls("search", r#"{"query":"semaphores"}"#);
    /// assert_eq!((reply.calls[0].id.as_str(), reply.calls[0].name.as_str()), ("call_1", "search"));
    /// ```
    #[must_use]
    pub fn calls(mut self, tool: impl Into<String>, arguments: impl Into<String>) -> Self {
        let id = format!("call_{}", self.calls.len() + 1);
        self.calls.push(ToolCall::new(id, tool, arguments));
        self
    }

    /// Sets the tokens that the call used.
    #[must_use]
    pub fn used(self, tokens: Tokens) -> Self {
        Self { usage: Some(tokens), ..self }
    }

    /// Sets the reason why the answer ended.
    #[must_use]
    pub fn finished(self, finish: FinishReason) -> Self {
        Self { finish, ..self }
    }

    /// Sets the text of the model's reasoning.
    #[must_use]
    pub fn reasoned(self, text: impl Into<String>) -> Self {
        Self { reasoning: Some(text.into()), ..self }
    }

    /// Sets the model that really answered.
    #[must_use]
    pub fn served_by(self, model: impl Into<String>) -> Self {
        Self { served_model: Some(model.into()), ..self }
    }
}

/// The tokens of one call, as the provider reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// The number of input tokens, cached ones included.
    pub input: u64,
    /// The number of output tokens, reasoning included.
    pub output: u64,
    /// The number of input tokens that the provider had cached.
    pub cached: u64,
    /// The number of output tokens spent on reasoning.
    pub reasoning: u64,
    /// The number of input tokens that the provider wrote to its cache for five minutes; in a bound, of those that it may
    /// write.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write: u64,
    /// The number of input tokens that the provider wrote to its cache for an hour; in a bound, of those that it may write.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_1h: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Tokens {
    /// Creates the tokens of a call that sent `input` and received `output`, none of them cached or spent on reasoning.
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, output, cached: 0, reasoning: 0, cache_write: 0, cache_write_1h: 0 }
    }

    /// Sets how many of the sent tokens were cached.
    #[must_use]
    pub const fn cached(self, cached: u64) -> Self {
        Self { cached, ..self }
    }

    /// Sets how many of the received tokens were spent on reasoning.
    #[must_use]
    pub const fn reasoning(self, reasoning: u64) -> Self {
        Self { reasoning, ..self }
    }

    /// Sets how many of the sent tokens were written to the provider's cache, for five minutes and for an hour.
    #[must_use]
    pub const fn cache_write(self, five_minutes: u64, one_hour: u64) -> Self {
        Self { cache_write: five_minutes, cache_write_1h: one_hour, ..self }
    }
}

/// The reason why a model stopped.
///
/// ```
/// use flujo::model::{FinishReason, ModelReply};
/// // An answer that was cut off is never accepted.
/// let reply = ModelReply::new("The sea, ri").finished(FinishReason::Length);
/// assert_eq!(reply.finish.word(), "length");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The model reached `max_tokens`: the answer is cut off, and is never accepted as a complete one.
    Length,
    /// Another reason, in the provider's word.
    Other(String),
}

impl FinishReason {
    /// Returns the reason as providers write it.
    pub fn word(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Other(word) => word,
        }
    }
}

/// A receiver of the chunks of an answer while they arrive.
pub trait ChunkSink: Send {
    /// Receives the next chunk.
    fn chunk(&mut self, text: &str);

    /// Receives the next chunk of the model's reasoning, which is no part of the answer.
    fn reasoning(&mut self, text: &str) {
        let _ = text;
    }
}
