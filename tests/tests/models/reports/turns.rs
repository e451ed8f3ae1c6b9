//! What is sent back holds no empty turn and no empty block: providers answer them with 400, for ever.

use super::{asking, sent};
use crate::wires::WIRES;
use flujo::model::{Attachment, Message, ModelRequest, Role, ToolCall};
use flujo_models::Wire;
use serde_json::{Value, json};

/// Anthropic calls blank what only has spaces.
fn is_empty(wire: Wire, text: &Value) -> bool {
    let blank = |text: &str| if wire == Wire::Anthropic { text.trim().is_empty() } else { text.is_empty() };
    text.as_str().is_some_and(blank) || *text == json!([]) || *text == json!({})
}

/// The texts of one turn's content.
fn empty_parts(wire: Wire, content: &Value) -> bool {
    let text =
        |part: &Value| part.get("text").is_some_and(|text| is_empty(wire, text)) || is_empty(wire, part);
    is_empty(wire, content) || content.as_array().is_some_and(|parts| parts.iter().any(text))
}

/// What is empty in a request.
fn empties(wire: Wire, body: &Value) -> Vec<Value> {
    let all = |place: &str| body.pointer(place).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found: Vec<Value> = match wire {
        Wire::OpenAiChat => {
            let wrong = |turn: &Value| {
                let calls = turn.get("tool_calls");
                let says = turn.get("content").is_some_and(|content| !content.is_null());
                calls == Some(&json!([]))
                    || (!says && calls.is_none())
                    || (turn["role"] != "tool" && empty_parts(wire, &turn["content"]))
            };
            all("/messages").into_iter().filter(wrong).collect()
        }
        Wire::OpenAiResponses => {
            all("/input").into_iter().filter(|item| empty_parts(wire, &item["content"])).collect()
        }
        Wire::Anthropic => {
            let wrong = |turn: &Value| empty_parts(wire, &turn["content"]);
            all("/messages").into_iter().filter(wrong).collect()
        }
        Wire::Gemini => {
            all("/contents").into_iter().filter(|turn| empty_parts(wire, &turn["parts"])).collect()
        }
        _ => {
            let wrong = |turn: &Value| {
                let has = |field: &str| turn.get(field).is_some_and(|value| !is_empty(wire, value));
                turn["role"] != "tool" && !has("content") && !has("tool_calls") && !has("images")
            };
            all("/messages").into_iter().filter(wrong).collect()
        }
    };
    let system = ["/instructions", "/system", "/systemInstruction/parts"];
    found.extend(
        system.iter().filter_map(|place| body.pointer(place)).filter(|said| empty_parts(wire, said)).cloned(),
    );
    found
}

/// Nothing in what is sent is empty, and these texts are there.
fn holds(request: &ModelRequest, texts: &[&str]) {
    for wire in WIRES {
        let body = sent(wire, request.clone());
        assert_eq!(empties(wire, &body), Vec::<Value>::new(), "{wire:?}: {body}");
        for text in texts {
            assert!(body.to_string().contains(text), "{wire:?}: {text} is not in {body}");
        }
    }
}

fn with(messages: Vec<Message>) -> ModelRequest {
    let mut asked = asking(false);
    asked.messages.extend(messages);
    asked
}

