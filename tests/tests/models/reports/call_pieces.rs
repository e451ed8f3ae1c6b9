//! Calls of tools in streams, in the forms in which servers send them: each call once, and whole.

use super::said::{calls, chat_call};
use super::{called, pieces, told, whole};
use crate::server::{chunks, json as answered};
use crate::wires::{kind, request, with_schema};
use flujo::model::{FinishReason, ModelReply};
use flujo_models::{Capabilities, Structured, Wire};
use serde_json::{Value, json};

const CALM: &str = r#"{"word":"calm"}"#;
const STORM: &str = r#"{"word":"storm"}"#;

/// A chat whose deltas of calls are these.
fn chat(deltas: &[Value]) -> ModelReply {
    let mut events = calls(Wire::OpenAiChat, &[]).events(Wire::OpenAiChat);
    let delta = |call: &Value| {
        let calls = if call.is_array() { call.clone() } else { json!([call]) };
        json!({"id": "c", "model": "m-2", "choices": [{"index": 0, "delta": {"tool_calls": calls}, "finish_reason": null}]})
    };
    events.splice(1..1, deltas.iter().map(delta));
    pieces(Wire::OpenAiChat, &events).unwrap_or_else(|e| panic!("{deltas:?}: {e}"))
}

fn at(index: u32, call: &Value) -> Value {
    let mut call = call.clone();
    call["index"] = json!(index);
    call
}

fn once(deltas: &[Value]) {
    assert_eq!(called(&chat(deltas)), [("a", "look_up", CALM)], "{deltas:?}");
}

fn twice(deltas: &[Value]) {
    assert_eq!(called(&chat(deltas)), [("a", "look_up", CALM), ("b", "look_up", STORM)], "{deltas:?}");
}

/// Arguments that go on.
fn more(text: &str) -> Value {
    json!({"function": {"arguments": text}})
}

#[test]
fn the_first_index_may_be_any() {
    for index in [0, 1, 2, 7, 4_000_000_000] {
        once(&[at(index, &chat_call("a", CALM))]);
        once(&[at(index, &chat_call("a", "{\"word\":")), at(index, &more("\"calm\"}"))]);
    }
    twice(&[at(1, &chat_call("a", CALM)), at(2, &chat_call("b", STORM))]);
    twice(&[at(3, &chat_call("a", "{\"word\":")), at(9, &chat_call("b", STORM)), at(3, &more("\"calm\"}"))]);
}

#[test]
fn an_index_may_be_missing() {
    once(&[chat_call("a", CALM)]);
    once(&[
        json!({"index": null, "id": "a", "type": "function", "function": {"name": "look_up", "arguments": CALM}}),
    ]);
    // What has no id and no index goes on with the call before.
    once(&[chat_call("a", "{\"word\":"), more("\"ca"), more("lm\"}")]);
    twice(&[chat_call("a", CALM), chat_call("b", STORM)]);
    twice(&[json!([chat_call("a", CALM), chat_call("b", STORM)])]);
    twice(&[
        chat_call("a", "{\"word\":"),
        more("\"calm\"}"),
        chat_call("b", "{\"word\":"),
        more("\"storm\"}"),
    ]);
}

#[test]
fn arguments_may_be_an_object() {
    let object = |id: &str, word: &str| json!({"id": id, "type": "function", "function": {"name": "look_up", "arguments": {"word": word}}});
    once(&[object("a", "calm")]);
    once(&[at(0, &object("a", "calm"))]);
    once(&[at(1, &object("a", "calm"))]);
    twice(&[object("a", "calm"), object("b", "storm")]);
    twice(&[at(0, &object("a", "calm")), at(1, &object("b", "storm"))]);
    twice(&[at(0, &object("a", "calm")), at(0, &object("b", "storm"))]);
}

#[test]
fn two_ids_at_one_index_are_two_calls() {
    twice(&[at(0, &chat_call("a", CALM)), at(0, &chat_call("b", STORM))]);
    twice(&[json!([at(0, &chat_call("a", CALM)), at(0, &chat_call("b", STORM))])]);
    // What comes behind the second id belongs to it.
    twice(&[
        at(0, &chat_call("a", "{\"word\":")),
        at(0, &more("\"calm\"}")),
        at(0, &chat_call("b", "{\"word\":")),
        at(0, &more("\"storm\"}")),
    ]);
}

