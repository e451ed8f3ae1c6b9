//! Gemini's `generateContent`.
//!
//! <https://ai.google.dev/api/generate-content>

use super::{Protocol, count, items, no_error, put, reason, text, tokens};
use crate::failure::Failure;
use crate::heard::{CallPiece, Heard, MADE};
use crate::request::{Choice, Format, MessageGroup, ProviderRequest, answered, arguments, no_place};
use flujo::model::{Attachment, Content, Message, ModelFailure, ReasoningEffort, Tokens};
use serde_json::{Map, Value, json};

/// Gemini 3 wants a signature with the first call of a turn, and takes this one where there is none:
/// <https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

pub(crate) struct Gemini;

impl Protocol for Gemini {
    fn place(&self, model: &str, stream: bool) -> (String, Option<&'static str>) {
        let (method, query) =
            if stream { ("streamGenerateContent", Some("alt=sse")) } else { ("generateContent", None) };
        // A slash in a name would be another place.
        (format!("models/{}:{method}", model.replace('/', "%2F")), query)
    }

    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        key.map(|key| ("x-goog-api-key", key.to_owned())).into_iter().collect()
    }

    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
        let mut body = json!({});
        let system = asked.system();
        if !system.is_empty() {
            put(&mut body, "systemInstruction", json!({"parts": [{"text": system.join("\n\n")}]}));
        }
        let tools = asked.tools().into_iter().map(|(name, description, schema)| {
            json!({"name": name, "description": description, "parametersJsonSchema": schema})
        });
        let tools: Vec<_> = tools.collect();
        if !tools.is_empty() {
            put(&mut body, "tools", json!([{"functionDeclarations": tools}]));
        }
        if let Some(choice) = asked.choice() {
            let config = match choice {
                Choice::Tool(name) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
                Choice::AnyTool => json!({"mode": "ANY"}),
                Choice::NoTool => json!({"mode": "NONE"}),
            };
            put(&mut body, "toolConfig", json!({"functionCallingConfig": config}));
        }
        let mut contents = Vec::new();
        for turn in asked.turns() {
            match turn {
                MessageGroup::System(..) => {}
                MessageGroup::User(message) => {
                    contents.push(json!({"role": "user", "parts": parts(asked, message)?}));
                }
                MessageGroup::Assistant(message) => {
                    contents.push(json!({"role": "model", "parts": said_parts(asked, message)}));
                }
                MessageGroup::Results(results) => {
                    let results: Vec<_> = results.iter().map(|result| result_part(asked, result)).collect();
                    contents.push(json!({"role": "user", "parts": results}));
                }
            }
        }
        put(&mut body, "contents", contents);
        let config = generation_config(asked)?;
        if !config.is_empty() {
            put(&mut body, "generationConfig", config);
        }
        Ok(body)
    }

    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        read(body, heard)
    }

    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
        read(chunk, heard)
    }

    fn goes_on_after_end(&self) -> bool {
        true
    }
}

fn generation_config(asked: &ProviderRequest<'_>) -> Result<Map<String, Value>, Failure> {
    let mut config = Map::new();
    match &asked.format {
        Format::Schema { schema, .. } => {
            config.insert("responseMimeType".to_owned(), "application/json".into());
            config.insert("responseJsonSchema".to_owned(), schema.clone());
        }
        Format::Json => {
            config.insert("responseMimeType".to_owned(), "application/json".into());
        }
        Format::Text | Format::Tool { .. } => {}
    }
    if let Some(temperature) = asked.request.temperature {
        config.insert("temperature".to_owned(), temperature.into());
    }
    if let Some(max_tokens) = asked.request.max_tokens {
        config.insert("maxOutputTokens".to_owned(), max_tokens.into());
    }
    if let Some(top_p) = asked.request.top_p {
        config.insert("topP".to_owned(), top_p.into());
    }
    let options = &asked.request.options;
    if !options.stop.is_empty() {
        config.insert("stopSequences".to_owned(), options.stop.clone().into());
    }
    if let Some(seed) = options.seed {
        // A signed number of 32 bits.
        let seed = i32::try_from(seed).map_err(|_| {
            Failure::refused(format!(
                "this provider takes a `seed` of at most {}, and this is {seed}",
                i32::MAX
            ))
        })?;
        config.insert("seed".to_owned(), seed.into());
    }
    let mut thinking = json!({});
    if let Some(effort) = options.reasoning_effort {
        think(asked.model, effort, &mut thinking)?;
    }
    if options.reasoning_text == Some(true) {
        put(&mut thinking, "includeThoughts", true);
    }
    if thinking.as_object().is_some_and(|thinking| !thinking.is_empty()) {
        config.insert("thinkingConfig".to_owned(), thinking);
    }
    Ok(config)
}

