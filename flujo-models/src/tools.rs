//! Conversion of tools, calls of tools and their results to and from the types of `genai`.

use flujo::codec::Json;
use flujo::model::{Message, ModelRequest, ToolCall, ToolSpec};
use genai::chat::{ContentPart, MessageContent, Tool, ToolResponse};
use serde_json::{Map, Value};

/// The name of the answer's schema in requests.
pub(crate) const ANSWER: &str = "answer";

/// Returns the name of the answer tool, which differs from those of the step's tools.
pub(crate) fn answer(request: &ModelRequest) -> String {
    let mut name = ANSWER.to_owned();
    while request.tools.iter().any(|tool| tool.name == name) {
        name.push('_');
    }
    name
}

/// Converts a tool that the model may call.
pub(crate) fn offer(tool: &ToolSpec) -> Tool {
    let ToolSpec { name, description, schema, .. } = tool;
    let offered = Tool::new(name).with_schema(value(schema));
    if description.is_empty() { offered } else { offered.with_description(description) }
}

fn value(json: &Json) -> Value {
    json.decode().unwrap_or(Value::Bool(true))
}

/// Converts a message of the model that calls tools.
pub(crate) fn calls(message: &Message) -> MessageContent {
    let text = (!message.text.is_empty()).then(|| ContentPart::from_text(&message.text));
    let calls = message.calls.iter().map(|call| ContentPart::ToolCall(called(call)));
    MessageContent::from_parts(text.into_iter().chain(calls).collect::<Vec<_>>())
}

fn called(call: &ToolCall) -> genai::chat::ToolCall {
    let ToolCall { id, name, arguments, signatures, .. } = call;
    // Providers require an object. Other arguments were rejected, and the model was told why.
    let arguments = serde_json::from_str(arguments).ok().filter(Value::is_object);
    genai::chat::ToolCall {
        call_id: id.clone(),
        fn_name: name.clone(),
        fn_arguments: arguments.unwrap_or_else(|| Value::Object(Map::new())),
        thought_signatures: (!signatures.is_empty()).then(|| signatures.clone()),
    }
}

/// Converts the result of a call.
pub(crate) fn result(message: &Message) -> ToolResponse {
    let (id, name) =
        message.answers.as_ref().map(|call| (call.id.clone(), call.name.clone())).unwrap_or_default();
    ToolResponse::new(id, &message.text).with_fn_name(name)
}

/// Returns the answer and the calls of a reply. The arguments of the answer tool are the answer.
pub(crate) fn said(content: &MessageContent, text: String, answer: Option<&str>) -> (String, Vec<ToolCall>) {
    let mut calls = Vec::new();
    for call in content.tool_calls() {
        let arguments = match &call.fn_arguments {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        if answer == Some(call.fn_name.as_str()) {
            return (arguments, Vec::new());
        }
        let mut called = ToolCall::new(&call.call_id, &call.fn_name, arguments);
        called.signatures = call.thought_signatures.clone().unwrap_or_default();
        calls.push(called);
    }
    (text, calls)
}
