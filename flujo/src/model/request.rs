use super::{Attachment, ToolCall, ToolSpec};
use crate::codec::Json;
use crate::path::Path;
use serde::{Deserialize, Serialize};

/// Who says something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The rules.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What.
    pub text: String,
    /// Images and files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Of the model: the tools that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// Of a tool: the call that this is the result of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Box<ToolCall>>,
}

impl Message {
    /// A turn of text alone.
    ///
    /// ```
    /// # use flujo::model::{Message, Role};
    /// let turn = Message::new(Role::User, "What is a semaphore?");
    /// assert!(turn.attachments.is_empty());
    /// ```
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), attachments: Vec::new(), calls: Vec::new(), answers: None }
    }

    /// Sets the tools that the model calls in this turn.
    #[must_use]
    pub fn calls(self, calls: Vec<ToolCall>) -> Self {
        Self { calls, ..self }
    }

    /// Makes the turn the result of this call.
    #[must_use]
    pub fn answers(self, call: ToolCall) -> Self {
        Self { answers: Some(Box::new(call)), ..self }
    }

    /// Tells the model why its last answer was rejected.
    pub(crate) fn rejection(feedback: &str) -> Self {
        Self::new(Role::User, format!("Your last answer was not accepted: {feedback}"))
    }
}

/// What is sent to a model.
///
/// ```
/// # use flujo::model::{Message, ModelRequest, Role};
/// let request = ModelRequest::new("openai:gpt-4o-mini", vec![Message::new(Role::User, "Hello.")]).max_tokens(20);
/// assert_eq!((request.max_tokens, request.temperature, request.stream), (Some(20), None, false));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelRequest {
    /// `provider:model`.
    pub model: String,
    /// The conversation: the prompt, then the feedback on earlier attempts.
    pub messages: Vec<Message>,
    /// The JSON Schema that the answer must fit. How it is asked for is the client's matter.
    pub schema: Json,
    /// The tools that the model may call. A reply with calls is no answer yet.
    pub tools: Vec<ToolSpec>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Upper bound of output tokens, those for reasoning included.
    pub max_tokens: Option<u32>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Whether somebody listens to the pieces of the answer while it is being made. A client may fetch it whole
    /// otherwise.
    pub stream: bool,
    /// The node that asks.
    pub path: Path,
}

impl ModelRequest {
    /// Creates a request for an answer that may be any JSON, without tools, sampling settings and a path.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            messages,
            schema: Json::null(),
            tools: Vec::new(),
            temperature: None,
            max_tokens: None,
            top_p: None,
            stream: false,
            path: Path::from(""),
        }
    }

    /// Sets the JSON Schema that the answer must fit.
    #[must_use]
    pub fn schema(self, schema: Json) -> Self {
        Self { schema, ..self }
    }

    /// Sets the tools that the model may call.
    #[must_use]
    pub fn tools(self, tools: Vec<ToolSpec>) -> Self {
        Self { tools, ..self }
    }

    /// Sets the sampling temperature, 0 to 2.
    #[must_use]
    pub fn temperature(self, temperature: f64) -> Self {
        Self { temperature: Some(temperature), ..self }
    }

    /// Sets the upper bound of output tokens, those for reasoning included.
    #[must_use]
    pub fn max_tokens(self, tokens: u32) -> Self {
        Self { max_tokens: Some(tokens), ..self }
    }

    /// Sets nucleus sampling, 0 to 1.
    #[must_use]
    pub fn top_p(self, top_p: f64) -> Self {
        Self { top_p: Some(top_p), ..self }
    }

    /// Sets whether the answer is streamed.
    #[must_use]
    pub fn stream(self, stream: bool) -> Self {
        Self { stream, ..self }
    }

    /// Sets the path of the node that asks.
    #[must_use]
    pub fn path(self, path: Path) -> Self {
        Self { path, ..self }
    }

    /// Whether text is asked for, as it is: the answer is no JSON then.
    pub fn wants_text(&self) -> bool {
        super::schema::is_text(&self.schema)
    }
}