fn calm() -> ToolCall {
    ToolCall::new("id-1", "look_up", r#"{"word":"calm"}"#)
}

#[test]
fn a_turn_of_calls_alone_has_no_empty_text() {
    for text in ["", " ", "\n\n"] {
        let turn = Message::new(Role::Assistant, text).calls(vec![calm()]);
        holds(
            &with(vec![turn, Message::new(Role::Tool, "no wind").answers(calm())]),
            &["calm", "no wind", "Hi?"],
        );
    }
}

#[test]
fn a_turn_of_nothing_is_not_sent() {
    let again = || Message::new(Role::User, "And now?");
    for text in ["", " ", "\n"] {
        for role in [Role::Assistant, Role::User, Role::System] {
            holds(&with(vec![Message::new(role, text), again()]), &["Be brief.", "Hi?", "And now?"]);
        }
        let mut first = with(vec![]);
        first.messages[0] = Message::new(Role::System, text);
        holds(&first, &["Hi?"]);
        let mut last = with(vec![]);
        last.messages.push(Message::new(Role::Assistant, text));
        holds(&last, &["Hi?"]);
    }
    let several =
        vec![Message::new(Role::Assistant, ""), again(), Message::new(Role::Assistant, ""), again()];
    holds(&with(several), &["Hi?", "And now?"]);
}

#[test]
fn an_image_alone_has_no_empty_text() {
    for text in ["", "\n"] {
        let mut turn = Message::new(Role::User, text);
        turn.attachments = vec![Attachment::bytes("image/png", b"png")];
        holds(&with(vec![turn]), &["cG5n", "Hi?"]);
    }
}

/// Where the results of calls stand in a request.
fn results(wire: Wire, body: &Value) -> Vec<Value> {
    let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
    match wire {
        Wire::OpenAiChat | Wire::Ollama => {
            all(&body["messages"]).into_iter().filter(|turn| turn["role"] == "tool").collect()
        }
        Wire::OpenAiResponses => {
            all(&body["input"]).into_iter().filter(|item| item["type"] == "function_call_output").collect()
        }
        Wire::Anthropic => {
            let blocks = all(&body["messages"]).into_iter().flat_map(|turn| all(&turn["content"]));
            blocks.filter(|block| block["type"] == "tool_result").collect()
        }
        _ => {
            let parts = all(&body["contents"]).into_iter().flat_map(|turn| all(&turn["parts"]));
            parts.filter(|part| part.get("functionResponse").is_some()).collect()
        }
    }
}

#[test]
fn a_result_of_nothing_is_a_result() {
    // A call without its result is a 400 as well.
    let turn = Message::new(Role::Assistant, "").calls(vec![calm(), ToolCall::new("id-2", "look_up", "{}")]);
    let result =
        |id: &str, text: &str| Message::new(Role::Tool, text).answers(ToolCall::new(id, "look_up", "{}"));
    let asked = with(vec![turn, result("id-1", ""), result("id-2", "no wind")]);
    holds(&asked, &["no wind"]);
    for wire in WIRES {
        let body = sent(wire, asked.clone());
        let results = results(wire, &body);
        assert_eq!(results.len(), 2, "{wire:?}: {body}");
        if wire == Wire::Anthropic {
            let content = &results[0]["content"];
            assert!(content.is_null() || content == "", "no block of no text: {body}");
        }
    }
}

#[test]
fn arguments_that_were_wrong_go_back_in_a_form_that_is_accepted() {
    for arguments in ["", "null", "no JSON", "[1]", "7", "{\"word\": calm}"] {
        let call = ToolCall::new("id-1", "look_up", arguments);
        let turn = Message::new(Role::Assistant, "").calls(vec![call.clone()]);
        let asked = with(vec![turn, Message::new(Role::Tool, "does not fit").answers(call)]);
        for wire in WIRES {
            let body = sent(wire, asked.clone());
            let place = match wire {
                Wire::OpenAiChat | Wire::Ollama => "/messages/2/tool_calls/0/function/arguments",
                Wire::Anthropic => "/messages/1/content/0/input",
                Wire::Gemini => "/contents/1/parts/0/functionCall/args",
                _ => {
                    let input = body["input"].as_array().unwrap();
                    let call = input.iter().find(|item| item["type"] == "function_call").unwrap();
                    let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
                    assert!(arguments.is_object(), "{wire:?} {arguments}: {body}");
                    continue;
                }
            };
            // A call without arguments may leave them out where the protocol lets it.
            let sent = body.pointer(place).cloned().unwrap_or(json!({}));
            let object = match sent.as_str() {
                Some(text) if wire == Wire::OpenAiChat => serde_json::from_str(text).unwrap(),
                _ => sent,
            };
            assert!(object.is_object(), "{wire:?} {arguments}: {body}");
        }
    }
}

#[test]
fn what_is_said_is_sent_to_the_letter() {
    for wire in WIRES {
        for text in ["  a\n", "\ta ", "a\u{a0}", "größe €😀", "a\"b\\c", "a\u{0}b", "\u{feff}a"] {
            let asked = with(vec![
                Message::new(Role::Assistant, "Yes?"),
                Message::new(Role::User, text),
                Message::new(Role::Assistant, text).calls(vec![calm()]),
                Message::new(Role::Tool, text).answers(calm()),
            ]);
            let body = sent(wire, asked).to_string();
            let count = body.matches(&json!(text).to_string()).count();
            assert_eq!(count, 3, "{wire:?} {text:?}: {body}");
        }
    }
}
