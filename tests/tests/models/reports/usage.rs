//! What an answer used, as each protocol counts it: the same whole and in pieces, and nothing twice.

use super::said::text;
use super::{both, pieces, whole};
use crate::wires::WIRES;
use flujo::model::Tokens;
use flujo_models::Wire;
use serde_json::{Value, json};

fn used(wire: Wire, usage: &Value, more: &Value, expected: Tokens) {
    let said = text(wire, &["Hel", "lo"]);
    let (mut body, mut events) = (said.body(wire), said.events(wire));
    let last = events.len() - 1;
    match wire {
        Wire::OpenAiChat => {
            body["usage"] = usage.clone();
            events[last]["usage"] = usage.clone();
        }
        Wire::OpenAiResponses => {
            body["usage"] = usage.clone();
            events[last]["response"]["usage"] = usage.clone();
        }
        Wire::Anthropic => {
            body["usage"] = usage.clone();
            events[0]["message"]["usage"] = usage.clone();
            events[0]["message"]["usage"]["output_tokens"] = json!(1);
            events[last - 1]["usage"] = more.clone();
        }
        Wire::Gemini => {
            body["usageMetadata"] = usage.clone();
            events[last]["usageMetadata"] = usage.clone();
        }
        _ => {}
    }
    for (way, done) in both(wire, &body, &events) {
        let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
        assert_eq!(reply.usage, Some(expected), "{wire:?} {way} {usage} {more}");
    }
}

#[test]
fn cached_tokens_and_thoughts() {
    let full = Tokens::new(9, 5).cached(4).reasoning(3);
    used(
        Wire::OpenAiChat,
        &json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}),
        &Value::Null,
        full,
    );
    used(
        Wire::OpenAiResponses,
        &json!({"input_tokens": 9, "output_tokens": 5, "total_tokens": 14,
            "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 3}}),
        &Value::Null,
        full,
    );
    // Gemini's candidates are without their thoughts.
    used(
        Wire::Gemini,
        &json!({"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 2,
            "thoughtsTokenCount": 3, "totalTokenCount": 14}),
        &Value::Null,
        full,
    );
    // What Anthropic reads from a cache, or writes to it, is not in its `input_tokens`.
    let usage = json!({"input_tokens": 2, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5});
    for more in [
        json!({"output_tokens": 5}),
        // All of it again: these are sums, not additions.
        usage.clone(),
        json!({"input_tokens": 2, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5, "server_tool_use": null}),
    ] {
        used(Wire::Anthropic, &usage, &more, Tokens::new(9, 5).cached(4).cache_write(3, 0));
    }
    // What is kept for an hour is told apart.
    let written = json!({"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2});
    let hour = json!({"input_tokens": 2, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4,
        "cache_creation": written, "output_tokens": 5});
    used(Wire::Anthropic, &hour, &json!({"output_tokens": 5}), Tokens::new(9, 5).cached(4).cache_write(1, 2));
    let nulls = json!({"input_tokens": 9, "cache_creation_input_tokens": null, "cache_read_input_tokens": null, "output_tokens": 5});
    used(Wire::Anthropic, &nulls, &json!({"output_tokens": 5}), Tokens::new(9, 5));
}

#[test]
fn details_that_are_null_are_none() {
    let chat = json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "prompt_tokens_details": null, "completion_tokens_details": null});
    used(Wire::OpenAiChat, &chat, &Value::Null, Tokens::new(9, 5));
    let chat = json!({"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": null}, "completion_tokens_details": {}});
    used(Wire::OpenAiChat, &chat, &Value::Null, Tokens::new(9, 5));
    let responses = json!({"input_tokens": 9, "output_tokens": 5, "input_tokens_details": null});
    used(Wire::OpenAiResponses, &responses, &Value::Null, Tokens::new(9, 5));
}

#[test]
fn the_last_sum_counts() {
    // Some servers say it with each piece, each time for all so far.
    let mut events = text(Wire::OpenAiChat, &["Hel", "lo"]).events(Wire::OpenAiChat);
    for (i, event) in events.iter_mut().enumerate().take(3) {
        event["usage"] = json!({"prompt_tokens": 9, "completion_tokens": i, "total_tokens": 9 + i});
    }
    assert_eq!(pieces(Wire::OpenAiChat, &events).unwrap().usage, Some(Tokens::new(9, 2)));
    // In the chunk that ends the answer.
    let last = events.pop().unwrap();
    let end = events.len() - 1;
    events[end]["usage"] = last["usage"].clone();
    assert_eq!(pieces(Wire::OpenAiChat, &events).unwrap().usage, Some(Tokens::new(9, 2)));
    let mut events = text(Wire::Gemini, &["Hel", "lo"]).events(Wire::Gemini);
    events[0]["usageMetadata"] =
        json!({"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 10});
    assert_eq!(pieces(Wire::Gemini, &events).unwrap().usage, Some(Tokens::new(9, 2)));
}

#[test]
fn usage_that_nobody_tells_is_not_nothing() {
    for wire in WIRES {
        let said = text(wire, &["Hel", "lo"]);
        let (mut body, mut events) = (said.body(wire), said.events(wire));
        for said in events.iter_mut().chain([&mut body]) {
            for place in ["", "/response", "/message"] {
                if let Some(Value::Object(fields)) = said.pointer_mut(place) {
                    fields.retain(|name, _| {
                        !["usage", "usageMetadata", "prompt_eval_count", "eval_count"]
                            .contains(&name.as_str())
                    });
                }
            }
        }
        for (way, done) in both(wire, &body, &events) {
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
            assert_eq!((reply.content.as_str(), reply.usage), ("Hello", None), "{wire:?} {way}");
        }
    }
}

#[test]
fn usage_that_tells_only_what_was_sent_is_not_told() {
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic] {
        let said = text(wire, &["Hel", "lo"]);
        let (mut body, mut events) = (said.body(wire), said.events(wire));
        for said in events.iter_mut().chain([&mut body]) {
            // What the beginning of a stream says of the output stays: it is a token or two.
            for place in ["/usage", "/response/usage"] {
                if let Some(Value::Object(usage)) = said.pointer_mut(place) {
                    usage.retain(|name, _| !["completion_tokens", "output_tokens"].contains(&name.as_str()));
                }
            }
        }
        for (way, done) in both(wire, &body, &events) {
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
            assert_eq!((reply.content.as_str(), reply.usage), ("Hello", None), "{wire:?} {way}");
        }
    }
}

#[test]
fn usage_in_bad_form_is_not_told() {
    for bad in [
        json!(null),
        json!({}),
        json!("9"),
        json!([]),
        json!({"prompt_tokens": "nine"}),
        json!({"prompt_tokens": -1}),
    ] {
        let mut body = text(Wire::OpenAiChat, &["Hello"]).body(Wire::OpenAiChat);
        body["usage"] = bad.clone();
        let reply = whole(Wire::OpenAiChat, &body).unwrap_or_else(|e| panic!("{bad}: {e}"));
        assert_eq!((reply.content.as_str(), reply.usage), ("Hello", None), "{bad}");
    }
}
