//! OpenAI's Responses API.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

use super::{Protocol, count, items, no_error, put, text, tokens};
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard};
use crate::request::{
    Choice, Format, MessageGroup, ProviderRequest, answered, arguments, data_url, no_place,
};
use flujo::model::{Attachment, CallOptions, Content, Message, Tokens};
use serde_json::{Value, json};

/// Where the parts of summaries and of thoughts begin, among the places of an item.
const SUMMARY: u64 = 1 << 32;
const THOUGHT: u64 = 1 << 33;

pub(crate) struct OpenAiResponses;

impl Protocol for OpenAiResponses {
    fn place(&self, _: &str, _: bool) -> (String, Option<&'static str>) {
        ("responses".to_owned(), None)
    }

    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
        let request = asked.request;
        // Nothing is stored with the provider: the whole conversation is sent each time.
        let mut body = json!({"model": asked.model, "stream": request.stream, "store": false});
        let tools = asked.tools().into_iter().map(|(name, description, schema)| {
            // Tools are strict here unless they say that they are not.
            let mut tool = json!({"type": "function", "name": name, "parameters": schema, "strict": false});
            if !description.is_empty() {
                put(&mut tool, "description", description);
            }
            tool
        });
        let tools: Vec<_> = tools.collect();
        if !tools.is_empty() {
            put(&mut body, "tools", tools);
        }
        if let Some(choice) = asked.choice() {
            let choice = match choice {
                Choice::Tool(name) => json!({"type": "function", "name": name}),
                Choice::AnyTool => "required".into(),
                Choice::NoTool => "none".into(),
            };
            put(&mut body, "tool_choice", choice);
        }
        let mut input = Vec::new();
        for turn in asked.turns() {
            match turn {
                MessageGroup::System(text, _) => input.push(json!({"role": "system", "content": text})),
                MessageGroup::User(message) => input.push(json!({"role": "user", "content": content(asked, message)?})),
                MessageGroup::Assistant(message) => assistant(asked, message, &mut input),
                MessageGroup::Results(results) => input.extend(results.iter().map(|result| {
                    json!({"type": "function_call_output", "call_id": answered(result).0, "output": result.text})
                })),
            }
        }
        put(&mut body, "input", input);
        match &asked.format {
            Format::Json => put(&mut body, "text", json!({"format": {"type": "json_object"}})),
            Format::Schema { schema, strict } => {
                let format =
                    json!({"type": "json_schema", "name": "answer", "strict": strict, "schema": schema});
                put(&mut body, "text", json!({"format": format}));
            }
            Format::Text | Format::Tool { .. } => {}
        }
        if let Some(temperature) = request.temperature {
            put(&mut body, "temperature", temperature);
        }
        if let Some(max_tokens) = request.max_tokens {
            put(&mut body, "max_output_tokens", max_tokens);
        }
        if let Some(top_p) = request.top_p {
            put(&mut body, "top_p", top_p);
        }
        options(&request.options, &mut body);
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        finished(body, heard)?;
        read_output(body, heard);
        Ok(())
    }

    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        no_error(chunk)?;
        let index = count(chunk, "/output_index");
        // Everything is said several times: in pieces, at the end of a part, of an item, and of the answer.
        let place = index.zip(count(chunk, "/content_index"));
        let word = |field| text(chunk, field).unwrap_or_default();
        match text(chunk, "type").unwrap_or_default() {
            // Its code and its message stand beside its type.
            "error" => return Err(Failure::of_error(chunk)),
            "response.created" | "response.in_progress" | "response.queued" => {
                let response = chunk.get("response").unwrap_or(&Value::Null);
                heard.named(response.get("id"), response.get("model"));
            }
            "response.output_text.delta" => {
                heard.is_new_at(place);
                heard.say(word("delta"));
            }
            "response.refusal.delta" => {
                heard.is_new_at(place);
                heard.refuse(word("delta"));
            }
            "response.reasoning_summary_text.delta" => {
                heard.is_new_at(index.zip(count(chunk, "/summary_index").map(|i| i + SUMMARY)));
                heard.think(word("delta"));
            }
            "response.reasoning_text.delta" => {
                heard.is_new_at(index.zip(count(chunk, "/content_index").map(|i| i + THOUGHT)));
                heard.think(word("delta"));
            }
            "response.output_text.done" if heard.is_new_at(place) => heard.say(word("text")),
            "response.refusal.done" if heard.is_new_at(place) => heard.refuse(word("refusal")),
            "response.function_call_arguments.delta" => {
                heard.call(&CallPiece { index, arguments: chunk.get("delta"), ..CallPiece::default() });
            }
            "response.function_call_arguments.done" => {
                complete(index, chunk, heard);
            }
            "response.output_item.added" | "response.output_item.done" => {
                read_item(chunk.get("item").unwrap_or(&Value::Null), index, heard);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                heard.ended = true;
                let response = chunk.get("response").unwrap_or(&Value::Null);
                finished(response, heard)?;
                read_output(response, heard);
            }
            // Parts that begin and end, and events of a later version.
            _ => {}
        }
        Ok(())
    }
}

