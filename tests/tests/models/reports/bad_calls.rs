//! Calls in bad form: what can be understood is a call, what is no JSON goes to the model as it is, and nothing is lost.

use super::said::{calls, chat_call};
use super::{asking, both, called, models, pieces, whole};
use crate::server::{Server, json as answered};
use crate::wires::{WIRES, call};
use flujo::model::{Message, ModelRequest, Role, ToolCall};
use flujo_models::Wire;
use serde_json::{Value, json};

const CALM: &str = r#"{"word":"calm"}"#;
const STORM: &str = r#"{"word":"storm"}"#;

/// Where the first call of a whole answer stands.
fn place(wire: Wire) -> &'static str {
    match wire {
        Wire::OpenAiChat => "/choices/0/message/tool_calls",
        Wire::OpenAiResponses => "/output",
        Wire::Anthropic => "/content",
        Wire::Gemini => "/candidates/0/content/parts",
        _ => "/message/tool_calls",
    }
}

/// A whole answer with this call.
fn body(wire: Wire, call: &Value) -> Value {
    let mut body = calls(wire, &[("a", CALM)]).body(wire);
    body.pointer_mut(place(wire)).unwrap()[0] = call.clone();
    body
}

/// The same in pieces, where the call comes at once.
fn events(wire: Wire, call: &Value) -> Vec<Value> {
    let mut events = calls(wire, &[("a", CALM)]).events(wire);
    match wire {
        Wire::OpenAiChat => {
            events.remove(2);
            let mut call = call.clone();
            call["index"] = json!(0);
            events[1]["choices"][0]["delta"]["tool_calls"][0] = call;
        }
        Wire::OpenAiResponses => {
            let last = events.last_mut().unwrap();
            last["response"]["output"][0] = call.clone();
            let last = last.clone();
            events = vec![
                events.remove(0),
                json!({"type": "response.output_item.done", "output_index": 0, "item": call}),
                last,
            ];
        }
        Wire::Anthropic => {
            events.retain(|event| event["type"] != "content_block_delta");
            events[1]["content_block"] = call.clone();
        }
        Wire::Gemini => events[0]["candidates"][0]["content"]["parts"][0] = call.clone(),
        _ => events[0]["message"]["tool_calls"][0] = call.clone(),
    }
    events
}

/// A call whose arguments are these; without them, there is no such field.
fn with(wire: Wire, arguments: Option<Value>) -> Value {
    let mut call = calls(wire, &[("a", CALM)]).body(wire).pointer(place(wire)).unwrap()[0].clone();
    let (parent, field) = match wire {
        Wire::OpenAiChat | Wire::Ollama => ("/function", "arguments"),
        Wire::OpenAiResponses => ("", "arguments"),
        Wire::Anthropic => ("", "input"),
        _ => ("/functionCall", "args"),
    };
    let parent = call.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match arguments {
        Some(arguments) => drop(parent.insert(field.to_owned(), arguments)),
        None => drop(parent.remove(field)),
    }
    call
}

fn is_called_with(wire: Wire, call: &Value, arguments: &str) {
    for (way, done) in both(wire, &body(wire, call), &events(wire, call)) {
        let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way} {call}: {e}"));
        assert_eq!(called(&reply), [("a", "look_up", arguments)], "{wire:?} {way} {call}");
        assert_eq!(reply.content, "", "{wire:?} {way} {call}");
    }
}

#[test]
fn no_arguments_are_an_empty_object() {
    for wire in WIRES {
        for arguments in [Some(json!("")), Some(json!(null)), Some(json!({})), Some(json!("{}")), None] {
            is_called_with(wire, &with(wire, arguments), "{}");
        }
    }
    // And where the arguments come in pieces of nothing.
    for (wire, nothing) in [(Wire::OpenAiChat, json!("")), (Wire::OpenAiChat, json!(null))] {
        let mut all = events(wire, &with(wire, Some(nothing.clone())));
        let more = json!({"id": "c", "model": "m-2", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": nothing}}]}, "finish_reason": null}]});
        all.insert(2, more);
        assert_eq!(called(&pieces(wire, &all).unwrap()), [("a", "look_up", "{}")], "{nothing}");
    }
    let mut all = events(Wire::Anthropic, &with(Wire::Anthropic, Some(json!({}))));
    all.insert(2, json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}}));
    assert_eq!(called(&pieces(Wire::Anthropic, &all).unwrap()), [("a", "look_up", "{}")]);
}

