//! Tools on every wire: what models are told of them, how they call them, and what goes back.

use crate::mocked::Mocked;
use crate::server::{End, Server, json as answered, stream};
use crate::wires::*;
use flujo::codec::Json;
use flujo::model::{Message, ModelReply, Role, ToolCall, ToolSpec};
use flujo_models::{Capabilities, Wire};
use serde_json::{Value, json};

fn offered() -> ToolSpec {
    let schema = r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"],"additionalProperties":false}"#;
    ToolSpec::new("look_up", "Looks a word up.", Json::parse(schema).unwrap())
}

/// A reply that calls a tool twice.
pub fn calls(wire: Wire) -> String {
    let words = ["calm", "storm"];
    match wire {
        Wire::OpenAiChat => {
            let calls: Vec<_> = words.iter().map(|word| json!({
                "id": format!("id-{word}"), "type": "function",
                "function": {"name": "look_up", "arguments": format!("{{\"word\":\"{word}\"}}")}
            })).collect();
            json!({
                "id": "c", "object": "chat.completion", "model": "m-2",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": calls}, "finish_reason": "tool_calls"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
            })
        }
        Wire::OpenAiResponses => {
            let calls: Vec<_> = words.iter().map(|word| json!({
                "type": "function_call", "id": format!("fc-{word}"), "call_id": format!("id-{word}"), "status": "completed",
                "name": "look_up", "arguments": format!("{{\"word\":\"{word}\"}}")
            })).collect();
            json!({
                "id": "r", "object": "response", "status": "completed", "model": "m-2", "output": calls,
                "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}
            })
        }
        Wire::Anthropic => {
            let calls: Vec<_> = words.iter().map(|word| json!({
                "type": "tool_use", "id": format!("id-{word}"), "name": "look_up", "input": {"word": word}
            })).collect();
            json!({
                "id": "m", "type": "message", "role": "assistant", "model": "m-2", "stop_reason": "tool_use",
                "content": calls, "usage": {"input_tokens": 9, "output_tokens": 2}
            })
        }
        Wire::Gemini => {
            let calls: Vec<_> = words.iter().map(|word| json!({"functionCall": {"name": "look_up", "args": {"word": word}}})).collect();
            json!({
                "candidates": [{"content": {"parts": calls, "role": "model"}, "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}, "modelVersion": "m-2"
            })
        }
        _ => {
            let calls: Vec<_> = words.iter().map(|word| json!({"function": {"name": "look_up", "arguments": {"word": word}}})).collect();
            json!({
                "model": "m-2", "message": {"role": "assistant", "content": "", "tool_calls": calls}, "done": true, "done_reason": "stop",
                "prompt_eval_count": 9, "eval_count": 2
            })
        }
    }
    .to_string()
}

fn words(reply: &ModelReply) -> Vec<(String, Value)> {
    reply
        .calls
        .iter()
        .map(|call| (call.name.clone(), serde_json::from_str(&call.arguments).unwrap()))
        .collect()
}

#[test]
fn tools_are_offered_and_called_on_every_wire() {
    for wire in WIRES {
        let server = Mocked::answering(&calls(wire));
        let asked = request(false).tools(vec![offered()]);
        let (done, heard) = call(&models_that(wire, &server.url, Capabilities::OPENAI), asked);
        let reply = done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
        let call = |word: &str| ("look_up".to_owned(), json!({"word": word}));
        assert_eq!(words(&reply), [call("calm"), call("storm")], "{wire:?}");
        assert_eq!((reply.content.as_str(), heard.as_str()), ("", ""), "{wire:?}");
        assert_ne!(reply.calls[0].id, reply.calls[1].id, "{wire:?}");
        assert_eq!(reply.usage.map(|used| used.input), Some(9), "{wire:?}");
        let body = server.sent().remove(0).body;
        let tool = match wire {
            Wire::OpenAiResponses | Wire::Anthropic => "/tools/0",
            Wire::Gemini => "/tools/0/functionDeclarations/0",
            _ => "/tools/0/function",
        };
        let tool = body.pointer(tool).unwrap_or_else(|| panic!("{wire:?}: {body}"));
        assert_eq!(
            (&tool["name"], &tool["description"]),
            (&json!("look_up"), &json!("Looks a word up.")),
            "{wire:?}: {body}"
        );
        assert!(tool.to_string().contains("\"word\""), "{wire:?}: {tool}");
        // It may answer at once: nothing makes it call one.
        assert!(body.get("tool_choice").is_none_or(|choice| choice != "required"), "{wire:?}: {body}");
    }
}

#[test]
fn calls_and_what_they_gave_go_back_on_every_wire() {
    for wire in WIRES {
        let server = Mocked::answering(&answer(wire, "Calm."));
        let first = ToolCall::new("id-1", "look_up", r#"{"word":"calm"}"#);
        let second = ToolCall::new("id-2", "look_up", "no JSON");
        let turn = Message::new(Role::Assistant, "Let me see.").calls(vec![first.clone(), second.clone()]);
        let result = |call: &ToolCall, text: &str| Message::new(Role::Tool, text).answers(call.clone());
        let mut asked = request(false).tools(vec![offered()]);
        asked.messages.extend([turn, result(&first, "no wind"), result(&second, "does not fit")]);
        let (done, _) = call(&models_that(wire, &server.url, Capabilities::OPENAI), asked);
        assert_eq!(done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}")).content, "Calm.", "{wire:?}");
        let body = server.sent().remove(0).body;
        let text = body.to_string();
        for said in ["Let me see.", "calm", "no wind", "does not fit"] {
            assert!(text.contains(said), "{wire:?}: {said} is not in {body}");
        }
        let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
        match wire {
            Wire::OpenAiChat => {
                assert_eq!(at("/messages/2/tool_calls/0/id"), "id-1", "{body}");
                assert_eq!(at("/messages/2/tool_calls/0/function/arguments"), r#"{"word":"calm"}"#);
                assert_eq!(
                    (at("/messages/3/role"), at("/messages/3/tool_call_id")),
                    (json!("tool"), json!("id-1"))
                );
                assert_eq!(
                    (at("/messages/4/role"), at("/messages/4/tool_call_id")),
                    (json!("tool"), json!("id-2"))
                );
            }
            Wire::OpenAiResponses => {
                let kinds: Vec<_> =
                    at("/input").as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
                let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
                assert_eq!((count("function_call"), count("function_call_output")), (2, 2), "{body}");
            }
            Wire::Anthropic => {
                // Both results in one turn of the user, right behind the calls.
                assert_eq!(at("/messages/1/content/1/type"), "tool_use", "{body}");
                assert_eq!(at("/messages/2/role"), "user");
                assert_eq!(at("/messages/2/content/0/tool_use_id"), "id-1");
                assert_eq!(at("/messages/2/content/1/tool_use_id"), "id-2");
                assert!(body.pointer("/messages/3").is_none(), "{body}");
            }
            Wire::Gemini => {
                assert!(text.contains("functionCall") && text.contains("functionResponse"), "{body}");
            }
            _ => assert_eq!(at("/messages/3/role"), "tool", "{body}"),
        }
    }
}

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Scores {
    by_name: std::collections::BTreeMap<String, f64>,
}

#[test]
fn a_typed_answer_is_asked_for_beside_tools() {
    let ask = |schema| request(false).schema(schema).tools(vec![offered()]);
    let sent = |wire, can, request| {
        let server = Server::new(vec![answered(200, "", &answer(wire, "{}"))]);
        call(&models_that(wire, &server.url, can), request).0.unwrap();
        server.sent().remove(0).body
    };
    // OpenAI takes a strict schema, Gemini none at all beside tools.
    let body = sent(Wire::OpenAiChat, Capabilities::OPENAI, ask(with_schema::<Vec<u8>>()));
    assert_eq!(body.pointer("/response_format/json_schema/strict"), Some(&json!(true)), "{body}");
    let body = sent(Wire::Gemini, Capabilities::GEMINI, ask(with_schema::<Vec<u8>>()));
    assert!(body.pointer("/generationConfig/responseJsonSchema").is_none(), "{body}");
    assert!(body.to_string().contains("It must fit this JSON Schema"), "{body}");
    let body = sent(Wire::OpenAiChat, Capabilities::COMPATIBLE, ask(with_schema::<Vec<u8>>()));
    assert!(body.get("response_format").is_none(), "what has to be JSON cannot be a call: {body}");
    // Where a tool takes the answer, one of all the tools has to be called.
    let body = sent(Wire::Anthropic, Capabilities::ANTHROPIC, ask(with_schema::<Scores>()));
    assert_eq!(body.pointer("/tool_choice/type"), Some(&json!("any")), "{body}");
    let names: Vec<_> = body["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["look_up", "answer"]);
    let called = |name: &str, input: Value| {
        json!({
            "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
            "content": [{"type": "tool_use", "id": "t", "name": name, "input": input}],
            "usage": {"input_tokens": 9, "output_tokens": 2}
        })
        .to_string()
    };
    let said = [called("look_up", json!({"word": "calm"})), called("answer", json!({"by_name": {"a": 0.5}}))];
    let server = Server::new(said.iter().map(|said| answered(200, "", said)).collect());
    let models = models_that(Wire::Anthropic, &server.url, Capabilities::ANTHROPIC);
    let reply = call(&models, ask(with_schema::<Scores>())).0.unwrap();
    assert_eq!((reply.calls.len(), reply.content.as_str()), (1, ""));
    let reply = call(&models, ask(with_schema::<Scores>())).0.unwrap();
    assert_eq!((reply.calls.len(), reply.content.as_str()), (0, r#"{"by_name":{"a":0.5}}"#));
}

#[test]
fn calls_come_in_pieces_too() {
    let pieces = |wire: Wire| -> Vec<String> {
        match wire {
            Wire::OpenAiChat => {
                let delta = |call: Value| sse(&json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}]}).to_string());
                vec![
                    delta(json!({"index": 0, "id": "id-1", "type": "function", "function": {"name": "look_up", "arguments": "{\"wo"}})),
                    delta(json!({"index": 0, "function": {"arguments": "rd\":\"calm\"}"}})),
                    sse(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}).to_string()),
                    sse(&json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}).to_string()),
                    sse("[DONE]"),
                ]
            }
            Wire::Anthropic => {
                let event = |data: Value| format!("event: {}\n{}", data["type"].as_str().unwrap(), sse(&data.to_string()));
                vec![
                    event(json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": null, "usage": {"input_tokens": 9, "output_tokens": 1}}})),
                    event(json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "id-1", "name": "look_up", "input": {}}})),
                    event(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{\"word\":"}})),
                    event(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "\"calm\"}"}})),
                    event(json!({"type": "content_block_stop", "index": 0})),
                    event(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 2}})),
                    event(json!({"type": "message_stop"})),
                ]
            }
            _ => vec![
                sse(&json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "look_up", "args": {"word": "calm"}}}], "role": "model"}, "index": 0}]}).to_string()),
                sse(&json!({"candidates": [{"content": {"parts": [], "role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}}).to_string()),
            ],
        }
    };
    for wire in [Wire::OpenAiChat, Wire::Anthropic, Wire::Gemini] {
        let server = Server::new(vec![stream(kind(wire), &pieces(wire), End::Clean)]);
        let asked = request(true).tools(vec![offered()]);
        let (done, heard) = call(&models_that(wire, &server.url, Capabilities::OPENAI), asked);
        let reply = done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
        assert_eq!(words(&reply), [("look_up".to_owned(), json!({"word": "calm"}))], "{wire:?}");
        assert_eq!(heard, "", "{wire:?}");
    }
}
