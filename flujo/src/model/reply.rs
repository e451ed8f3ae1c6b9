use super::ToolCall;
use serde::{Deserialize, Serialize};

/// What a model answered.
///
/// ```
/// # use flujo::model::{FinishReason, ModelReply, Tokens};
/// let reply = ModelReply::new("42").used(Tokens::new(8, 1));
/// assert_eq!((reply.content.as_str(), reply.finish), ("42", FinishReason::Stop));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelReply {
    /// The answer.
    pub content: String,
    /// The tools that it calls; none if `content` is the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// What it used; `None` if the provider did not say, which is not the same as nothing.
    pub usage: Option<Tokens>,
    /// Why it ended.
    pub finish: FinishReason,
    /// The model that really answered, if the provider says so.
    pub served_model: Option<String>,
    /// What the provider calls this answer, if it says so: for spans, and for asking the provider about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl ModelReply {
    /// A whole answer, whose usage nobody told.
    pub fn new(content: impl Into<String>) -> Self {
        let (usage, finish, served_model) = (None, FinishReason::Stop, None);
        Self { content: content.into(), calls: Vec::new(), usage, finish, served_model, id: None }
    }

    /// The same, with one more call of a tool: its name, and its arguments as JSON. Calls are numbered as they come.
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

    /// The same, with what it used.
    #[must_use]
    pub fn used(self, tokens: Tokens) -> Self {
        Self { usage: Some(tokens), ..self }
    }

    /// The same, ended for this reason.
    #[must_use]
    pub fn finished(self, finish: FinishReason) -> Self {
        Self { finish, ..self }
    }

    /// Sets the model that really answered.
    #[must_use]
    pub fn served_by(self, model: impl Into<String>) -> Self {
        Self { served_model: Some(model.into()), ..self }
    }
}

/// Tokens of one call, as the provider reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
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

impl Tokens {
    /// Creates the tokens of a call that sent `input` and received `output`, none of them cached or spent on reasoning.
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, output, cached: 0, reasoning: 0 }
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
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It ran into `max_tokens`: the answer is cut short, and never taken for a whole one.
    Length,
    /// Something else, in the provider's word.
    Other(String),
}

impl FinishReason {
    /// As providers write it.
    pub fn word(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Other(word) => word,
        }
    }
}

/// Takes pieces of an answer while it is being made.
pub trait ChunkSink: Send {
    /// The next piece.
    fn chunk(&mut self, text: &str);
}
