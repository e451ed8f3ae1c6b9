//! A model that declines has not answered: its words are in the error, and nobody asks again.

use super::said::{Said, text, written};
use super::{Done, hears, pieces, whole};
use crate::server::{chunks, json as answered};
use crate::wires::kind;
use flujo::model::{ModelFailure, Tokens};
use flujo_models::Wire;
use serde_json::{Value, json};

const WORDS: &str = "I can not.";

fn declined(way: &str, done: Done) {
    let error = done.expect_err(way);
    assert_eq!(error.failure, ModelFailure::Refused, "{way}: {error}");
    assert!(!error.is_retryable(), "{way}");
    assert_eq!(error.to_string(), "the model refused: I can not.", "{way}");
    assert_eq!(error.usage, Some(Tokens::new(9, 2)), "{way}");
}

#[test]
fn a_chat_refuses() {
    for content in [json!(null), json!(""), json!("Hel"), json!([])] {
        let mut body = text(Wire::OpenAiChat, &[]).body(Wire::OpenAiChat);
        body["choices"][0]["message"]["refusal"] = json!(WORDS);
        body["choices"][0]["message"]["content"] = content.clone();
        declined(&content.to_string(), whole(Wire::OpenAiChat, &body));
    }
    let mut body = text(Wire::OpenAiChat, &[]).body(Wire::OpenAiChat);
    body["choices"][0]["message"] = json!({"role": "assistant", "refusal": WORDS});
    declined("no content", whole(Wire::OpenAiChat, &body));
    // As a part of the content.
    body["choices"][0]["message"]["refusal"] = json!(null);
    body["choices"][0]["message"]["content"] = json!([{"type": "refusal", "refusal": WORDS}]);
    declined("a part", whole(Wire::OpenAiChat, &body));
}

#[test]
fn a_chat_refuses_in_pieces() {
    let delta = |delta: Value| json!({"id": "c", "model": "m-2", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    for before in [vec![], vec![delta(json!({"content": ""}))], vec![delta(json!({"content": "Hel"}))]] {
        let mut events = text(Wire::OpenAiChat, &[]).events(Wire::OpenAiChat);
        let refusal = [delta(json!({"refusal": "I can"})), delta(json!({"refusal": " not."}))];
        events.splice(1..1, before.into_iter().chain(refusal));
        declined("in pieces", pieces(Wire::OpenAiChat, &events));
    }
    let mut events = text(Wire::OpenAiChat, &[]).events(Wire::OpenAiChat);
    events[0]["choices"][0]["delta"]["refusal"] = json!(WORDS);
    let stream = written(Wire::OpenAiChat, &events);
    let (done, heard) = hears(Wire::OpenAiChat, chunks(kind(Wire::OpenAiChat), &[stream.as_bytes()]), true);
    declined("at once", done);
    assert_eq!(heard, "");
}

#[test]
fn an_empty_refusal_is_none() {
    for none in [json!(null), json!("")] {
        let said = text(Wire::OpenAiChat, &["Hello"]);
        let (mut body, mut events) = (said.body(Wire::OpenAiChat), said.events(Wire::OpenAiChat));
        body["choices"][0]["message"]["refusal"] = none.clone();
        for event in &mut events {
            if event.pointer("/choices/0/delta").is_some() {
                event["choices"][0]["delta"]["refusal"] = none.clone();
            }
        }
        assert_eq!(whole(Wire::OpenAiChat, &body).unwrap(), said.reply(Wire::OpenAiChat));
        assert_eq!(pieces(Wire::OpenAiChat, &events).unwrap(), said.reply(Wire::OpenAiChat));
    }
}

fn refusal() -> Value {
    json!({"type": "refusal", "refusal": WORDS})
}

#[test]
fn responses_refuse() {
    let said = text(Wire::OpenAiResponses, &["Hel"]);
    let mut body = said.body(Wire::OpenAiResponses);
    body["output"][0]["content"] = json!([refusal()]);
    declined("alone", whole(Wire::OpenAiResponses, &body));
    let mut body = said.body(Wire::OpenAiResponses);
    body["output"][0]["content"].as_array_mut().unwrap().push(refusal());
    declined("behind a text", whole(Wire::OpenAiResponses, &body));
    let script = answered(200, "", &body.to_string());
    assert_eq!(hears(Wire::OpenAiResponses, script, false).1, "");
}

#[test]
fn responses_refuse_in_pieces() {
    let said = text(Wire::OpenAiResponses, &["Hel"]);
    let mut all = said.events(Wire::OpenAiResponses);
    all.retain(|event| !event["type"].as_str().unwrap().starts_with("response.output_text"));
    let of_part = |more: Value| {
        let mut event = json!({"item_id": "i", "output_index": 0, "content_index": 0});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let begun =
        of_part(json!({"type": "response.content_part.added", "part": {"type": "refusal", "refusal": ""}}));
    let deltas =
        ["I can", " not."].map(|words| of_part(json!({"type": "response.refusal.delta", "delta": words})));
    let done = of_part(json!({"type": "response.refusal.done", "refusal": WORDS}));
    let part = of_part(json!({"type": "response.content_part.done", "part": refusal()}));
    for event in &mut all {
        for place in ["/item/content", "/response/output/0/content"] {
            if let Some(Value::Array(parts)) = event.pointer_mut(place).filter(|parts| **parts != json!([])) {
                *parts = vec![refusal()];
            }
        }
    }
    let at = all.iter().position(|event| event["type"] == "response.content_part.added").unwrap();
    let [one, two] = deltas;
    all.splice(at..=at + 1, [begun, one, two, done, part]);
    let stream = written(Wire::OpenAiResponses, &all);
    let (came, heard) =
        hears(Wire::OpenAiResponses, chunks(kind(Wire::OpenAiResponses), &[stream.as_bytes()]), true);
    declined("in pieces", came);
    assert_eq!(heard, "");
    // Each way of saying it is enough: deltas, the whole at the end of them, the item, the response.
    for kept in
        ["response.refusal.delta", "response.refusal.done", "response.output_item.done", "response.completed"]
    {
        let mut some = all.clone();
        some.retain(|event| {
            let ty = event["type"].as_str().unwrap();
            ty == kept
                || ty == "response.completed"
                || ty == "response.created"
                || ty == "response.output_item.added"
        });
        if kept != "response.completed" {
            some.last_mut().unwrap()["response"]["output"] = json!([]);
        }
        declined(kept, pieces(Wire::OpenAiResponses, &some));
    }
}

#[test]
fn anthropic_refuses() {
    let wire = Wire::Anthropic;
    for texts in [&[][..], &["Hel"]] {
        let said = Said { finish: "refusal", ..text(wire, texts) };
        for (way, done) in super::both(wire, &said.body(wire), &said.events(wire)) {
            let error = done.expect_err(way);
            assert_eq!(
                (error.failure, error.usage),
                (ModelFailure::Refused, Some(Tokens::new(9, 2))),
                "{way}: {error}"
            );
            assert!(!error.is_retryable(), "{way}");
        }
    }
}