fn options(options: &CallOptions, body: &mut Value) {
    let mut reasoning = json!({});
    if let Some(effort) = options.reasoning_effort {
        put(&mut reasoning, "effort", effort.word());
    }
    if options.reasoning_text == Some(true) {
        put(&mut reasoning, "summary", "auto");
    }
    if reasoning.as_object().is_some_and(|reasoning| !reasoning.is_empty()) {
        put(body, "reasoning", reasoning);
    }
    if let Some(parallel) = options.parallel_calls {
        put(body, "parallel_tool_calls", parallel);
    }
    if let Some(tier) = &options.service_tier {
        put(body, "service_tier", tier.as_str());
    }
}

fn assistant(asked: &ProviderRequest<'_>, message: &Message, input: &mut Vec<Value>) {
    if !message.text.is_empty() {
        input.push(json!({"role": "assistant", "content": message.text}));
    }
    input.extend(message.calls.iter().map(|call| {
        let (name, arguments) = (asked.names.sent(&call.name), arguments(call).to_string());
        json!({"type": "function_call", "call_id": call.id, "name": name, "arguments": arguments})
    }));
}

fn content(asked: &ProviderRequest<'_>, message: &Message) -> Result<Value, Failure> {
    if message.attachments.is_empty() {
        return Ok(message.text.as_str().into());
    }
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        parts.push(json!({"type": "input_text", "text": message.text}));
    }
    for attachment in &message.attachments {
        parts.push(part(asked, attachment)?);
    }
    Ok(parts.into())
}

fn part(asked: &ProviderRequest<'_>, attachment: &Attachment) -> Result<Value, Failure> {
    let image = |url: &str| json!({"type": "input_image", "detail": "auto", "image_url": url});
    Ok(match asked.checked(attachment)? {
        Content::Url(url) if attachment.is_image() => image(url),
        Content::Base64(data) if attachment.is_image() => image(&data_url(attachment, data)),
        Content::Url(url) => json!({"type": "input_file", "file_url": url}),
        Content::Base64(data) => {
            let name = attachment.name.as_deref().unwrap_or("file");
            json!({"type": "input_file", "filename": name, "file_data": data_url(attachment, data)})
        }
        _ => return Err(no_place(attachment)),
    })
}

/// Reads what a response says of itself: its status, its error and its usage.
fn finished(response: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
    heard.named(response.get("id"), response.get("model"));
    let usage = usage(response);
    heard.set_usage(usage);
    no_error(response).map_err(|failure| failure.used(usage))?;
    match (text(response, "status"), response.pointer("/incomplete_details/reason").and_then(Value::as_str)) {
        (Some("incomplete"), Some(reason)) => heard.end(reason),
        (Some(status), _) => heard.end(status),
        (None, _) => {}
    }
    Ok(())
}

fn read_output(response: &Value, heard: &mut Heard<'_>) {
    for (i, item) in items(response, "output").iter().enumerate() {
        read_item(item, u64::try_from(i).ok(), heard);
    }
}

/// Reads what is new in an item.
fn read_item(item: &Value, index: Option<u64>, heard: &mut Heard<'_>) {
    match text(item, "type") {
        Some("message") => {
            for (i, part) in items(item, "content").iter().enumerate() {
                let new = heard.is_new_at(index.zip(u64::try_from(i).ok()));
                match text(part, "type") {
                    Some("output_text" | "text") if new => heard.say(text(part, "text").unwrap_or_default()),
                    Some("refusal") if new => heard.refuse(text(part, "refusal").unwrap_or_default()),
                    Some("output_text" | "text" | "refusal") => {}
                    other => heard.pass_over(other.unwrap_or("?")),
                }
            }
        }
        Some("function_call") if !complete(index, item, heard) => {
            let id = text(item, "call_id").or_else(|| text(item, "id"));
            let (name, arguments) = (text(item, "name"), item.get("arguments"));
            heard.call(&CallPiece { index, id, name, arguments, signature: None });
        }
        Some("function_call") => {}
        Some("reasoning") => {
            heard.think("");
            for (list, first) in [("summary", SUMMARY), ("content", THOUGHT)] {
                for (i, part) in items(item, list).iter().enumerate() {
                    let place = u64::try_from(i).ok().map(|i| i + first);
                    if heard.is_new_at(index.zip(place)) {
                        heard.think(text(part, "text").unwrap_or_default());
                    }
                }
            }
        }
        other => heard.pass_over(other.unwrap_or("?")),
    }
}

/// Reads the whole arguments, which come once more at the end of a call. Returns false if the call has not begun.
fn complete(index: Option<u64>, call: &Value, heard: &mut Heard<'_>) -> bool {
    index.zip(call.get("arguments")).is_some_and(|(index, arguments)| heard.complete_call(index, arguments))
}

fn usage(response: &Value) -> Option<Tokens> {
    let usage = response.get("usage")?;
    let cached = count(usage, "/input_tokens_details/cached_tokens").unwrap_or(0);
    let reasoning = count(usage, "/output_tokens_details/reasoning_tokens").unwrap_or(0);
    tokens(count(usage, "/input_tokens"), count(usage, "/output_tokens")?, cached, reasoning)
}
