//! Anthropic's Messages API.
//!
//! <https://platform.claude.com/docs/en/api/messages>

use super::{Protocol, count, no_error, put, reason, text, tokens};
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard};
use crate::request::{Asked, Forced, Format, Turn, answered, arguments, no_place};
use crate::schema::Dialect;
use flujo::model::{Attachment, Content, Message, Tokens};
use serde_json::{Value, json};

/// The version of the protocol, which every request names.
const VERSION: &str = "2023-06-01";

pub(crate) struct Anthropic;

impl Protocol for Anthropic {
    fn place(&self, _: &str, _: bool) -> (String, Option<&'static str>) {
        ("messages".to_owned(), None)
    }

    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        let key = key.map(|key| ("x-api-key", key.to_owned()));
        key.into_iter().chain([("anthropic-version", VERSION.to_owned())]).collect()
    }

    fn body(&self, asked: &Asked<'_>) -> Result<Value, Failure> {
        let request = asked.request;
        let mut body = json!({
            "model": asked.model,
            "stream": request.stream,
            // The only protocol that wants one.
            "max_tokens": request.max_tokens.unwrap_or_else(|| most_tokens(asked.model)),
        });
        let mut system = asked.system();
        system.retain(|text| !is_blank(text));
        if !system.is_empty() {
            put(&mut body, "system", system.join("\n\n"));
        }
        let tools = asked.tools().into_iter().map(|(name, description, schema)| {
            let mut tool = json!({"name": name, "input_schema": schema});
            if !description.is_empty() {
                put(&mut tool, "description", description);
            }
            tool
        });
        let tools: Vec<_> = tools.collect();
        if !tools.is_empty() {
            put(&mut body, "tools", tools);
        }
        if let Some(forced) = asked.forced() {
            let choice = match forced {
                Forced::Tool(name) => json!({"type": "tool", "name": name}),
                Forced::AnyTool => json!({"type": "any"}),
            };
            put(&mut body, "tool_choice", choice);
        }
        let mut messages = Vec::new();
        for turn in asked.turns() {
            match turn {
                Turn::System(_) => {}
                Turn::User(message) | Turn::Assistant(message)
                    if is_blank(&message.text)
                        && message.attachments.is_empty()
                        && message.calls.is_empty() => {}
                Turn::User(message) => {
                    messages.push(json!({"role": "user", "content": content(asked, message)?}));
                }
                Turn::Assistant(message) => messages.push(assistant(asked, message)),
                Turn::Results(results) => {
                    let result = |result: &Message| json!({"type": "tool_result", "tool_use_id": answered(result).0, "content": result.text});
                    let results: Vec<_> = results.iter().map(result).collect();
                    messages.push(json!({"role": "user", "content": results}));
                }
            }
        }
        put(&mut body, "messages", messages);
        if let Format::Schema { schema, .. } = &asked.format {
            put(&mut body, "output_config", json!({"format": {"type": "json_schema", "schema": schema}}));
        }
        if let Some(temperature) = request.temperature {
            put(&mut body, "temperature", temperature);
        }
        if let Some(top_p) = request.top_p {
            put(&mut body, "top_p", top_p);
        }
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(body)?;
        heard.named(body.get("id"), body.get("model"));
        heard.set_usage(usage(body, None));
        match body.get("content") {
            Some(Value::Array(blocks)) => {
                for (i, block) in blocks.iter().enumerate() {
                    read_block(block, u64::try_from(i).ok(), true, heard);
                }
            }
            Some(Value::String(content)) => heard.say(content),
            _ => {}
        }
        if let Some(reason) = reason(body, "stop_reason") {
            heard.end(&reason);
        }
        Ok(())
    }

    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(chunk)?;
        let index = count(chunk, "/index");
        match text(chunk, "type").unwrap_or_default() {
            "error" => return Err(Failure::of_error(chunk)),
            "message_start" => {
                let message = chunk.get("message").unwrap_or(&Value::Null);
                heard.named(message.get("id"), message.get("model"));
                heard.set_usage(usage(message, None));
            }
            "content_block_start" => {
                read_block(chunk.get("content_block").unwrap_or(&Value::Null), index, false, heard);
            }
            "content_block_delta" => {
                let delta = chunk.get("delta").unwrap_or(&Value::Null);
                match text(delta, "type").unwrap_or_default() {
                    "text_delta" => heard.say(text(delta, "text").unwrap_or_default()),
                    "input_json_delta" => {
                        let arguments = delta.get("partial_json");
                        heard.call(&CallPiece { index, arguments, ..CallPiece::default() });
                    }
                    "thinking_delta" => heard.think(),
                    // Signatures of thoughts, and sources of the text.
                    _ => {}
                }
            }
            "message_delta" => {
                heard.set_usage(usage(chunk, heard.usage()));
                if let Some(reason) = chunk.get("delta").and_then(|delta| reason(delta, "stop_reason")) {
                    heard.end(&reason);
                }
            }
            "message_stop" => heard.ended = true,
            // Signs of life, blocks that end, and events of a later version.
            _ => {}
        }
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        Dialect::Anthropic
    }
}

