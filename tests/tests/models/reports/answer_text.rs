//! The text of an answer is what the model wrote, to the letter, whole and in pieces.

use super::said::{Said, text, written};
use super::{both, hears, whole};
use crate::server::{chunks, json as answered};
use crate::wires::{WIRES, kind};
use flujo::model::ModelFailure;
use flujo_models::Wire;
use serde_json::{Value, json};

#[test]
fn nothing_is_trimmed() {
    for wire in WIRES {
        for one in [
            "  a\n",
            "\n\na",
            "a ",
            "\ta\r\n",
            " ",
            "\n",
            "a\u{a0}",
            "\u{feff}a",
            "data: a\n\ndata: b",
            "[DONE]",
        ] {
            let texts = [one];
            let said = text(wire, &texts);
            let stream = written(wire, &said.events(wire));
            for (way, (done, heard)) in [
                ("whole", hears(wire, answered(200, "", &said.body(wire).to_string()), false)),
                ("in pieces", hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true)),
            ] {
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {one:?} {way}: {e}"));
                assert_eq!((reply.content.as_str(), heard.as_str()), (one, one), "{wire:?} {way}");
            }
        }
    }
}

#[test]
fn the_same_reply_comes_whole_and_in_pieces() {
    let call = [("id-1", r#"{"word":"calm"}"#), ("id-2", r#"{"word":"storm"}"#)];
    for wire in WIRES {
        for said in [
            text(wire, &["Hello"]),
            text(wire, &["Hel", "lo", " there"]),
            super::said::calls(wire, &call),
            Said { texts: &["Let me ", "see."], ..super::said::calls(wire, &call) },
        ] {
            for (way, done) in both(wire, &said.body(wire), &said.events(wire)) {
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
                assert_eq!(reply, said.reply(wire), "{wire:?} {way}");
            }
        }
    }
}

#[test]
fn parts_of_text_are_one_text() {
    // Mistral and others answer in parts.
    let mut body = text(Wire::OpenAiChat, &[""]).body(Wire::OpenAiChat);
    let parts = json!([{"type": "text", "text": " Hel"}, {"type": "text", "text": "lo\n"}]);
    body["choices"][0]["message"]["content"] = parts.clone();
    assert_eq!(whole(Wire::OpenAiChat, &body).unwrap().content, " Hello\n");
    let mut events = text(Wire::OpenAiChat, &["a"]).events(Wire::OpenAiChat);
    events[1]["choices"][0]["delta"]["content"] = parts;
    assert_eq!(super::pieces(Wire::OpenAiChat, &events).unwrap().content, " Hello\n");
    // Two messages in one response.
    let said = text(Wire::OpenAiResponses, &[" Hel"]);
    let mut body = said.body(Wire::OpenAiResponses);
    let mut second = body["output"][0].clone();
    second["content"][0]["text"] = json!("lo\n");
    body["output"].as_array_mut().unwrap().push(second);
    assert_eq!(whole(Wire::OpenAiResponses, &body).unwrap().content, " Hello\n");
}

#[test]
fn responses_say_a_text_several_times_and_it_is_one() {
    let wire = Wire::OpenAiResponses;
    let said = text(wire, &[" Hel", "lo\n"]);
    for left_out in [
        &["response.output_text.delta"][..],
        &["response.output_text.done"],
        &["response.content_part.added", "response.content_part.done"],
        &["response.output_item.added", "response.output_item.done"],
        &["response.output_text.delta", "response.output_text.done"],
        &["response.output_text.done", "response.content_part.done", "response.output_item.done"],
        &["response.created", "response.in_progress"],
    ] {
        let mut events = said.events(wire);
        events.retain(|event| !left_out.contains(&event["type"].as_str().unwrap()));
        // Some servers leave the output out of the last event.
        for output in [true, false] {
            if !output {
                events.last_mut().unwrap()["response"]["output"] = json!([]);
            }
            let stream = written(wire, &events);
            let (done, heard) = hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true);
            let reply = done.unwrap_or_else(|e| panic!("{left_out:?} {output}: {e}"));
            assert_eq!((&reply, heard.as_str()), (&said.reply(wire), " Hello\n"), "{left_out:?} {output}");
        }
    }
    // Nothing but the last event.
    let events = said.events(wire);
    let stream = written(wire, &events[events.len() - 1..]);
    let (done, heard) = hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true);
    assert_eq!((done.unwrap(), heard.as_str()), (said.reply(wire), " Hello\n"));
}

