//! Images and files: in the form of the protocol, or refused before anything is sent; never left out.

use super::{sends, sent};
use crate::wires::{WIRES, request};
use flujo::model::{Attachment, Content, Message, ModelFailure, ModelRequest, Role};
use flujo_models::{Capabilities, Wire};
use serde_json::{Value, json};

const CAT: &str = "https://example.com/cat.png";
const OFFER: &str = "https://example.com/offer.pdf";

/// What the test user attaches to a question.
fn asked(attached: Vec<Attachment>) -> ModelRequest {
    let mut asked = request(false);
    asked.messages[1].attachments = attached;
    asked
}

/// The parts behind the text of the question.
fn part(wire: Wire, attached: Attachment) -> Value {
    let body = sent(wire, asked(vec![attached]));
    let place = match wire {
        Wire::OpenAiChat => "/messages/1/content/1",
        Wire::OpenAiResponses => {
            let input = body["input"].as_array().unwrap();
            let turn = input.iter().find(|item| item["role"] == "user").unwrap();
            return turn["content"][1].clone();
        }
        Wire::Anthropic => "/messages/0/content/1",
        Wire::Gemini => "/contents/0/parts/1",
        _ => "/messages/1/images/0",
    };
    let part = body.pointer(place).unwrap_or_else(|| panic!("{wire:?}: {body}")).clone();
    if wire == Wire::Gemini { camel(&part) } else { part }
}

/// Gemini knows each of its fields under two names.
fn camel(part: &Value) -> Value {
    let names = [
        ("inline_data", "inlineData"),
        ("file_data", "fileData"),
        ("mime_type", "mimeType"),
        ("file_uri", "fileUri"),
    ];
    let text = names.iter().fold(part.to_string(), |text, (snake, camel)| text.replace(snake, camel));
    serde_json::from_str(&text).unwrap()
}

/// It is refused, and nothing is sent.
fn refused(wire: Wire, can: Capabilities, request: ModelRequest) -> String {
    let (sent, done) = sends(wire, can, request);
    let error = done.expect_err(&format!("{wire:?}: {:?}", sent.as_ref().map(|sent| &sent.body)));
    assert_eq!(error.failure, ModelFailure::BadRequest, "{wire:?}: {error}");
    assert!(sent.is_none(), "{wire:?}: {error}");
    error.to_string()
}

#[test]
fn an_image_by_url() {
    let image = || Attachment::url("image/png", CAT);
    let chat = part(Wire::OpenAiChat, image());
    assert_eq!((&chat["type"], &chat["image_url"]["url"]), (&json!("image_url"), &json!(CAT)), "{chat}");
    let responses = part(Wire::OpenAiResponses, image());
    assert_eq!(
        (&responses["type"], &responses["image_url"]),
        (&json!("input_image"), &json!(CAT)),
        "{responses}"
    );
    let anthropic = part(Wire::Anthropic, image());
    assert_eq!(anthropic, json!({"type": "image", "source": {"type": "url", "url": CAT}}));
    // Whoever says that a server of Gemini's fetches what is named.
    let gemini = part(Wire::Gemini, image());
    assert_eq!(gemini, json!({"fileData": {"mimeType": "image/png", "fileUri": CAT}}));
    // Ollama has no place for a URL.
    refused(Wire::Ollama, Capabilities::OPENAI, asked(vec![image()]));
}

#[test]
fn a_pdf_by_url() {
    let pdf = || Attachment::url("application/pdf", OFFER);
    let responses = part(Wire::OpenAiResponses, pdf());
    assert_eq!(
        (&responses["type"], &responses["file_url"]),
        (&json!("input_file"), &json!(OFFER)),
        "{responses}"
    );
    let anthropic = part(Wire::Anthropic, pdf());
    assert_eq!(anthropic, json!({"type": "document", "source": {"type": "url", "url": OFFER}}));
    let gemini = part(Wire::Gemini, pdf());
    assert_eq!(gemini, json!({"fileData": {"mimeType": "application/pdf", "fileUri": OFFER}}));
    refused(Wire::OpenAiChat, Capabilities::OPENAI, asked(vec![pdf()]));
    refused(Wire::OpenAiChat, Capabilities::OPENAI, asked(vec![pdf().named("offer.pdf")]));
    refused(Wire::Ollama, Capabilities::OPENAI, asked(vec![pdf()]));
}

#[test]
fn an_image_in_bytes() {
    let image = || Attachment::bytes("image/png", b"png");
    let data = "data:image/png;base64,cG5n";
    let chat = part(Wire::OpenAiChat, image());
    assert_eq!((&chat["type"], &chat["image_url"]["url"]), (&json!("image_url"), &json!(data)), "{chat}");
    let responses = part(Wire::OpenAiResponses, image());
    assert_eq!(
        (&responses["type"], &responses["image_url"]),
        (&json!("input_image"), &json!(data)),
        "{responses}"
    );
    let source = json!({"type": "base64", "media_type": "image/png", "data": "cG5n"});
    assert_eq!(part(Wire::Anthropic, image()), json!({"type": "image", "source": source}));
    let gemini = part(Wire::Gemini, image());
    assert_eq!(gemini, json!({"inlineData": {"mimeType": "image/png", "data": "cG5n"}}));
    assert_eq!(part(Wire::Ollama, image()), json!("cG5n"));
}