#[test]
fn arguments_may_be_an_object_or_its_text() {
    for wire in WIRES {
        is_called_with(wire, &with(wire, Some(json!({"word": "calm"}))), CALM);
        is_called_with(wire, &with(wire, Some(json!(CALM))), CALM);
    }
}

#[test]
fn arguments_that_are_no_json_are_passed_on_as_they_are() {
    for wire in WIRES {
        for text in ["{\"word\": calm}", "{\"word\":\"cal", "calm", "{\"word\":\"calm\"}}", "[\"calm\"]", "7"]
        {
            is_called_with(wire, &with(wire, Some(json!(text))), text);
        }
    }
    // Cut in the middle by the model, in two pieces.
    let mut all = events(Wire::OpenAiChat, &chat_call("a", "{\"wo"));
    all.insert(2, json!({"id": "c", "model": "m-2", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "rd\": calm}"}}]}, "finish_reason": null}]}));
    assert_eq!(called(&pieces(Wire::OpenAiChat, &all).unwrap()), [("a", "look_up", "{\"word\": calm}")]);
    let mut all = events(Wire::Anthropic, &with(Wire::Anthropic, Some(json!({}))));
    for (at, text) in [(2, "{\"wo"), (3, "rd\": calm}")] {
        all.insert(at, json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": text}}));
    }
    assert_eq!(called(&pieces(Wire::Anthropic, &all).unwrap()), [("a", "look_up", "{\"word\": calm}")]);
}

/// Two calls in one answer, without what this takes away from them.
fn two_without(wire: Wire, take: impl Fn(&mut Value)) -> [(&'static str, super::Done); 2] {
    let said = calls(wire, &[("a", CALM), ("b", STORM)]);
    let (mut body, mut events) = (said.body(wire), said.events(wire));
    let all = body.pointer_mut(place(wire)).unwrap().as_array_mut().unwrap();
    all.iter_mut().for_each(&take);
    for event in &mut events {
        if let Some(Value::Array(all)) = event.pointer_mut("/choices/0/delta/tool_calls") {
            all.iter_mut().for_each(&take);
        }
        for list in ["/candidates/0/content/parts", "/message/tool_calls", "/response/output"] {
            if let Some(Value::Array(all)) = event.pointer_mut(list) {
                all.iter_mut().for_each(&take);
            }
        }
        for one in ["/item", "/content_block"] {
            if let Some(call) = event.pointer_mut(one) {
                take(call);
            }
        }
    }
    both(wire, &body, &events)
}

#[test]
fn calls_without_an_id_get_one_each() {
    for wire in WIRES {
        for id in [None, Some(json!(null)), Some(json!(""))] {
            let take = |call: &mut Value| {
                let call = match call.get_mut("functionCall") {
                    Some(inner) => inner,
                    None => call,
                };
                for field in ["id", "call_id"] {
                    // What a delta does not say is not said.
                    if call.get(field).is_some() {
                        match &id {
                            Some(id) => call[field] = id.clone(),
                            None => drop(call.as_object_mut().unwrap().remove(field)),
                        }
                    }
                }
            };
            for (way, done) in two_without(wire, take) {
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way} {id:?}: {e}"));
                let said: Vec<_> =
                    called(&reply).into_iter().map(|(_, name, arguments)| (name, arguments)).collect();
                assert_eq!(said, [("look_up", CALM), ("look_up", STORM)], "{wire:?} {way} {id:?}");
                let (one, two) = (&reply.calls[0].id, &reply.calls[1].id);
                assert!(
                    !one.is_empty() && !two.is_empty() && one != two,
                    "{wire:?} {way} {id:?}: {one} {two}"
                );
            }
        }
    }
}

