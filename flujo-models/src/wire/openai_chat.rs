//! OpenAI's chat completions, which most other servers speak too, each with a few liberties.
//!
//! <https://platform.openai.com/docs/api-reference/chat>

use super::{Protocol, count, items, no_error, put, reason, text, tokens};
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard};
use crate::request::{
    Choice, Format, MessageGroup, ProviderRequest, answered, arguments, data_url, no_place,
};
use flujo::model::{Attachment, CallOptions, Content, Message, Tokens};
use serde_json::{Value, json};

pub(crate) struct OpenAiChat;

impl Protocol for OpenAiChat {
    fn place(&self, _: &str, _: bool) -> (String, Option<&'static str>) {
        ("chat/completions".to_owned(), None)
    }

    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
        let request = asked.request;
        let mut body = json!({"model": asked.model, "stream": request.stream});
        if request.stream {
            put(&mut body, "stream_options", json!({"include_usage": true}));
        }
        let tools =
            asked.tools().into_iter().map(|(name, description, schema)| tool(&name, description, &schema));
        let tools: Vec<_> = tools.collect();
        if !tools.is_empty() {
            put(&mut body, "tools", tools);
        }
        if let Some(choice) = asked.choice() {
            let choice = match choice {
                Choice::Tool(name) => json!({"type": "function", "function": {"name": name}}),
                Choice::AnyTool => "required".into(),
                Choice::NoTool => "none".into(),
            };
            put(&mut body, "tool_choice", choice);
        }
        let mut messages = Vec::new();
        for turn in asked.turns() {
            match turn {
                MessageGroup::System(text, _) => messages.push(json!({"role": "system", "content": text})),
                MessageGroup::User(message) => messages.push(json!({"role": "user", "content": content(asked, message)?})),
                MessageGroup::Assistant(message) => messages.push(assistant(asked, message)),
                MessageGroup::Results(results) => messages.extend(results.iter().map(|result| {
                    json!({"role": "tool", "tool_call_id": answered(result).0, "content": result.text})
                })),
            }
        }
        put(&mut body, "messages", messages);
        match &asked.format {
            Format::Json => put(&mut body, "response_format", json!({"type": "json_object"})),
            Format::Schema { schema, strict } => {
                let spec = json!({"name": "answer", "strict": strict, "schema": schema});
                put(&mut body, "response_format", json!({"type": "json_schema", "json_schema": spec}));
            }
            Format::Text | Format::Tool { .. } => {}
        }
        if let Some(temperature) = request.temperature {
            put(&mut body, "temperature", temperature);
        }
        if let Some(max_tokens) = request.max_tokens {
            put(&mut body, max_tokens_word(asked.model), max_tokens);
        }
        if let Some(top_p) = request.top_p {
            put(&mut body, "top_p", top_p);
        }
        options(&request.options, &mut body);
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(body)?;
        heard.named(body.get("id"), body.get("model"));
        heard.set_usage(usage(body));
        let Some(choice) = items(body, "choices").first() else {
            return Err(Failure::unreadable("there is no answer in it"));
        };
        said(choice, choice.get("message").unwrap_or(&Value::Null), heard)
    }

    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(chunk)?;
        heard.named(chunk.get("id"), chunk.get("model"));
        heard.set_usage(usage(chunk));
        let Some(choice) = items(chunk, "choices").first() else { return Ok(()) };
        // Some servers stream nothing and send a whole message.
        let delta = choice.get("delta").filter(|delta| delta.is_object()).or_else(|| choice.get("message"));
        said(choice, delta.unwrap_or(&Value::Null), heard)
    }

    fn ends_with_mark(&self) -> bool {
        true
    }
}

fn options(options: &CallOptions, body: &mut Value) {
    if let Some(effort) = options.reasoning_effort {
        put(body, "reasoning_effort", effort.word());
    }
    if !options.stop.is_empty() {
        put(body, "stop", options.stop.clone());
    }
    if let Some(seed) = options.seed {
        put(body, "seed", seed);
    }
    if let Some(parallel) = options.parallel_calls {
        put(body, "parallel_tool_calls", parallel);
    }
    if let Some(tier) = &options.service_tier {
        put(body, "service_tier", tier.as_str());
    }
}

/// Returns the word for the bound of output tokens: reasoning models take only the new one, and compatible servers know
/// only the old one.
fn max_tokens_word(model: &str) -> &'static str {
    let name = model.strip_prefix("ft:").unwrap_or(model);
    let digit = |rest: &str| rest.chars().next().and_then(|c| c.to_digit(10));
    let reasons = name.strip_prefix("gpt-").and_then(digit).is_some_and(|version| version >= 5)
        || name.strip_prefix('o').and_then(digit).is_some();
    if reasons { "max_completion_tokens" } else { "max_tokens" }
}

fn tool(name: &str, description: &str, schema: &Value) -> Value {
    let mut function = json!({"name": name, "parameters": schema});
    if !description.is_empty() {
        put(&mut function, "description", description);
    }
    json!({"type": "function", "function": function})
}

fn assistant(asked: &ProviderRequest<'_>, message: &Message) -> Value {
    let mut turn = json!({"role": "assistant", "content": message.text});
    if message.text.is_empty() {
        put(&mut turn, "content", Value::Null);
    }
    let calls = message.calls.iter().map(|call| {
        let function =
            json!({"name": asked.names.sent(&call.name), "arguments": arguments(call).to_string()});
        json!({"id": call.id, "type": "function", "function": function})
    });
    let calls: Vec<_> = calls.collect();
    if !calls.is_empty() {
        put(&mut turn, "tool_calls", calls);
    }
    turn
}

