use serde::{Deserialize, Serialize};

/// What a model answered.
///
/// ```
/// # use flujo::model::{FinishReason, ModelReply, Tokens};
/// let reply = ModelReply::new("42").used(Tokens { input: 8, output: 1, ..Tokens::default() });
/// assert_eq!((reply.content.as_str(), reply.finish), ("42", FinishReason::Stop));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl ModelReply {
    /// A whole answer, whose usage nobody told.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into(), usage: None, finish: FinishReason::Stop, served_model: None }
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
}

/// Tokens of one call, as the provider reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
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
