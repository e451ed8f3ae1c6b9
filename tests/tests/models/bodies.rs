//! What is really sent, on every wire.

use crate::mocked::Mocked;
use crate::wires::*;
use flujo::model::{Attachment, ModelFailure, ModelRequest};
use flujo_models::{Capabilities, Structured, Wire};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Label {
    name: String,
    score: Option<u8>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Scores {
    by_name: BTreeMap<String, f64>,
}

fn sent(wire: Wire, can: Capabilities, request: ModelRequest) -> crate::server::Sent {
    let server = Mocked::answering(&answer(wire, "{}"));
    let (done, _) = call(&models_that(wire, &server.url, can), request);
    done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
    server.sent().remove(0)
}

#[test]
fn sampling_and_turns_are_sent_on_every_wire() {
    for wire in WIRES {
        let sent = sent(wire, Capabilities::OPENAI, request(false));
        let body = &sent.body;
        let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
        let (temperature, max_tokens, top_p, system, user) = match wire {
            Wire::OpenAiChat => {
                ("/temperature", "/max_tokens", "/top_p", "/messages/0/content", "/messages/1/content")
            }
            Wire::OpenAiResponses => {
                ("/temperature", "/max_output_tokens", "/top_p", "/instructions", "/input")
            }
            Wire::Anthropic => ("/temperature", "/max_tokens", "/top_p", "/system", "/messages/0/content"),
            Wire::Gemini => (
                "/generationConfig/temperature",
                "/generationConfig/maxOutputTokens",
                "/generationConfig/topP",
                "/systemInstruction",
                "/contents/0/parts/0/text",
            ),
            _ => (
                "/options/temperature",
                "/options/num_predict",
                "/options/top_p",
                "/messages/0/content",
                "/messages/1/content",
            ),
        };
        assert_eq!(
            (at(temperature), at(max_tokens), at(top_p)),
            (json!(0.5), json!(77), json!(0.25)),
            "{wire:?} {body}"
        );
        assert!(body.to_string().contains("Be brief."), "{wire:?} {system} {body}");
        assert!(at(user).to_string().contains("Hi?"), "{wire:?} {body}");
        // Nothing that asks for JSON where text is asked for.
        assert!(!body.to_string().contains("schema"), "{wire:?} {body}");
        // The key is in a header, and nowhere else.
        assert!(!sent.path.contains(KEY) && !body.to_string().contains(KEY), "{wire:?}");
        assert!(sent.head.contains(KEY), "{wire:?}: {}", sent.head);
    }
}

#[test]
fn a_strict_schema_is_sent_where_it_can_be_held() {
    let ask = |schema| request(false).schema(schema);
    for (wire, place) in [
        (Wire::OpenAiChat, "/response_format/json_schema/schema"),
        (Wire::OpenAiResponses, "/text/format/schema"),
        (Wire::Anthropic, "/output_config/format/schema"),
    ] {
        let body = sent(wire, Capabilities::OPENAI, ask(with_schema::<Label>())).body;
        let schema = body.pointer(place).unwrap_or_else(|| panic!("{wire:?}: {body}"));
        assert_eq!(schema["required"], json!(["name", "score"]), "{wire:?}");
        assert_eq!(schema["additionalProperties"], false, "{wire:?}");
        assert!(!schema.to_string().contains("uint8"), "{wire:?}: {schema}");
    }
    let body = sent(Wire::OpenAiChat, Capabilities::OPENAI, ask(with_schema::<Label>())).body;
    assert_eq!(body.pointer("/response_format/json_schema/strict"), Some(&json!(true)));
    // Gemini takes the schema as it is.
    let body = sent(Wire::Gemini, Capabilities::GEMINI, ask(with_schema::<Scores>())).body;
    let schema = body.pointer("/generationConfig/responseJsonSchema").unwrap();
    assert_eq!(*schema, with_schema::<Scores>().decode::<Value>().unwrap());
    // A list is asked for inside of an object.
    let body = sent(Wire::OpenAiChat, Capabilities::OPENAI, ask(with_schema::<Vec<Label>>())).body;
    assert_eq!(body.pointer("/response_format/json_schema/schema/required"), Some(&json!(["answer"])));
}

#[test]
fn what_no_strict_mode_takes_is_asked_for_in_the_next_best_way() {
    let ask = |schema| request(false).schema(schema);
    let body = sent(Wire::OpenAiChat, Capabilities::OPENAI, ask(with_schema::<Scores>())).body;
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let told = body.pointer("/messages/0/content").unwrap().to_string();
    assert!(told.contains("It must fit this JSON Schema") && told.contains("by_name"), "{told}");

    // Anthropic is made to call a tool; what it is called with is the answer.
    let called = json!({
        "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "t", "name": "answer", "input": {"by_name": {"a": 0.5}}}],
        "usage": {"input_tokens": 9, "output_tokens": 2}
    });
    let server = Mocked::answering(&called.to_string());
    let models = models_that(Wire::Anthropic, &server.url, Capabilities::ANTHROPIC);
    let (done, _) = call(&models, ask(with_schema::<Scores>()));
    assert_eq!(done.unwrap().content, r#"{"by_name":{"a":0.5}}"#);
    let body = server.sent().remove(0).body;
    assert_eq!(body.pointer("/tool_choice/name"), Some(&json!("answer")), "{body}");
    assert_eq!(body.pointer("/tools/0/name"), Some(&json!("answer")));
    assert!(body.pointer("/tools/0/input_schema/properties/by_name").is_some(), "{body}");

    let prompted = Capabilities { structured: Structured::Prompted, ..Capabilities::COMPATIBLE };
    let body = sent(Wire::Ollama, prompted, ask(with_schema::<Label>())).body;
    assert_eq!(body["format"], "json");
    assert!(body["messages"].to_string().contains("It must fit this JSON Schema"));
}

#[test]
fn images_go_where_they_are_taken() {
    let mut with_image = request(false);
    with_image.messages[1].attachments = vec![Attachment::bytes("image/png", b"png")];
    for (wire, place) in [
        (Wire::OpenAiChat, "/messages/1/content/1/image_url/url"),
        (Wire::Anthropic, "/messages/0/content/1/source/data"),
        (Wire::Gemini, "/contents/0/parts/1/inlineData/data"),
    ] {
        let body = sent(wire, Capabilities::OPENAI, with_image.clone()).body;
        let data = body.pointer(place).or_else(|| body.pointer("/contents/0/parts/1/inline_data/data"));
        let data = data.unwrap_or_else(|| panic!("{wire:?}: {body}"));
        assert!(data.as_str().unwrap().ends_with("cG5n"), "{wire:?}: {data}");
    }
    let server = Mocked::answering("{}");
    let (done, _) = call(&models_that(Wire::OpenAiChat, &server.url, Capabilities::COMPATIBLE), with_image);
    let error = done.unwrap_err();
    assert_eq!(error.failure, ModelFailure::BadRequest);
    assert_eq!(error.to_string(), "request rejected: this provider takes no images");
    assert!(server.sent().is_empty());
}
