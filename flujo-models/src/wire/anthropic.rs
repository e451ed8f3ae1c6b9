//! Anthropic's Messages API.
//!
//! <https://platform.claude.com/docs/en/api/messages>

use super::{Protocol, count, no_error, put, reason, text, tokens};
use crate::capability::PromptCache;
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard};
use crate::request::{Choice, Format, MessageGroup, ProviderRequest, answered, arguments, no_place};
use crate::schema::Dialect;
use flujo::model::{Attachment, CacheTime, Content, Message, ReasoningEffort, Tokens};
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

    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
        let request = asked.request;
        let mut body = json!({
            "model": asked.model,
            "stream": request.stream,
            // The only protocol that wants one.
            "max_tokens": request.max_tokens.unwrap_or_else(|| most_tokens(asked.model)),
        });
        let mut marks = Marks::of(asked);
        let tools = tools(asked, &mut marks);
        if !tools.is_empty() {
            put(&mut body, "tools", tools);
        }
        let system = system(asked, &mut marks);
        if !system.is_null() {
            put(&mut body, "system", system);
        }
        if let Some(choice) = choice(asked) {
            put(&mut body, "tool_choice", choice);
        }
        let mut messages = Vec::new();
        for turn in asked.turns() {
            match turn {
                MessageGroup::System(..) => {}
                MessageGroup::User(message) | MessageGroup::Assistant(message)
                    if is_blank(&message.text)
                        && message.attachments.is_empty()
                        && message.calls.is_empty() => {}
                MessageGroup::User(message) => {
                    let content = marks.marked(content(asked, message)?, message.cache);
                    messages.push(json!({"role": "user", "content": content}));
                }
                MessageGroup::Assistant(message) => {
                    let content = marks.marked(assistant(asked, message), message.cache);
                    messages.push(json!({"role": "assistant", "content": content}));
                }
                MessageGroup::Results(results) => {
                    let results: Vec<_> = results.iter().map(result).collect();
                    messages.push(json!({"role": "user", "content": results}));
                }
            }
        }
        put(&mut body, "messages", messages);
        marks.check()?;
        let mut output = json!({});
        if let Format::Schema { schema, .. } = &asked.format {
            put(&mut output, "format", json!({"type": "json_schema", "schema": schema}));
        }
        reasoning(asked, &mut body, &mut output);
        if output.as_object().is_some_and(|output| !output.is_empty()) {
            put(&mut body, "output_config", output);
        }
        if let Some(temperature) = request.temperature {
            put(&mut body, "temperature", temperature);
        }
        if let Some(top_p) = request.top_p {
            put(&mut body, "top_p", top_p);
        }
        if !request.options.stop.is_empty() {
            put(&mut body, "stop_sequences", request.options.stop.clone());
        }
        if let Some(tier) = &request.options.service_tier {
            put(&mut body, "service_tier", tier.as_str());
        }
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(body)?;
        heard.named(body.get("id"), body.get("model"));
        heard.set_usage(count(body, "/usage/output_tokens").and_then(|_| usage(body, None)));
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
                // It counts what was sent, and hardly anything yet of what is received.
                heard.first_usage = usage(message, None);
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
                    "thinking_delta" => heard.think(text(delta, "thinking").unwrap_or_default()),
                    // Signatures of thoughts, and sources of the text.
                    _ => {}
                }
            }
            "message_delta" => {
                let used = usage(chunk, heard.usage().or(heard.first_usage));
                heard.set_usage(used.filter(|_| count(chunk, "/usage/output_tokens").is_some()));
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

fn tools(asked: &ProviderRequest<'_>, marks: &mut Marks) -> Vec<Value> {
    let tools = asked.tools().into_iter().map(|(name, description, schema)| {
        let mut tool = json!({"name": name, "input_schema": schema});
        if !description.is_empty() {
            put(&mut tool, "description", description);
        }
        tool
    });
    let mut tools: Vec<_> = tools.collect();
    if let Some(last) = tools.last_mut() {
        marks.mark(last, asked.request.options.prompt_cache);
    }
    tools
}

/// Returns the system messages: as one text, or as blocks if one is marked.
fn system(asked: &ProviderRequest<'_>, marks: &mut Marks) -> Value {
    let texts = asked.turns().filter_map(|turn| match turn {
        MessageGroup::System(text, time) if !is_blank(text) => Some((text, time)),
        _ => None,
    });
    let mut texts: Vec<_> = texts.collect();
    if let Some((_, time)) = texts.last_mut() {
        *time = time.or(asked.request.options.prompt_cache);
    }
    if texts.is_empty() {
        return Value::Null;
    }
    if texts.iter().all(|(_, time)| time.is_none()) {
        let texts: Vec<_> = texts.into_iter().map(|(text, _)| text).collect();
        return texts.join("\n\n").into();
    }
    let blocks = texts.into_iter().map(|(text, time)| {
        let mut block = json!({"type": "text", "text": text});
        marks.mark(&mut block, time);
        block
    });
    blocks.collect()
}

fn choice(asked: &ProviderRequest<'_>) -> Option<Value> {
    let mut choice = match asked.choice() {
        Some(Choice::Tool(name)) => json!({"type": "tool", "name": name}),
        Some(Choice::AnyTool) => json!({"type": "any"}),
        Some(Choice::NoTool) => json!({"type": "none"}),
        // What is said of parallel calls has no other place.
        None if asked.request.options.parallel_calls.is_some() => json!({"type": "auto"}),
        None => return None,
    };
    if let Some(allowed) = asked.request.options.parallel_calls
        && choice.get("type").is_some_and(|kind| kind != "none")
    {
        put(&mut choice, "disable_parallel_tool_use", !allowed);
    }
    Some(choice)
}

/// Writes how much the model reasons. A model that has to call a tool cannot think.
fn reasoning(asked: &ProviderRequest<'_>, body: &mut Value, output: &mut Value) {
    let options = &asked.request.options;
    let forced = matches!(asked.choice(), Some(Choice::Tool(_) | Choice::AnyTool));
    match options.reasoning_effort {
        Some(ReasoningEffort::None) => put(body, "thinking", json!({"type": "disabled"})),
        effort => {
            if let Some(effort) = effort {
                put(output, "effort", effort.word());
            }
            let shown = options.reasoning_text == Some(true);
            if (effort.is_some() || shown) && !forced {
                let mut thinking = json!({"type": "adaptive"});
                if shown {
                    put(&mut thinking, "display", "summarized");
                }
                put(body, "thinking", thinking);
            }
        }
    }
}

fn result(result: &Message) -> Value {
    json!({"type": "tool_result", "tool_use_id": answered(result).0, "content": result.text})
}

/// The marks up to which the provider keeps a prompt in its cache, in the order of the prompt: tools, system messages,
/// messages.
///
/// <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>
struct Marks {
    most: usize,
    set: Vec<CacheTime>,
}

impl Marks {
    fn of(asked: &ProviderRequest<'_>) -> Self {
        let most = match asked.can.prompt_cache {
            PromptCache::Marked(most) => most,
            PromptCache::Automatic => 0,
        };
        Self { most, set: Vec::new() }
    }

    /// Marks a block. Where prompts are kept without marks, there are none.
    fn mark(&mut self, block: &mut Value, time: Option<CacheTime>) {
        let Some(time) = time.filter(|_| self.most > 0) else { return };
        self.set.push(time);
        let mut control = json!({"type": "ephemeral"});
        if time == CacheTime::OneHour {
            put(&mut control, "ttl", "1h");
        }
        put(block, "cache_control", control);
    }

    /// Marks the last block of what a message holds.
    fn marked(&mut self, content: Value, time: Option<CacheTime>) -> Value {
        if time.is_none() || self.most == 0 {
            return content;
        }
        let mut blocks = match content {
            Value::String(text) => vec![json!({"type": "text", "text": text})],
            Value::Array(blocks) => blocks,
            other => return other,
        };
        if let Some(last) = blocks.last_mut() {
            self.mark(last, time);
        }
        blocks.into()
    }

    /// Checks that the provider takes the marks.
    fn check(&self) -> Result<(), Failure> {
        let (most, n) = (self.most, self.set.len());
        if n > most {
            let what =
                format!("this provider takes at most {most} marks for its prompt cache, and there are {n}");
            return Err(Failure::refused(what));
        }
        if !self.set.is_sorted_by(|one, next| one >= next) {
            return Err(Failure::refused(
                "a mark for an hour follows one for five minutes: the longer one comes first",
            ));
        }
        Ok(())
    }
}

/// Returns the content of a message of the model.
fn assistant(asked: &ProviderRequest<'_>, message: &Message) -> Value {
    if message.calls.is_empty() {
        return message.text.as_str().into();
    }
    let mut blocks = Vec::new();
    if !is_blank(&message.text) {
        blocks.push(json!({"type": "text", "text": message.text}));
    }
    blocks.extend(message.calls.iter().map(|call| {
        json!({"type": "tool_use", "id": call.id, "name": asked.names.sent(&call.name), "input": arguments(call)})
    }));
    blocks.into()
}

fn content(asked: &ProviderRequest<'_>, message: &Message) -> Result<Value, Failure> {
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

fn block(asked: &ProviderRequest<'_>, attachment: &Attachment) -> Result<Value, Failure> {
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
        Some("thinking" | "redacted_thinking") => heard.think(text(block, "thinking").unwrap_or_default()),
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
    let output = count(usage, "/output_tokens").or(before.map(|before| before.output)).unwrap_or(0);
    let reasoning =
        count(usage, "/output_tokens_details/thinking_tokens").or(before.map(|before| before.reasoning));
    if let Some(before) = before.filter(|before| sent <= before.input) {
        let tokens = tokens(Some(before.input), output, before.cached, reasoning.unwrap_or(0))?;
        return Some(tokens.cache_write(before.cache_write, before.cache_write_1h));
    }
    let tokens = tokens(Some(sent), output, read.unwrap_or(0), reasoning.unwrap_or(0))?;
    // What is kept for an hour is a part of what is written.
    let written = written.unwrap_or(0);
    let hour = count(usage, "/cache_creation/ephemeral_1h_input_tokens").unwrap_or(0).min(written);
    Some(tokens.cache_write(written - hour, hour))
}
