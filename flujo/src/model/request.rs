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

    /// Tells the model why its last answer was rejected.
    pub(crate) fn rejection(feedback: &str) -> Self {
        Self::new(Role::User, format!("Your last answer was not accepted: {feedback}"))
    }
}

/// What is sent to a model.
#[derive(Clone, Debug, PartialEq)]
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
    /// Whether text is asked for, as it is: the answer is no JSON then.
    pub fn wants_text(&self) -> bool {
        super::schema::is_text(&self.schema)
    }
}