#[test]
fn a_made_id_is_new_in_its_conversation() {
    for wire in WIRES {
        let mut body = calls(wire, &[("a", CALM)]).body(wire);
        let call = &mut body.pointer_mut(place(wire)).unwrap()[0];
        let call = if wire == Wire::Gemini { &mut call["functionCall"] } else { call };
        call.as_object_mut().unwrap().retain(|field, _| field != "id" && field != "call_id");
        let server = Server::new(vec![answered(200, "", &body.to_string())]);
        let models = models(wire, &server.url);
        let mut asked = asking(false);
        let mut ids = Vec::new();
        for _ in 0..3 {
            let reply = call_of(&models, asked.clone());
            assert!(!ids.contains(&reply.id), "{wire:?}: {ids:?}");
            ids.push(reply.id.clone());
            asked.messages.push(Message::new(Role::Assistant, "").calls(vec![reply.clone()]));
            asked.messages.push(Message::new(Role::Tool, "no wind").answers(reply));
        }
    }
}

fn call_of(models: &flujo_models::Models, asked: ModelRequest) -> ToolCall {
    call(models, asked).0.unwrap().calls.remove(0)
}

#[test]
fn a_chat_may_leave_out_the_type_of_a_call() {
    for ty in [None, Some(json!(null)), Some(json!(""))] {
        let take = |call: &mut Value| match &ty {
            Some(ty) => call["type"] = ty.clone(),
            None => drop(call.as_object_mut().unwrap().remove("type")),
        };
        for (way, done) in two_without(Wire::OpenAiChat, take) {
            let reply = done.unwrap_or_else(|e| panic!("{way} {ty:?}: {e}"));
            assert_eq!(called(&reply), [("a", "look_up", CALM), ("b", "look_up", STORM)], "{way} {ty:?}");
        }
    }
}

#[test]
fn a_call_of_nothing_is_no_reply() {
    for wire in WIRES {
        for name in [None, Some(json!(null)), Some(json!(""))] {
            let take = |call: &mut Value| {
                let call = match wire {
                    Wire::OpenAiChat | Wire::Ollama => call.get_mut("function").unwrap(),
                    Wire::Gemini => call.get_mut("functionCall").unwrap(),
                    _ => call,
                };
                match &name {
                    Some(name) => call["name"] = name.clone(),
                    None => drop(call.as_object_mut().unwrap().remove("name")),
                }
            };
            for (way, done) in two_without(wire, take) {
                let error = done.expect_err(&format!("{wire:?} {way} {name:?}"));
                assert!(error.is_retryable(), "{wire:?} {way} {name:?}: {error}");
            }
        }
    }
}

#[test]
fn calls_that_are_null_or_none_are_no_calls() {
    for none in [json!(null), json!([])] {
        let said = super::said::text(Wire::OpenAiChat, &["Hello"]);
        let mut body = said.body(Wire::OpenAiChat);
        body["choices"][0]["message"]["tool_calls"] = none.clone();
        body["choices"][0]["message"]["function_call"] = json!(null);
        assert_eq!(whole(Wire::OpenAiChat, &body).unwrap(), said.reply(Wire::OpenAiChat));
        let mut events = said.events(Wire::OpenAiChat);
        events[1]["choices"][0]["delta"]["tool_calls"] = none.clone();
        assert_eq!(pieces(Wire::OpenAiChat, &events).unwrap(), said.reply(Wire::OpenAiChat));
        let said = super::said::text(Wire::Ollama, &["Hello"]);
        let mut body = said.body(Wire::Ollama);
        body["message"]["tool_calls"] = none;
        assert_eq!(whole(Wire::Ollama, &body).unwrap(), said.reply(Wire::Ollama));
    }
}
