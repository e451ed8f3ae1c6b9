//! A request to a provider, with everything that its protocol's writer needs.

use crate::capability::{Capabilities, Structured};
use crate::failure::Failure;
use crate::schema::{self, Dialect};
use crate::tool_names::ToolNames;
use flujo::codec::Json;
use flujo::model::{
    Attachment, CacheTime, Content, Message, ModelRequest, Role, ToolCall, ToolChoice, is_text,
};
use serde_json::{Map, Value};

/// The name of the answer's schema and of the tool that takes the answer.
const ANSWER: &str = "answer";

/// A request to one provider.
#[derive(Debug)]
pub(crate) struct ProviderRequest<'r> {
    pub(crate) request: &'r ModelRequest,
    /// The name of the model, without the provider.
    pub(crate) model: &'r str,
    pub(crate) can: &'r Capabilities,
    pub(crate) names: ToolNames,
    pub(crate) format: Format,
    /// The instructions to answer with JSON, if they are part of the prompt.
    pub(crate) instructions: Option<String>,
}

/// The way in which an answer is asked for.
#[derive(Debug)]
pub(crate) enum Format {
    /// Plain text, or JSON that only the prompt asks for.
    Text,
    /// JSON of any form.
    Json,
    /// JSON that fits the schema, which the provider enforces.
    Schema { schema: Value, strict: bool },
    /// A call of this tool.
    Tool { name: String, schema: Value },
}

/// What a model has to call.
pub(crate) enum Choice {
    /// The tool that is sent under this name.
    Tool(String),
    /// Any of the tools.
    AnyTool,
    /// None of them.
    NoTool,
}

