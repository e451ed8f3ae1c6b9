use super::{Attachment, CacheTime, CallOptions, ToolCall, ToolSpec};
use crate::codec::Json;
use crate::path::Path;
use serde::{Deserialize, Serialize};

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The system message: the rules of the conversation.
    System,
    /// The user, who asks.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The text.
    pub text: String,
    /// The images and files of the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The tools that the model calls, in a message of the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// The call that this message is the result of, in a message of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Box<ToolCall>>,
    /// How long the provider keeps the prompt up to the end of this message in its cache, if it is asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheTime>,
}

impl Message {
    /// Returns a message with text and nothing else.
    ///
    /// ```
    /// # use flujo::model::{Message, Role};
    /// let turn = Message::new(Role::User, "What is a semaphore?");
    /// assert!(turn.attachments.is_empty());
    /// ```
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            attachments: Vec::new(),
            calls: Vec::new(),
            answers: None,
            cache: None,
        }
    }

    /// Sets the tools that the model calls in this message.
    #[must_use]
    pub fn calls(self, calls: Vec<ToolCall>) -> Self {
        Self { calls, ..self }
    }

    /// Makes the message the result of this call.
    ///
    /// ```
    /// use flujo::model::{Message, Role, ToolCall};
    ///
    /// let call = ToolCall::new("call_1", "search", r#"{"query":"tides"}"#);
    /// let asked = Message::new(Role::Assistant, "").calls(vec![call.clone()]);
    /// let result = Message::new(Role::Tool, "The moon.").answers(call);
    /// assert_eq!(result.answers.map(|call| call.id), asked.calls.first().map(|call| call.id.clone()));
    /// ```
    #[must_use]
    pub fn answers(self, call: ToolCall) -> Self {
        Self { answers: Some(Box::new(call)), ..self }
    }

    /// Returns the message that tells the model why its last answer was rejected.
    pub(crate) fn rejection(feedback: &str) -> Self {
        Self::new(Role::User, format!("Your last answer was not accepted: {feedback}"))
    }
}

/// A request to a model.
///
/// ```
/// # use flujo::model::{Message, ModelRequest, Role};
/// let request = ModelRequest::new("openai:gpt-4o-mini", vec![Message::new(Role::User, "Hello.")]).max_tokens(20);
/// assert_eq!((request.max_tokens, request.temperature, request.stream), (Some(20), None, false));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelRequest {
    /// The full name of the model, `provider:model`.
    pub model: String,
    /// The conversation: the prompt, then the feedback on earlier attempts.
    pub messages: Vec<Message>,
    /// The JSON Schema of the answer. How it is enforced is up to the client.
    pub schema: Json,
    /// The tools that the model may call. A reply with calls is no answer yet.
    pub tools: Vec<ToolSpec>,
    /// The sampling temperature.
    pub temperature: Option<f64>,
    /// The maximum number of output tokens, reasoning included.
    pub max_tokens: Option<u32>,
    /// The nucleus sampling probability.
    pub top_p: Option<f64>,
    /// The options that not every provider takes.
    pub options: CallOptions,
    /// True if the chunks of the answer are observed while they arrive. Otherwise a client may fetch the
    /// answer as a whole.
    pub stream: bool,
    /// The path of the node that asks.
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
            options: CallOptions::new(),
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

    /// Sets the options that not every provider takes.
    #[must_use]
    pub fn options(self, options: CallOptions) -> Self {
        Self { options, ..self }
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

    /// True if the request asks the provider to write to its cache, for this time.
    ///
    /// ```
    /// use flujo::model::{CacheTime, CallOptions, ModelRequest, schema_of};
    ///
    /// // What a client or a list of prices is given.
    /// let request = ModelRequest::new("openai:gpt-4o-mini", Vec::new())
    ///     .schema(schema_of::<u32>()?)
    ///     .top_p(0.9)
    ///     .options(CallOptions::new().service_tier("flex").prompt_cache(CacheTime::OneHour));
    /// assert!(request.writes_cache(CacheTime::OneHour) && !request.wants_text());
    /// assert_eq!(request.priced_as(), "openai:gpt-4o-mini@flex");
    /// # Ok::<(), flujo::codec::CodecError>(())
    /// ```
    pub fn writes_cache(&self, time: CacheTime) -> bool {
        self.options.prompt_cache == Some(time)
            || self.messages.iter().any(|message| message.cache == Some(time))
    }

    /// Returns the name of the model in price lists: `provider:model`, or `provider:model@tier` with a service tier that has a
    /// price of its own.
    pub fn priced_as(&self) -> String {
        self.options.priced_as(&self.model)
    }

    /// True if the answer is plain text, not JSON.
    pub fn wants_text(&self) -> bool {
        super::schema::is_text(&self.schema)
    }
}
