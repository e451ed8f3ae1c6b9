//! Ollama's own API.
//!
//! <https://docs.ollama.com/api/chat>

use super::{Framing, Protocol, count, items, no_error, put, reason, text, tokens};
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard};
use crate::request::{Format, MessageGroup, ProviderRequest, answered, arguments, no_place};
use flujo::model::{Content, Message, ReasoningEffort};
use serde_json::{Map, Value, json};

pub(crate) struct Ollama;

impl Protocol for Ollama {
    fn place(&self, _: &str, _: bool) -> (String, Option<&'static str>) {
        ("api/chat".to_owned(), None)
    }

    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
        let request = asked.request;
        let mut body = json!({"model": asked.model, "stream": request.stream});
        let tools = asked.tools().into_iter().map(|(name, description, schema)| {
            let function = json!({"name": name, "description": description, "parameters": schema});
            json!({"type": "function", "function": function})
        });
        let tools: Vec<_> = tools.collect();
        if !tools.is_empty() {
            put(&mut body, "tools", tools);
        }
        let mut messages = Vec::new();
        for turn in asked.turns() {
            match turn {
                MessageGroup::System(text, _) => messages.push(json!({"role": "system", "content": text})),
                MessageGroup::User(message) => messages.push(user(asked, message)?),
                MessageGroup::Assistant(message) => messages.push(assistant(asked, message)),
                MessageGroup::Results(results) => messages.extend(results.iter().map(|result| {
                    json!({"role": "tool", "tool_name": asked.names.sent(answered(result).1), "content": result.text})
                })),
            }
        }
        put(&mut body, "messages", messages);
        match &asked.format {
            Format::Json => put(&mut body, "format", "json"),
            Format::Schema { schema, .. } => put(&mut body, "format", schema.clone()),
            Format::Text | Format::Tool { .. } => {}
        }
        let mut options = Map::new();
        if let Some(temperature) = request.temperature {
            options.insert("temperature".to_owned(), temperature.into());
        }
        if let Some(max_tokens) = request.max_tokens {
            options.insert("num_predict".to_owned(), max_tokens.into());
        }
        if let Some(top_p) = request.top_p {
            options.insert("top_p".to_owned(), top_p.into());
        }
        if !request.options.stop.is_empty() {
            options.insert("stop".to_owned(), request.options.stop.clone().into());
        }
        if let Some(seed) = request.options.seed {
            options.insert("seed".to_owned(), seed.into());
        }
        match request.options.reasoning_effort {
            Some(ReasoningEffort::None) => put(&mut body, "think", false),
            Some(effort) => put(&mut body, "think", effort.word()),
            None if request.options.reasoning_text == Some(true) => put(&mut body, "think", true),
            None => {}
        }
        if !options.is_empty() {
            put(&mut body, "options", options);
        }
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        self.chunk(body, heard)?;
        match body.get("done").and_then(Value::as_bool) {
            Some(false) => Err(Failure::truncated("the answer is not done")),
            _ => Ok(()),
        }
    }

    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(chunk)?;
        heard.named(None, chunk.get("model"));
        let message = chunk.get("message").unwrap_or(&Value::Null);
        if let Some(content) = text(message, "content") {
            heard.say(content);
        }
        if let Some(thought) = text(message, "thinking").filter(|thought| !thought.is_empty()) {
            heard.think(thought);
        }
        for call in items(message, "tool_calls") {
            let function = call.get("function").unwrap_or(call);
            let (name, arguments) = (text(function, "name"), function.get("arguments"));
            heard.call(&CallPiece { id: text(call, "id"), name, arguments, ..CallPiece::default() });
        }
        if chunk.get("done").and_then(Value::as_bool) == Some(true) {
            heard.ended = true;
            let cached = count(chunk, "/prompt_eval_cached_count").unwrap_or(0);
            let output = count(chunk, "/eval_count").unwrap_or(0);
            heard.set_usage(tokens(count(chunk, "/prompt_eval_count"), output, cached, 0));
            // Older versions give no reason.
            heard.end(&reason(chunk, "done_reason").unwrap_or_default());
        }
        Ok(())
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }
}

fn user(asked: &ProviderRequest<'_>, message: &Message) -> Result<Value, Failure> {
    let mut images = Vec::new();
    for attachment in &message.attachments {
        match asked.checked(attachment)? {
            Content::Base64(data) if attachment.is_image() => images.push(&**data),
            // There is no place for files, and nothing is fetched.
            _ => return Err(no_place(attachment)),
        }
    }
    let mut turn = json!({"role": "user", "content": message.text});
    if !images.is_empty() {
        put(&mut turn, "images", images);
    }
    Ok(turn)
}

fn assistant(asked: &ProviderRequest<'_>, message: &Message) -> Value {
    let mut turn = json!({"role": "assistant", "content": message.text});
    let calls = message.calls.iter().map(
        |call| json!({"function": {"name": asked.names.sent(&call.name), "arguments": arguments(call)}}),
    );
    let calls: Vec<_> = calls.collect();
    if !calls.is_empty() {
        put(&mut turn, "tool_calls", calls);
    }
    turn
}
