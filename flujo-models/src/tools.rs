//! Tools, calls of them and their results, in the words of the client.

use flujo::codec::Json;
use flujo::model::{Message, ModelRequest, ToolCall, ToolSpec};
use genai::chat::{ContentPart, MessageContent, Tool, ToolResponse};
use serde_json::{Map, Value};

/// What the schema of an answer is called on the wire.
pub(crate) const ANSWER: &str = "answer";

/// The name of the tool that takes the answer: another one than those of the step.
pub(crate) fn answer(request: &ModelRequest) -> String {
    let mut name = ANSWER.to_owned();
    while request.tools.iter().any(|tool| tool.name == name) {
        name.push('_');
    }
    name
}

/// A tool that the model may call.
pub(crate) fn offer(tool: &ToolSpec) -> Tool {
    let ToolSpec { name, description, schema, .. } = tool;
    let offered = Tool::new(name).with_schema(value(schema));
    if description.is_empty() { offered } else { offered.with_description(description) }
}

fn value(json: &Json) -> Value {
    json.decode().unwrap_or(Value::Bool(true))
}

/// What the model said when it called tools.
pub(crate) fn calls(message: &Message) -> MessageContent {
    let text = (!message.text.is_empty()).then(|| ContentPart::from_text(&message.text));
    let calls = message.calls.iter().map(|call| ContentPart::ToolCall(called(call)));
    MessageContent::from_parts(text.into_iter().chain(calls).collect::<Vec<_>>())
}

fn called(call: &ToolCall) -> genai::chat::ToolCall {
    let ToolCall { id, name, arguments, signatures, .. } = call;
    // Providers want an object. What was none went back to the model, with what is wrong with it.
    let arguments = serde_json::from_str(arguments).ok().filter(Value::is_object);
    genai::chat::ToolCall {
        call_id: id.clone(),
        fn_name: name.clone(),
        fn_arguments: arguments.unwrap_or_else(|| Value::Object(Map::new())),
        thought_signatures: (!signatures.is_empty()).then(|| signatures.clone()),
    }
}

/// What came of a call.
pub(crate) fn result(message: &Message) -> ToolResponse {
    let (id, name) =
        message.answers.as_ref().map(|call| (call.id.clone(), call.name.clone())).unwrap_or_default();
    ToolResponse::new(id, &message.text).with_fn_name(name)
}

/// The answer and the calls in what a model said. The arguments of the tool that takes the answer are the answer.
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
