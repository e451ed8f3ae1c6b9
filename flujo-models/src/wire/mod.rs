//! The protocols of providers, one file each: how a request is written, and how an answer is read.
//!
//! Readers are lenient in form and strict in meaning: fields may be missing, null or of another type, but nothing that a
//! reader does not understand is taken for an answer.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use crate::failure::Failure;
use crate::heard::Heard;
use crate::provider::Wire;
use crate::request::{ProviderRequest, value as value_of};
use crate::schema::Dialect;
use flujo::model::Tokens;
use serde_json::Value;

/// The way in which a stream is divided into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON value a line.
    Lines,
}

/// One protocol.
pub(crate) trait Protocol: Send + Sync {
    /// Returns the path below the base URL, and the query.
    fn place(&self, model: &str, stream: bool) -> (String, Option<&'static str>);

    /// Returns the headers that a request has: with the key, if there is one.
    fn headers(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        key.map(|key| ("authorization", format!("Bearer {key}"))).into_iter().collect()
    }

    /// Writes a request.
    ///
    /// # Errors
    /// The protocol has no place for something in the prompt.
    fn body(&self, asked: &ProviderRequest<'_>) -> Result<Value, Failure>;

    /// Reads a whole answer.
    ///
    /// # Errors
    /// It is no answer.
    fn whole(&self, body: &Value, heard: &mut Heard<'_>) -> Result<(), Failure>;

    /// Reads one chunk of a streamed answer.
    ///
    /// # Errors
    /// The chunk is an error, or not of the protocol.
    fn chunk(&self, chunk: &Value, heard: &mut Heard<'_>) -> Result<(), Failure>;

    /// How a stream is divided.
    fn framing(&self) -> Framing {
        Framing::Events
    }

    /// True if a stream is complete only once `[DONE]` follows its last chunk.
    fn ends_with_mark(&self) -> bool {
        false
    }

    /// True if chunks may follow the one that says why the answer ends.
    fn goes_on_after_end(&self) -> bool {
        false
    }

    /// What strict schemas may hold.
    fn dialect(&self) -> Dialect {
        Dialect::OpenAi
    }
}

impl Wire {
    pub(crate) fn protocol(self) -> &'static dyn Protocol {
        match self {
            Self::OpenAiChat => &openai_chat::OpenAiChat,
            Self::OpenAiResponses => &openai_responses::OpenAiResponses,
            Self::Anthropic => &anthropic::Anthropic,
            Self::Gemini => &gemini::Gemini,
            Self::Ollama => &ollama::Ollama,
        }
    }
}

/// Writes a request, with the fields that flujo does not know.
///
/// # Errors
/// The protocol or the provider has no place for something in it, or a field is one that flujo writes.
pub(crate) fn write(protocol: &dyn Protocol, asked: &ProviderRequest<'_>) -> Result<Value, Failure> {
    asked.check_options()?;
    let mut body = protocol.body(asked)?;
    for (name, value) in &asked.request.options.extra {
        add(&mut body, name, name, value_of(value))?;
    }
    Ok(body)
}

/// Fields of any protocol that decide what a call costs at most: what is reserved must be what is sent.
const RESERVED: [&str; 16] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "maxOutputTokens",
    "num_predict",
    "n",
    "best_of",
    "candidateCount",
    "service_tier",
    "serviceTier",
    "cache_control",
    "cachedContent",
    "stream",
    "model",
    "tools",
    "previous_response_id",
];

/// Adds a field to an object; objects are merged.
fn add(object: &mut Value, field: &str, path: &str, value: Value) -> Result<(), Failure> {
    let Value::Object(fields) = object else { return Ok(()) };
    if RESERVED.contains(&field) {
        let what =
            format!("`extra` sets `{path}`, which decides what a call may cost: set it by its own option");
        return Err(Failure::refused(what));
    }
    match (fields.get_mut(field), value) {
        (Some(known @ Value::Object(_)), Value::Object(inner)) => {
            for (name, value) in inner {
                add(known, &name, &format!("{path}.{name}"), value)?;
            }
        }
        (Some(_), _) => {
            let what = format!("`extra` sets `{path}`, which is written already: set it by its own option");
            return Err(Failure::refused(what));
        }
        (None, value) => {
            no_reserved(&value, path)?;
            fields.insert(field.to_owned(), value);
        }
    }
    Ok(())
}

/// Checks that no field within a value decides what a call may cost.
fn no_reserved(value: &Value, path: &str) -> Result<(), Failure> {
    let Value::Object(fields) = value else { return Ok(()) };
    for (name, inner) in fields {
        let path = format!("{path}.{name}");
        if RESERVED.contains(&name.as_str()) {
            let what = format!(
                "`extra` sets `{path}`, which decides what a call may cost: set it by its own option"
            );
            return Err(Failure::refused(what));
        }
        no_reserved(inner, &path)?;
    }
    Ok(())
}

/// Checks that a response with the status 200 is not an error: many gateways write it into the body. An empty `error` is
/// none.
///
/// # Errors
/// It is one.
fn no_error(body: &Value) -> Result<(), Failure> {
    let is_error = match body.get("error") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(object)) => !object.is_empty(),
        Some(_) => true,
    };
    if is_error { Err(Failure::of_error(body)) } else { Ok(()) }
}

/// Sets a field of an object.
fn put(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Value::Object(object) = object {
        object.insert(field.to_owned(), value.into());
    }
}

/// Returns why an answer ends. What is no word is told as it is: it is no known reason.
fn reason(value: &Value, field: &str) -> Option<String> {
    match value.get(field)? {
        Value::Null => None,
        Value::String(word) => Some(word.clone()),
        other => Some(other.to_string()),
    }
}

/// Returns the text of a field; null and other types are none.
fn text<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value.get(field)?.as_str()
}

/// Returns the items of a list; anything else is an empty one.
fn items<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Reads a number of tokens, which some servers write as a float.
fn count(value: &Value, pointer: &str) -> Option<u64> {
    let value = value.pointer(pointer)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and not negative")]
    let whole = |n: f64| (n >= 0.0 && n.fract() == 0.0 && n < 9e15).then_some(n as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

/// Returns the usage, if the provider reports it. No call sends nothing: servers that do not count write zero.
fn tokens(input: Option<u64>, output: u64, cached: u64, reasoning: u64) -> Option<Tokens> {
    let input = input.filter(|input| *input > 0)?;
    Some(Tokens::new(input, output).cached(cached).reasoning(reasoning))
}
