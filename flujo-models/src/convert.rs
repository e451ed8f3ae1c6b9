//! Conversion of requests and replies to and from the types of `genai`, which are not part of the public API.

use crate::{Capabilities, Structured, Wire, tools};
use flujo::codec::Json;
use flujo::model::{
    Attachment, Content, FinishReason, Message, ModelError, ModelFailure, ModelReply, ModelRequest, Role,
    StrictSchema, Tokens, is_text, strict,
};
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponse, ChatResponseFormat, ContentPart, JsonSpec,
    MessageContent, StopReason, Tool, ToolChoice, Usage,
};
use serde_json::Value;

/// The upper bound of tokens that providers add around tools, schemas and messages.
const AROUND: u64 = 1_024;

/// A request in the types of `genai`.
pub(crate) struct Asked {
    pub(crate) chat: ChatRequest,
    pub(crate) options: ChatOptions,
    /// The tool whose arguments are the answer, if there is one.
    pub(crate) tool: Option<String>,
}

/// Returns how the answer is requested, with the schema for that; `None` if the answer is plain text.
fn mode(request: &ModelRequest, can: &Capabilities) -> Option<(Structured, Value)> {
    if is_text(&request.schema) {
        return None;
    }
    let schema: Value = request.schema.decode().unwrap_or(Value::Bool(true));
    let wanted = if request.tools.is_empty() { can.structured } else { can.beside_tools };
    if wanted != Structured::Strict {
        return Some((wanted, schema));
    }
    match strict(&schema) {
        Ok(StrictSchema(strict)) => Some((Structured::Strict, strict)),
        // Checks refuse such a schema earlier, unless the call names its own model: then the provider
        // reports it.
        Err(_) => Some((can.otherwise, schema)),
    }
}

/// Returns the reasons why the schema cannot be made strict, if strict mode is wanted.
pub(crate) fn refused(schema: &Json, can: &Capabilities) -> Vec<String> {
    if can.structured != Structured::Strict || is_text(schema) {
        return Vec::new();
    }
    let schema: Value = schema.decode().unwrap_or(Value::Bool(true));
    strict(&schema).err().unwrap_or_default()
}

/// Converts a request.
///
/// # Errors
/// The provider does not support the content of the prompt.
pub(crate) fn asked(request: &ModelRequest, can: &Capabilities, wire: Wire) -> Result<Asked, ModelError> {
    let mut options = ChatOptions::default()
        .with_capture_usage(true)
        .with_capture_content(true)
        .with_capture_raw_body(true)
        .with_capture_tool_calls(true);
    options.temperature = request.temperature;
    options.max_tokens = request.max_tokens;
    options.top_p = request.top_p;
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    // The results of calls of one message go into one message, except with Ollama.
    let together = |one: &Message, next: &Message| {
        wire != Wire::Ollama && one.role == Role::Tool && next.role == Role::Tool
    };
    for turns in request.messages.chunk_by(together) {
        match turns {
            [one] if one.role != Role::Tool => messages.push(turn(one, can)?),
            results => {
                messages.push(ChatMessage::from(results.iter().map(tools::result).collect::<Vec<_>>()));
            }
        }
    }
    let mut chat = ChatRequest::default();
    if !request.tools.is_empty() {
        chat = chat.with_tools(request.tools.iter().map(tools::offer));
    }
    let mut tool = None;
    match mode(request, can) {
        None => {}
        Some((Structured::Strict | Structured::Native, schema)) => {
            let spec = JsonSpec::new(tools::ANSWER, schema);
            options.response_format = Some(ChatResponseFormat::JsonSpec(spec));
        }
        Some((Structured::Tool, schema)) => {
            let name = tools::answer(request);
            let takes = Tool::new(&name).with_description("Takes the answer.").with_schema(schema);
            // A call is required: of the answer tool, once the model needs no other tool.
            let choice = if request.tools.is_empty() {
                ToolChoice::Tool { name: name.clone() }
            } else {
                ToolChoice::Required
            };
            chat = chat.append_tool(takes);
            options.tool_choice = Some(choice);
            tool = Some(name);
        }
        Some((Structured::Prompted, schema)) => {
            messages.insert(0, ChatMessage::system(instructions(&schema)));
            // JSON mode would rule out tool calls.
            if can.json_mode && request.tools.is_empty() {
                options.response_format = Some(ChatResponseFormat::JsonMode);
            }
        }
    }
    chat.messages = messages;
    Ok(Asked { chat, options, tool })
}

fn instructions(schema: &Value) -> String {
    format!("Answer with JSON alone, without any text around it. It must fit this JSON Schema: {schema}")
}

fn turn(message: &Message, can: &Capabilities) -> Result<ChatMessage, ModelError> {
    let content = match message.attachments.as_slice() {
        [] if !message.calls.is_empty() => tools::calls(message),
        [] => MessageContent::from_text(&message.text),
        attachments => {
            let text = (!message.text.is_empty()).then(|| Ok(ContentPart::from_text(&message.text)));
            let parts = text.into_iter().chain(attachments.iter().map(|attachment| part(attachment, can)));
            MessageContent::from_parts(parts.collect::<Result<Vec<_>, ModelError>>()?)
        }
    };
    Ok(match message.role {
        Role::System => ChatMessage::system(content),
        Role::User => ChatMessage::user(content),
        Role::Assistant => ChatMessage::assistant(content),
        Role::Tool => ChatMessage::from(vec![tools::result(message)]),
    })
}