/// Writes how much the model thinks: in levels, or for models before Gemini 3 in tokens, as Google's own interface for
/// OpenAI's clients does: <https://ai.google.dev/gemini-api/docs/openai#thinking>.
fn think(model: &str, effort: ReasoningEffort, thinking: &mut Value) -> Result<(), Failure> {
    if model.contains("gemini-2") || model.contains("gemini-1") {
        let budget = match effort {
            ReasoningEffort::None => 0,
            ReasoningEffort::Minimal | ReasoningEffort::Low => 1_024,
            ReasoningEffort::Medium => 8_192,
            ReasoningEffort::High => 24_576,
        };
        put(thinking, "thinkingBudget", budget);
        return Ok(());
    }
    if effort == ReasoningEffort::None {
        return Err(Failure::refused(format!(
            "`{model}` always thinks: write `reasoning_effort = \"minimal\"`"
        )));
    }
    put(thinking, "thinkingLevel", effort.word());
    Ok(())
}

fn parts(asked: &ProviderRequest<'_>, message: &Message) -> Result<Vec<Value>, Failure> {
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        parts.push(json!({"text": message.text}));
    }
    for attachment in &message.attachments {
        parts.push(part(asked, attachment)?);
    }
    Ok(parts)
}

fn part(asked: &ProviderRequest<'_>, attachment: &Attachment) -> Result<Value, Failure> {
    let media_type = attachment.media_type.as_str();
    Ok(match asked.checked(attachment)? {
        Content::Url(url) => json!({"fileData": {"mimeType": media_type, "fileUri": url}}),
        Content::Base64(data) => json!({"inlineData": {"mimeType": media_type, "data": &**data}}),
        _ => return Err(no_place(attachment)),
    })
}

fn said_parts(asked: &ProviderRequest<'_>, message: &Message) -> Vec<Value> {
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        parts.push(json!({"text": message.text}));
    }
    for (i, call) in message.calls.iter().enumerate() {
        let mut function = json!({"name": asked.names.sent(&call.name), "args": arguments(call)});
        with_id(&mut function, &call.id);
        let mut part = json!({"functionCall": function});
        let missing = i == 0 && asked.model.contains("gemini-3");
        let signature = call.signatures.first().map(String::as_str).or(missing.then_some(NO_SIGNATURE));
        if let Some(signature) = signature {
            put(&mut part, "thoughtSignature", signature);
        }
        parts.push(part);
    }
    parts
}

fn result_part(asked: &ProviderRequest<'_>, message: &Message) -> Value {
    let (id, name) = answered(message);
    let mut response = json!({"name": asked.names.sent(name), "response": {"result": message.text}});
    with_id(&mut response, id);
    json!({"functionResponse": response})
}

/// Adds the id of a call, if the provider gave it.
fn with_id(function: &mut Value, id: &str) {
    if !id.is_empty() && !id.starts_with(MADE) {
        put(function, "id", id);
    }
}

fn read(body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure> {
    // Errors come in a list of one.
    let body = body.get(0).unwrap_or(body);
    no_error(body)?;
    heard.named(body.get("responseId"), body.get("modelVersion"));
    heard.set_usage(usage(body));
    if let Some(reason) = body.pointer("/promptFeedback/blockReason").and_then(Value::as_str) {
        let blocked = format!("the prompt was blocked with `{reason}`");
        return Err(Failure::new(ModelFailure::ContentFilter, blocked).used(heard.usage()));
    }
    let Some(candidate) = items(body, "candidates").first() else { return Ok(()) };
    for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
        read_part(part, heard);
    }
    if let Some(reason) = reason(candidate, "finishReason") {
        heard.end(&reason);
        heard.ended = true;
    }
    Ok(())
}

fn read_part(part: &Value, heard: &mut Heard<'_>) {
    if part.get("thought").and_then(Value::as_bool) == Some(true) {
        heard.think(text(part, "text").unwrap_or_default());
    } else if let Some(function) = part.get("functionCall") {
        heard.call(&CallPiece {
            index: None,
            id: text(function, "id"),
            name: text(function, "name"),
            arguments: function.get("args"),
            signature: text(part, "thoughtSignature"),
        });
    } else if let Some(text) = text(part, "text") {
        heard.say(text);
    } else if let Some(kind) =
        part.as_object().and_then(|part| part.keys().find(|key| *key != "thoughtSignature"))
    {
        heard.pass_over(kind);
    }
}

/// Reads the usage. Thoughts are counted beside the output, and what tools of the provider read beside the input.
fn usage(body: &Value) -> Option<Tokens> {
    let usage = body.get("usageMetadata")?;
    let field = |name: &str| count(usage, name).unwrap_or(0);
    let reasoning = field("/thoughtsTokenCount");
    let input = field("/promptTokenCount").saturating_add(field("/toolUsePromptTokenCount"));
    tokens(
        Some(input),
        field("/candidatesTokenCount").saturating_add(reasoning),
        field("/cachedContentTokenCount"),
        reasoning,
    )
}