#[test]
fn an_id_that_is_said_again_is_the_same_call() {
    once(&[at(0, &chat_call("a", "{\"word\":")), at(0, &chat_call("a", "\"calm\"}"))]);
    once(&[chat_call("a", "{\"word\":"), chat_call("a", "\"calm\"}")]);
    let empty =
        json!({"index": 0, "id": "", "type": "function", "function": {"name": "", "arguments": "\"calm\"}"}});
    once(&[at(0, &chat_call("a", "{\"word\":")), empty]);
    let null =
        json!({"index": 0, "id": null, "type": null, "function": {"name": null, "arguments": "\"calm\"}"}});
    once(&[at(0, &chat_call("a", "{\"word\":")), null]);
    once(&[at(0, &chat_call("a", "")), at(0, &more(CALM))]);
    once(&[
        json!({"index": 0, "id": "a", "type": "function", "function": {"name": "look_up"}}),
        at(0, &more(CALM)),
    ]);
    once(&[
        json!({"index": 0, "id": "a", "type": "function", "function": {"name": "look_up", "arguments": null}}),
        at(0, &more(CALM)),
    ]);
    once(&[at(0, &chat_call("a", CALM)), at(0, &more(""))]);
    once(&[at(0, &chat_call("a", CALM)), json!([])]);
}

#[test]
fn calls_may_come_by_turns() {
    twice(&[
        at(0, &chat_call("a", "{\"word\":")),
        at(1, &chat_call("b", "{\"word\":")),
        at(0, &more("\"calm\"}")),
        at(1, &more("\"storm\"}")),
    ]);
}

#[test]
fn a_chat_may_call_and_end_with_any_good_word() {
    for word in ["stop", "tool_calls", "function_call"] {
        let mut events = calls(Wire::OpenAiChat, &[("a", CALM)]).events(Wire::OpenAiChat);
        let at = events.len() - 2;
        events[at]["choices"][0]["finish_reason"] = json!(word);
        assert_eq!(called(&pieces(Wire::OpenAiChat, &events).unwrap()), [("a", "look_up", CALM)], "{word}");
        // With the last call, and without a delta.
        let mut events = calls(Wire::OpenAiChat, &[]).events(Wire::OpenAiChat);
        events[1]["choices"][0] =
            json!({"index": 0, "delta": {"tool_calls": [at_zero()]}, "finish_reason": word});
        assert_eq!(called(&pieces(Wire::OpenAiChat, &events).unwrap()), [("a", "look_up", CALM)], "{word}");
    }
}

/// As `llama-cpp-python` does.
#[test]
fn a_call_in_the_old_form_and_the_new_one_is_one_call() {
    let said = calls(Wire::OpenAiChat, &[("a", CALM)]);
    let mut events = said.events(Wire::OpenAiChat);
    for event in &mut events {
        let Some(delta) = event.pointer_mut("/choices/0/delta").filter(|delta| delta.is_object()) else {
            continue;
        };
        delta["function_call"] = delta.pointer("/tool_calls/0/function").cloned().unwrap_or_default();
        // Absent is null there.
        delta["tool_calls"] = delta.get("tool_calls").cloned().unwrap_or_default();
    }
    assert_eq!(called(&pieces(Wire::OpenAiChat, &events).unwrap()), [("a", "look_up", CALM)]);
    let mut body = said.body(Wire::OpenAiChat);
    let message = body.pointer_mut("/choices/0/message").unwrap();
    message["function_call"] = message["tool_calls"][0]["function"].clone();
    assert_eq!(called(&whole(Wire::OpenAiChat, &body).unwrap()), [("a", "look_up", CALM)]);
}

/// Servers say that they have called a tool, in the middle of its arguments too: what is cut short is no answer, whatever
/// it could be completed to.
#[test]
fn an_answer_that_is_a_call_which_is_cut_short_is_cut_short() {
    let can = Capabilities {
        structured: Structured::Tool,
        otherwise: Structured::Tool,
        beside_tools: Structured::Tool,
        ..Capabilities::OPENAI
    };
    let whole_answer = r#"{"words":["calm","storm"]}"#;
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic] {
        for end in 1..=whole_answer.len() {
            let arguments = &whole_answer[..end];
            let call = [("a", arguments)];
            let said = calls(wire, &call);
            for stream in [false, true] {
                // Anthropic's whole answers hold the arguments as a value.
                if !stream && wire == Wire::Anthropic {
                    continue;
                }
                let script = if stream {
                    let events = super::said::written(wire, &said.events(wire)).replace("look_up", "answer");
                    chunks(kind(wire), &[events.as_bytes()])
                } else {
                    answered(200, "", &said.body(wire).to_string().replace("look_up", "answer"))
                };
                let request = request(stream).schema(with_schema::<Vec<String>>());
                let (_, done, _) = told(wire, can, script, request);
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {arguments}: {e}"));
                let finish =
                    if end == whole_answer.len() { FinishReason::Stop } else { FinishReason::Length };
                assert_eq!((reply.content.as_str(), reply.finish), (arguments, finish), "{wire:?} {stream}");
            }
        }
    }
}