fn part(attachment: &Attachment, can: &Capabilities) -> Result<ContentPart, ModelError> {
    let Attachment { media_type, name, content } = attachment;
    let refused =
        |what: &str| Err(ModelError::new(ModelFailure::BadRequest, format!("this provider {what}")));
    if attachment.is_image() && can.image.is_none() {
        return refused("takes no images");
    }
    if !attachment.is_image() && can.file.is_none() {
        return refused("takes no files");
    }
    match content {
        Content::Url(_) if !can.urls => refused("fetches nothing: attach the bytes"),
        Content::Url(url) => Ok(ContentPart::from_binary_url(media_type, url, name.clone())),
        Content::Base64(text) => Ok(ContentPart::from_binary_base64(media_type, text.clone(), name.clone())),
        _ => refused("takes no such attachments"),
    }
}

/// Converts a complete reply.
///
/// # Errors
/// The model declined, or a content filter blocked the answer.
pub(crate) fn reply(response: ChatResponse, tool: Option<&str>) -> Result<ModelReply, ModelError> {
    let ChatResponse { content, stop_reason, usage, provider_model_iden, captured_raw_body, .. } = response;
    let usage = tokens(&usage);
    if content.is_empty() && stop_reason.is_none() {
        // The response is JSON, but not of the provider: that is not an empty answer.
        return Err(billed(ModelError::new(ModelFailure::Unreadable, "there is no answer in it"), usage));
    }
    let (content, calls) = tools::said(&content, text(&content), tool);
    let served_model = served(&provider_model_iden.model_name);
    // Some compatible servers send no finish reason.
    let finish = finish(stop_reason.as_ref(), usage)?;
    let id = captured_raw_body.as_ref().and_then(id);
    let mut reply = ModelReply::new(content).finished(finish);
    (reply.calls, reply.usage, reply.served_model, reply.id) = (calls, usage, Some(served_model), id);
    Ok(reply)
}

/// Returns the provider's id of an answer, from the whole response or the first chunk.
pub(crate) fn id(said: &Value) -> Option<String> {
    let places = ["/id", "/responseId", "/message/id", "/response/id"];
    let found = places.iter().find_map(|place| said.pointer(place)?.as_str());
    found.filter(|id| !id.is_empty()).map(str::to_owned)
}

fn text(content: &MessageContent) -> String {
    content.texts().concat()
}

/// Returns the name of the model without the prefix of the adapter.
fn served(name: &str) -> String {
    name.rsplit_once("::").map_or(name, |(_, name)| name).to_owned()
}

/// Returns the finish reason, unless it is a failure.
///
/// # Errors
/// The model declined, or a content filter blocked the answer.
pub(crate) fn finish(reason: Option<&StopReason>, usage: Option<Tokens>) -> Result<FinishReason, ModelError> {
    Ok(match reason {
        None | Some(StopReason::Completed(_) | StopReason::StopSequence(_) | StopReason::ToolCall(_)) => {
            FinishReason::Stop
        }
        Some(StopReason::MaxTokens(_)) => FinishReason::Length,
        Some(StopReason::ContentFilter(word)) => {
            let failure = if word == "refusal" { ModelFailure::Refused } else { ModelFailure::ContentFilter };
            return Err(billed(ModelError::new(failure, format!("it stopped with `{word}`")), usage));
        }
        // Covers reasons that later versions of `genai` add.
        Some(other) if other.raw().is_empty() => FinishReason::Stop,
        Some(other) => FinishReason::Other(other.raw().to_owned()),
    })
}

/// Adds the tokens that a failed call is billed for, where the provider reports them.
pub(crate) fn billed(mut error: ModelError, usage: Option<Tokens>) -> ModelError {
    error.usage = usage;
    error
}

/// Returns the usage, if the provider reported it. No call sends zero tokens: adapters put zero if the usage
/// is missing.
pub(crate) fn tokens(usage: &Usage) -> Option<Tokens> {
    let count = |n: Option<i32>| n.and_then(|n| u64::try_from(n).ok());
    let input = count(usage.prompt_tokens).filter(|n| *n > 0)?;
    let cached = usage.prompt_tokens_details.as_ref().and_then(|details| count(details.cached_tokens));
    let details = usage.completion_tokens_details.as_ref();
    let reasoning = details.and_then(|details| count(details.reasoning_tokens));
    let tokens = Tokens::new(input, count(usage.completion_tokens).unwrap_or(0));
    Some(tokens.cached(cached.unwrap_or(0)).reasoning(reasoning.unwrap_or(0)))
}

/// The upper bound of tokens that a provider adds around the name and the schema of one tool.
const AROUND_TOOL: u64 = 64;

/// Returns the tokens that are sent beyond the text of the request.
pub(crate) fn extra_tokens(request: &ModelRequest, can: &Capabilities) -> u64 {
    let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    // The core has counted the schema once, but the one in the request may be longer.
    let sent = match mode(request, can) {
        None => 0,
        Some((Structured::Prompted, schema)) => length(&instructions(&schema)),
        Some((_, schema)) => length(&schema.to_string()),
    };
    let attachments = request.messages.iter().flat_map(|message| &message.attachments);
    let attached = attachments.map(|attachment| {
        let most = if attachment.is_image() { can.image } else { can.file };
        most.unwrap_or(0)
    });
    let tools = AROUND_TOOL.saturating_mul(u64::try_from(request.tools.len()).unwrap_or(u64::MAX));
    attached.fold(sent.saturating_add(AROUND).saturating_add(tools), u64::saturating_add)
}