/// Returns the most output tokens that a model takes, for requests without a bound:
/// <https://platform.claude.com/docs/en/about-claude/models/overview>.
fn most_tokens(model: &str) -> u32 {
    match model {
        model if model.contains("claude-3-5") => 8_192,
        model if model.contains("claude-3-7") => 64_000,
        model if model.contains("claude-3-") => 4_096,
        model if ["opus-4-0", "opus-4-1", "opus-4-2025"].iter().any(|name| model.contains(name)) => 32_000,
        _ => 64_000,
    }
}

/// True if a text has no place in a request: blank blocks are refused.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn assistant(asked: &Asked<'_>, message: &Message) -> Value {
    if message.calls.is_empty() {
        return json!({"role": "assistant", "content": message.text});
    }
    let mut blocks = Vec::new();
    if !is_blank(&message.text) {
        blocks.push(json!({"type": "text", "text": message.text}));
    }
    blocks.extend(message.calls.iter().map(|call| {
        json!({"type": "tool_use", "id": call.id, "name": asked.names.sent(&call.name), "input": arguments(call)})
    }));
    json!({"role": "assistant", "content": blocks})
}

fn content(asked: &Asked<'_>, message: &Message) -> Result<Value, Failure> {
    if message.attachments.is_empty() {
        return Ok(message.text.as_str().into());
    }
    let mut blocks = Vec::new();
    if !is_blank(&message.text) {
        blocks.push(json!({"type": "text", "text": message.text}));
    }
    for attachment in &message.attachments {
        blocks.push(block(asked, attachment)?);
    }
    Ok(blocks.into())
}

fn block(asked: &Asked<'_>, attachment: &Attachment) -> Result<Value, Failure> {
    let source = match asked.checked(attachment)? {
        Content::Url(url) => json!({"type": "url", "url": url}),
        Content::Base64(data) => {
            json!({"type": "base64", "media_type": attachment.media_type, "data": &**data})
        }
        _ => return Err(no_place(attachment)),
    };
    let kind = if attachment.is_image() { "image" } else { "document" };
    Ok(json!({"type": kind, "source": source}))
}

/// Reads a block, whole or as it begins. A call that begins has empty arguments, which come in pieces.
fn read_block(block: &Value, index: Option<u64>, whole: bool, heard: &mut Heard<'_>) {
    match text(block, "type") {
        Some("text") => heard.say(text(block, "text").unwrap_or_default()),
        Some("tool_use") => {
            let empty = |input: &&Value| input.as_object().is_some_and(serde_json::Map::is_empty);
            let arguments = block.get("input").filter(|input| whole || !empty(input));
            let (id, name) = (text(block, "id"), text(block, "name"));
            heard.call(&CallPiece { index, id, name, arguments, signature: None });
        }
        Some("thinking" | "redacted_thinking") => heard.think(),
        other => heard.pass_over(other.unwrap_or("?")),
    }
}

/// Reads the usage; the end of a stream reports the output, and what it does not report stays as it was.
fn usage(message: &Value, before: Option<Tokens>) -> Option<Tokens> {
    let Some(usage) = message.get("usage") else { return before };
    let (read, written) =
        (count(usage, "/cache_read_input_tokens"), count(usage, "/cache_creation_input_tokens"));
    // The three do not overlap here.
    let fresh = count(usage, "/input_tokens");
    let sent = [fresh, read, written].into_iter().flatten().fold(0, u64::saturating_add);
    let (input, cached) = match before {
        Some(before) if sent <= before.input => (before.input, before.cached),
        _ => (sent, read.unwrap_or(0)),
    };
    let output = count(usage, "/output_tokens").or(before.map(|before| before.output)).unwrap_or(0);
    let reasoning =
        count(usage, "/output_tokens_details/thinking_tokens").or(before.map(|before| before.reasoning));
    tokens(Some(input), output, cached, reasoning.unwrap_or(0))
}