fn at_zero() -> Value {
    at(0, &chat_call("a", CALM))
}

#[test]
fn responses_say_a_call_several_times_and_it_is_one() {
    let events = calls(Wire::OpenAiResponses, &[("a", CALM), ("b", STORM)]).events(Wire::OpenAiResponses);
    let expected = [("a", "look_up", CALM), ("b", "look_up", STORM)];
    // Each of these alone is enough.
    for left_out in [
        &["response.function_call_arguments.delta"][..],
        &["response.function_call_arguments.done"],
        &["response.function_call_arguments.delta", "response.function_call_arguments.done"],
        &["response.output_item.done"],
        &["response.function_call_arguments.done", "response.output_item.done"],
        &["response.created", "response.in_progress"],
        &[
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
        ],
    ] {
        let kept = |event: &&Value| !left_out.contains(&event["type"].as_str().unwrap());
        let mut events: Vec<_> = events.iter().filter(kept).cloned().collect();
        let reply = pieces(Wire::OpenAiResponses, &events).unwrap_or_else(|e| panic!("{left_out:?}: {e}"));
        assert_eq!(called(&reply), expected, "{left_out:?}");
        // Some servers leave the output out of the last event.
        events.last_mut().unwrap()["response"]["output"] = json!([]);
        let reply = pieces(Wire::OpenAiResponses, &events).unwrap_or_else(|e| panic!("{left_out:?}: {e}"));
        assert_eq!(called(&reply), expected, "{left_out:?}, and no output in the end");
    }
    // Nothing but the last event.
    let last = events.last().unwrap().clone();
    assert_eq!(called(&pieces(Wire::OpenAiResponses, &[last]).unwrap()), expected);
}

#[test]
fn blocks_of_anthropic_may_have_any_index_and_hold_their_input() {
    let said = calls(Wire::Anthropic, &[("a", CALM), ("b", STORM)]);
    let mut events = said.events(Wire::Anthropic);
    for event in &mut events {
        if let Some(index) = event.get("index").and_then(Value::as_u64) {
            event["index"] = json!(index * 3 + 1);
        }
    }
    assert_eq!(pieces(Wire::Anthropic, &events).unwrap(), said.reply(Wire::Anthropic));
    // Gateways send the whole input at once.
    let mut events = said.events(Wire::Anthropic);
    events.retain(|event| event["type"] != "content_block_delta");
    let words = ["calm", "storm"].into_iter();
    for (start, word) in events.iter_mut().filter(|event| event["type"] == "content_block_start").zip(words) {
        start["content_block"]["input"] = json!({"word": word});
    }
    assert_eq!(pieces(Wire::Anthropic, &events).unwrap(), said.reply(Wire::Anthropic));
    // Both begin before the first goes on.
    let mut events = said.events(Wire::Anthropic);
    let starts = |event: &Value| u8::from(event["type"] != "content_block_start");
    events[1..11].sort_by_key(starts);
    assert_eq!(pieces(Wire::Anthropic, &events).unwrap(), said.reply(Wire::Anthropic));
}

#[test]
fn gemini_calls_come_together_or_apart() {
    let said = calls(Wire::Gemini, &[("a", CALM), ("b", STORM)]);
    let mut together = said.events(Wire::Gemini);
    assert_eq!(pieces(Wire::Gemini, &together).unwrap(), said.reply(Wire::Gemini));
    let second = together.remove(1)["candidates"][0]["content"]["parts"][0].clone();
    together[0]["candidates"][0]["content"]["parts"].as_array_mut().unwrap().push(second);
    assert_eq!(pieces(Wire::Gemini, &together).unwrap(), said.reply(Wire::Gemini));
    // With the end in the chunk of the call.
    let mut ends_at_once = together;
    let (mut last, end) = (ends_at_once.remove(0), ends_at_once.remove(0));
    last["candidates"][0]["finishReason"] = json!("STOP");
    last["usageMetadata"] = end["usageMetadata"].clone();
    assert_eq!(pieces(Wire::Gemini, &[last]).unwrap(), said.reply(Wire::Gemini));
}

#[test]
fn ollama_calls_come_together_apart_or_in_the_end() {
    let said = calls(Wire::Ollama, &[("a", CALM), ("b", STORM)]);
    let apart = said.events(Wire::Ollama);
    assert_eq!(pieces(Wire::Ollama, &apart).unwrap(), said.reply(Wire::Ollama));
    let body = said.body(Wire::Ollama);
    assert_eq!(pieces(Wire::Ollama, &[body]).unwrap(), said.reply(Wire::Ollama));
}