/// Messages that go to the provider together: all results of one turn, or one other message.
pub(crate) enum MessageGroup<'r> {
    /// With how long the prompt up to here is kept in the provider's cache.
    System(&'r str, Option<CacheTime>),
    User(&'r Message),
    Assistant(&'r Message),
    Results(&'r [Message]),
}

impl<'r> ProviderRequest<'r> {
    pub(crate) fn new(
        request: &'r ModelRequest,
        model: &'r str,
        can: &'r Capabilities,
        dialect: Dialect,
    ) -> Self {
        let names = ToolNames::of(&request.tools);
        let mut asked = Self { request, model, can, names, format: Format::Text, instructions: None };
        if is_text(&request.schema) {
            return asked;
        }
        let schema = value(&request.schema);
        let wanted = if request.tools.is_empty() { can.structured } else { can.beside_tools };
        let (way, schema) = match wanted {
            Structured::Strict => match schema::strict(&schema, dialect) {
                Ok(strict) => (Structured::Strict, strict),
                // Checks refuse such a schema earlier, unless the call names its own model: then the provider
                // reports it.
                Err(_) => (can.otherwise, schema),
            },
            wanted => (wanted, schema),
        };
        asked.format = match way {
            Structured::Strict => Format::Schema { schema, strict: true },
            Structured::Native => Format::Schema { schema, strict: false },
            Structured::Tool => Format::Tool { name: asked.answer_tool(), schema },
            Structured::Prompted => {
                asked.instructions = Some(format!(
                    "Answer with JSON alone, without any text around it. It must fit this JSON Schema: {schema}"
                ));
                // JSON mode would rule out tool calls.
                if can.json_mode && request.tools.is_empty() { Format::Json } else { Format::Text }
            }
        };
        asked
    }

    /// Returns the name of the answer tool, which differs from those of the step's tools.
    fn answer_tool(&self) -> String {
        let mut name = ANSWER.to_owned();
        while self.names.has(&name) {
            name.push('_');
        }
        name
    }

    /// Returns the turns in order, the instructions first. Those that are empty are left out: providers refuse them.
    pub(crate) fn turns(&self) -> impl Iterator<Item = MessageGroup<'_>> {
        let together = |one: &Message, next: &Message| one.role == Role::Tool && next.role == Role::Tool;
        let turns = self.request.messages.chunk_by(together).filter_map(|messages| match messages {
            [one] if one.role != Role::Tool => {
                let empty = one.text.is_empty() && one.attachments.is_empty() && one.calls.is_empty();
                (!empty).then(|| match one.role {
                    Role::System => MessageGroup::System(&one.text, one.cache),
                    Role::Assistant => MessageGroup::Assistant(one),
                    _ => MessageGroup::User(one),
                })
            }
            results => Some(MessageGroup::Results(results)),
        });
        self.instructions.as_deref().map(|text| MessageGroup::System(text, None)).into_iter().chain(turns)
    }

    /// Returns the texts of all system messages, for protocols that have one place for them.
    pub(crate) fn system(&self) -> Vec<&str> {
        let text = |turn| match turn {
            MessageGroup::System(text, _) => Some(text),
            _ => None,
        };
        self.turns().filter_map(text).collect()
    }

    /// Returns the tools with the names that are sent, the answer tool last: name, description, schema.
    pub(crate) fn tools(&self) -> Vec<(String, &str, Value)> {
        let tools = self.request.tools.iter();
        let mut tools: Vec<_> = tools
            .map(|tool| (self.names.sent(&tool.name), tool.description.as_str(), value(&tool.schema)))
            .collect();
        if let Format::Tool { name, schema } = &self.format {
            tools.push((name.clone(), "Takes the answer.", schema.clone()));
        }
        tools
    }

    /// Returns the answer tool, if there is one.
    pub(crate) fn answer(&self) -> Option<&str> {
        match &self.format {
            Format::Tool { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Returns what has to be called, if the model may not choose.
    pub(crate) fn choice(&self) -> Option<Choice> {
        // After results of tools the model chooses by itself: what is required once would be required without end.
        let first = !self.request.messages.iter().any(|message| message.role == Role::Tool);
        let wanted = match &self.request.options.tool_choice {
            Some(ToolChoice::Tool(name)) if first => Some(Choice::Tool(self.names.sent(name))),
            Some(ToolChoice::Required) if first => Some(Choice::AnyTool),
            Some(ToolChoice::None) => Some(Choice::NoTool),
            _ => None,
        };
        let Some(answer) = self.answer() else { return wanted };
        // The answer is a call too.
        Some(match wanted {
            Some(Choice::Tool(name)) => Choice::Tool(name),
            Some(Choice::NoTool) => Choice::Tool(answer.to_owned()),
            _ if self.request.tools.is_empty() => Choice::Tool(answer.to_owned()),
            _ => Choice::AnyTool,
        })
    }

    /// Checks that the provider takes the options.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn check_options(&self) -> Result<(), Failure> {
        let refused = self.can.refuses(self.request);
        if refused.is_empty() {
            return Ok(());
        }
        Err(Failure::refused(format!("this provider takes {}", refused.join("; "))))
    }

    /// Checks that attachments are where protocols have a place for them.
    ///
    /// # Errors
    /// There is one in a message that is not of the user.
    pub(crate) fn check_places(&self) -> Result<(), Failure> {
        let misplaced = |message: &&Message| message.role != Role::User && !message.attachments.is_empty();
        match self.request.messages.iter().find(misplaced) {
            None => Ok(()),
            Some(_) => Err(Failure::refused("attachments go with messages of the user alone")),
        }
    }

    /// Checks an attachment against the table of capabilities.
    ///
    /// # Errors
    /// The provider does not take it.
    pub(crate) fn checked<'a>(&self, attachment: &'a Attachment) -> Result<&'a Content, Failure> {
        let refused = |what: &str| Err(Failure::refused(format!("this provider {what}")));
        if attachment.is_image() && self.can.image.is_none() {
            return refused("takes no images");
        }
        if !attachment.is_image() && self.can.file.is_none() {
            return refused("takes no files");
        }
        match &attachment.content {
            Content::Url(_) if !self.can.urls => refused("fetches nothing: attach the bytes"),
            content => Ok(content),
        }
    }
}

/// Returns the failure of an attachment that a protocol has no place for.
pub(crate) fn no_place(attachment: &Attachment) -> Failure {
    let how = if matches!(attachment.content, Content::Url(_)) { " by URL: attach the bytes" } else { "" };
    Failure::refused(format!("this provider takes no `{}`{how}", attachment.media_type))
}

/// Returns the content of an attachment as a `data:` URL.
pub(crate) fn data_url(attachment: &Attachment, base64: &str) -> String {
    format!("data:{};base64,{base64}", attachment.media_type)
}

/// Returns the arguments of a call that goes back to the model, which are an object for every provider. Others were
/// rejected, and the model was told why.
pub(crate) fn arguments(call: &ToolCall) -> Value {
    let arguments = serde_json::from_str(&call.arguments).ok().filter(Value::is_object);
    arguments.unwrap_or_else(|| Value::Object(Map::new()))
}

/// Returns the call that a message is the result of: its id, and the name of the tool.
pub(crate) fn answered(message: &Message) -> (&str, &str) {
    message.answers.as_ref().map(|call| (call.id.as_str(), call.name.as_str())).unwrap_or_default()
}

pub(crate) fn value(json: &Json) -> Value {
    json.decode().unwrap_or(Value::Bool(true))
}