fn content(asked: &ProviderRequest<'_>, message: &Message) -> Result<Value, Failure> {
    if message.attachments.is_empty() {
        return Ok(message.text.as_str().into());
    }
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        parts.push(json!({"type": "text", "text": message.text}));
    }
    for attachment in &message.attachments {
        parts.push(part(asked, attachment)?);
    }
    Ok(parts.into())
}

fn part(asked: &ProviderRequest<'_>, attachment: &Attachment) -> Result<Value, Failure> {
    let media_type = attachment.media_type.as_str();
    Ok(match asked.checked(attachment)? {
        Content::Url(url) if attachment.is_image() => json!({"type": "image_url", "image_url": {"url": url}}),
        Content::Base64(data) if attachment.is_image() => {
            json!({"type": "image_url", "image_url": {"url": data_url(attachment, data)}})
        }
        Content::Base64(data) if media_type.starts_with("audio/") => {
            let format = match media_type.trim_start_matches("audio/") {
                "mpeg" => "mp3",
                "wave" | "x-wav" => "wav",
                other => other,
            };
            json!({"type": "input_audio", "input_audio": {"data": &**data, "format": format}})
        }
        Content::Base64(data) => {
            let name = attachment.name.as_deref().unwrap_or("file");
            json!({"type": "file", "file": {"filename": name, "file_data": data_url(attachment, data)}})
        }
        // There is no part for the URL of a file.
        _ => return Err(no_place(attachment)),
    })
}

/// Reads one choice, whole or a piece of it.
fn said(choice: &Value, message: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
    no_error(choice).map_err(|failure| failure.used(heard.usage()))?;
    match message.get("content") {
        Some(Value::String(content)) => heard.say(content),
        Some(Value::Array(parts)) => parts.iter().for_each(|part| read_part(part, heard)),
        _ => {}
    }
    if let Some(refusal) = text(message, "refusal") {
        heard.refuse(refusal);
    }
    // Some servers have both.
    let thought = |field: &str| text(message, field).filter(|text| !text.is_empty());
    if let Some(thought) = thought("reasoning_content").or_else(|| thought("reasoning")) {
        heard.think(thought);
    }
    let calls = items(message, "tool_calls");
    for call in calls {
        read_call(call, heard);
    }
    // The form of before there were several calls. Some servers say every call in both.
    if let Some(function) =
        message.get("function_call").filter(|function| calls.is_empty() && function.is_object())
    {
        let (name, arguments) = (text(function, "name"), function.get("arguments"));
        heard.call(&CallPiece { index: Some(0), name, arguments, ..CallPiece::default() });
    }
    if let Some(reason) = reason(choice, "finish_reason") {
        heard.end(&reason);
    }
    Ok(())
}

/// Reads a part of an answer that is a list of parts.
fn read_part(part: &Value, heard: &mut Heard<'_>) {
    match text(part, "type") {
        Some("text" | "output_text") => heard.say(text(part, "text").unwrap_or_default()),
        Some("refusal") => heard.refuse(text(part, "refusal").unwrap_or_default()),
        Some("thinking" | "reasoning") => {
            let text = ["thinking", "reasoning", "text"].iter().find_map(|field| text(part, field));
            heard.think(text.unwrap_or_default());
        }
        // Sources of the text.
        Some("reference") => {}
        other => heard.pass_over(other.unwrap_or("?")),
    }
}

fn read_call(call: &Value, heard: &mut Heard<'_>) {
    let function = call.get("function").unwrap_or(call);
    heard.call(&CallPiece {
        index: count(call, "/index"),
        id: text(call, "id"),
        name: text(function, "name"),
        arguments: function.get("arguments"),
        signature: None,
    });
}

/// Reads the usage; Groq streams it in a place of its own.
fn usage(body: &Value) -> Option<Tokens> {
    let is_there = |value: &&Value| value.is_object();
    let usage =
        body.get("usage").filter(is_there).or_else(|| body.pointer("/x_groq/usage").filter(is_there))?;
    let (input, output) = (count(usage, "/prompt_tokens"), count(usage, "/completion_tokens")?);
    let cached =
        count(usage, "/prompt_tokens_details/cached_tokens").or(count(usage, "/prompt_cache_hit_tokens"));
    let reasoning = count(usage, "/completion_tokens_details/reasoning_tokens").unwrap_or(0);
    // xAI counts reasoning beside the output, which the total shows.
    let beside = count(usage, "/total_tokens")
        == input.map(|input| input.saturating_add(output).saturating_add(reasoning));
    let output = if beside { output.saturating_add(reasoning) } else { output };
    tokens(input, output, cached.unwrap_or(0), reasoning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_models_take_the_new_word_for_the_bound() {
        for model in ["gpt-5-mini", "gpt-6", "o3", "o4-mini", "ft:gpt-5-mini:acme::Ab1"] {
            assert_eq!(max_tokens_word(model), "max_completion_tokens", "{model}");
        }
        for model in
            ["gpt-4o", "gpt-oss-120b", "ft:gpt-4o-mini:acme::Ab1", "openai/gpt-5", "olmo", "qwen-max"]
        {
            assert_eq!(max_tokens_word(model), "max_tokens", "{model}");
        }
    }

    #[test]
    fn reasoning_that_is_counted_beside_the_output_is_added() {
        let reported = |total: u64| {
            let details = json!({"reasoning_tokens": 7});
            usage(
                &json!({"usage": {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": total, "completion_tokens_details": details}}),
            )
        };
        assert_eq!(reported(24), Some(Tokens::new(9, 15).reasoning(7)));
        assert_eq!(reported(17), Some(Tokens::new(9, 8).reasoning(7)));
    }
}