#[test]
fn a_pdf_in_bytes() {
    let pdf = || Attachment::bytes("application/pdf", b"pdf").named("offer.pdf");
    let data = json!("data:application/pdf;base64,cGRm");
    let chat = part(Wire::OpenAiChat, pdf());
    assert_eq!(chat, json!({"type": "file", "file": {"filename": "offer.pdf", "file_data": data}}));
    let responses = part(Wire::OpenAiResponses, pdf());
    assert_eq!(responses, json!({"type": "input_file", "filename": "offer.pdf", "file_data": data}));
    let anthropic = part(Wire::Anthropic, pdf());
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": "cGRm"});
    assert_eq!((&anthropic["type"], &anthropic["source"]), (&json!("document"), &source));
    let gemini = part(Wire::Gemini, pdf());
    assert_eq!(gemini["inlineData"]["mimeType"], "application/pdf");
    assert_eq!(gemini["inlineData"]["data"], "cGRm");
    refused(Wire::Ollama, Capabilities::OPENAI, asked(vec![pdf()]));
    // Without a name of its own it has one: OpenAI refuses a file without.
    for (wire, place) in [(Wire::OpenAiChat, "/file/filename"), (Wire::OpenAiResponses, "/filename")] {
        let part = part(wire, Attachment::bytes("application/pdf", b"pdf"));
        let name = part.pointer(place).and_then(Value::as_str).unwrap_or_default();
        assert!(!name.is_empty(), "{wire:?}: {part}");
    }
}

#[test]
fn who_fetches_nothing_is_asked_for_nothing() {
    for wire in WIRES {
        for can in [Capabilities::GEMINI, Capabilities { urls: false, ..Capabilities::OPENAI }] {
            for attached in [Attachment::url("image/png", CAT), Attachment::url("application/pdf", OFFER)] {
                let said = refused(wire, can, asked(vec![attached]));
                assert_eq!(
                    said, "request rejected: this provider fetches nothing: attach the bytes",
                    "{wire:?}"
                );
            }
        }
        let all = [
            Attachment::url("image/png", CAT),
            Attachment::bytes("image/png", b"png"),
            Attachment::bytes("application/pdf", b"pdf"),
        ];
        for attached in all {
            refused(wire, Capabilities::COMPATIBLE, asked(vec![attached]));
        }
    }
}

/// What has to be found in a body for an attachment to be there.
fn content(attached: &Attachment) -> &str {
    match &attached.content {
        Content::Url(url) => url,
        Content::Base64(data) => data,
        _ => panic!("another kind of content"),
    }
}

#[test]
fn nothing_is_left_out_without_a_word() {
    let kinds = [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/gif",
        "image/tiff",
        "application/pdf",
        "text/plain",
        "text/csv",
        "application/json",
        "application/octet-stream",
        "audio/wav",
        "audio/mpeg",
        "video/mp4",
        "nonsense",
        "",
    ];
    for wire in WIRES {
        for kind in kinds {
            // Three letters that are themselves in base64 and as a text.
            let attached =
                [Attachment::bytes(kind, b"q7x"), Attachment::url(kind, "https://example.com/q7x")];
            for attached in attached {
                for role in [Role::System, Role::User, Role::Assistant, Role::Tool] {
                    let mut message = Message::new(role, "Look.");
                    message.attachments = vec![attached.clone()];
                    let mut asked = request(false);
                    if role == Role::Tool {
                        let call = flujo::model::ToolCall::new("id-1", "look_up", "{}");
                        asked.messages.push(Message::new(Role::Assistant, "").calls(vec![call.clone()]));
                        message = message.answers(call);
                    }
                    asked.messages.push(message);
                    let (sent, done) = sends(wire, Capabilities::OPENAI, asked);
                    match (sent, done) {
                        (None, Err(error)) => {
                            assert_eq!(error.failure, ModelFailure::BadRequest, "{wire:?}: {error}");
                        }
                        (Some(sent), Ok(_)) => {
                            let body = sent.body.to_string();
                            let there = body.contains(content(&attached)) || body.contains("q7x");
                            assert!(there, "{wire:?} {role:?} {kind}: {body}");
                            assert!(body.contains("Look."), "{wire:?} {role:?} {kind}: {body}");
                        }
                        (sent, done) => panic!("{wire:?} {role:?} {kind}: {sent:?} {done:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn several_are_sent_in_their_order() {
    for wire in WIRES {
        let attached = [b"one", b"two"].map(|bytes| Attachment::bytes("image/png", bytes)).to_vec();
        let body = sent(wire, asked(attached)).to_string();
        let places =
            ["b25l", "dHdv"].map(|data| body.find(data).unwrap_or_else(|| panic!("{wire:?}: {body}")));
        assert!(places[0] < places[1], "{wire:?}: {body}");
    }
}