/// What a model thinks is no part of what it says.
#[test]
fn thoughts_are_no_text() {
    let thinks = |wire: Wire| -> (Value, Vec<Value>) {
        let said = text(wire, &["Yes."]);
        let (mut body, mut events) = (said.body(wire), said.events(wire));
        match wire {
            Wire::OpenAiChat => {
                body["choices"][0]["message"]["reasoning_content"] = json!("hm");
                body["choices"][0]["message"]["reasoning"] = json!("hm");
                events[0]["choices"][0]["delta"]["reasoning_content"] = json!("hm");
                events[0]["choices"][0]["delta"]["reasoning"] = json!("hm");
            }
            Wire::OpenAiResponses => {
                let item = json!({"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]});
                body["output"].as_array_mut().unwrap().insert(0, item);
                let delta = json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs", "output_index": 0, "summary_index": 0, "delta": "hm"});
                events.insert(2, delta);
            }
            Wire::Anthropic => {
                let block = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
                body["content"].as_array_mut().unwrap().insert(0, block);
                for (at, event) in [
                    json!({"type": "content_block_start", "index": 7, "content_block": {"type": "thinking", "thinking": ""}}),
                    json!({"type": "content_block_delta", "index": 7, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
                    json!({"type": "content_block_delta", "index": 7, "delta": {"type": "signature_delta", "signature": "s"}}),
                    json!({"type": "content_block_stop", "index": 7}),
                ].into_iter().enumerate() {
                    events.insert(1 + at, event);
                }
            }
            Wire::Gemini => {
                let part = json!({"text": "hm", "thought": true});
                body["candidates"][0]["content"]["parts"].as_array_mut().unwrap().insert(0, part.clone());
                events[0]["candidates"][0]["content"]["parts"].as_array_mut().unwrap().insert(0, part);
            }
            _ => {
                body["message"]["thinking"] = json!("hm");
                events[0]["message"]["thinking"] = json!("hm");
            }
        }
        (body, events)
    };
    for wire in WIRES {
        let (body, events) = thinks(wire);
        for (way, done) in both(wire, &body, &events) {
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
            // They are told apart from the answer, once.
            assert_eq!(reply, text(wire, &["Yes."]).reply(wire).reasoned("hm"), "{wire:?} {way}");
        }
    }
}

#[test]
fn a_body_without_an_answer_is_no_answer() {
    let places = |wire: Wire| -> Vec<&'static str> {
        match wire {
            Wire::OpenAiChat => vec!["/choices/0/message", "/choices/0", "/choices"],
            Wire::OpenAiResponses => vec!["/output"],
            Wire::Anthropic => vec!["/content"],
            Wire::Gemini => vec!["/candidates/0", "/candidates"],
            _ => vec!["/message"],
        }
    };
    for wire in WIRES {
        for place in places(wire) {
            let mut body = text(wire, &["Hello"]).body(wire);
            let (parent, name) = place.rsplit_once('/').unwrap();
            match body.pointer_mut(parent).unwrap() {
                Value::Array(all) => all.clear(),
                parent => drop(parent.as_object_mut().unwrap().remove(name)),
            }
            let error = whole(wire, &body).expect_err(&format!("{wire:?} {body}"));
            assert_eq!(error.failure, ModelFailure::Unreadable, "{wire:?} {place}: {error}");
        }
        for body in [json!({}), json!([]), json!(null), json!("Hello"), json!({"text": "Hello"})] {
            let error = whole(wire, &body).expect_err(&format!("{wire:?} {body}"));
            assert_eq!(error.failure, ModelFailure::Unreadable, "{wire:?} {body}: {error}");
        }
    }
}

#[test]
fn parts_of_another_kind_alone_are_no_empty_answer() {
    for (wire, place, part) in [
        (Wire::OpenAiChat, "/choices/0/message/content", json!([{"type": "riddle", "riddle": "?"}])),
        (Wire::OpenAiChat, "/choices/0/message/content", json!({"riddle": "?"})),
        (Wire::OpenAiChat, "/choices/0/message/content", json!(7)),
        (Wire::OpenAiResponses, "/output/0/content", json!([{"type": "riddle", "riddle": "?"}])),
        (Wire::OpenAiResponses, "/output", json!([{"type": "riddle", "riddle": "?"}])),
        (Wire::Anthropic, "/content", json!([{"type": "riddle", "riddle": "?"}])),
        (Wire::Gemini, "/candidates/0/content/parts", json!([{"riddle": "?"}])),
        (Wire::Ollama, "/message/content", json!({"riddle": "?"})),
    ] {
        let mut body = text(wire, &["Hello"]).body(wire);
        *body.pointer_mut(place).unwrap() = part;
        let error = whole(wire, &body).expect_err(&format!("{wire:?} {body}"));
        assert_eq!(error.failure, ModelFailure::Unreadable, "{wire:?}: {error}");
    }
}
