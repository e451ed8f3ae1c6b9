//! Names of models are sent as they are: nothing is cut off, nothing is read into them.

use super::said::text;
use crate::server::{Server, json as answered};
use crate::wires::{KEY, call, quick, request};
use flujo_models::{Capabilities, Compatible, Wire};

const NAMES: [&str; 16] = [
    "qwen-max",
    "mistral-medium",
    "ft:gpt-4o-mini:acme::Ab1",
    "o3-mini-high",
    "gpt-5-low",
    "gpt-5.1-minimal",
    "model-none",
    "model-xhigh",
    "claude-sonnet-4-5",
    "gemini-2.5-flash-zero",
    "gpt-4o",
    "deepseek-reasoner",
    "llama3:8b",
    "Some.Model_7@2025-01-01",
    "anthropic/claude-sonnet-4:beta",
    "accounts/acme/models/m",
];

/// What a request to this model is sent to, and which model is named in it.
fn named(
    server: &Server,
    models: &flujo_models::Models,
    model: &str,
    stream: bool,
) -> (String, Option<String>) {
    let mut asked = request(stream);
    model.clone_into(&mut asked.model);
    let _ = call(models, asked);
    let sent = server.sent().pop().unwrap_or_else(|| panic!("{model}: nothing was sent"));
    (sent.path, sent.body["model"].as_str().map(str::to_owned))
}

#[test]
fn on_every_wire_that_names_them_in_the_body() {
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic, Wire::Ollama] {
        let server = Server::new(vec![answered(200, "", &text(wire, &["Hello"]).body(wire).to_string())]);
        let office = Compatible::at(&server.url).wire(wire).key(KEY).can(Capabilities::OPENAI);
        let models = quick().provider("office", office).build().unwrap();
        for name in NAMES {
            for stream in [false, true] {
                let (path, sent) = named(&server, &models, &format!("office:{name}"), stream);
                assert_eq!(sent.as_deref(), Some(name), "{wire:?} {stream}");
                let expected = match wire {
                    Wire::OpenAiChat => "/chat/completions",
                    Wire::OpenAiResponses => "/responses",
                    Wire::Anthropic => "/messages",
                    _ => "/api/chat",
                };
                assert_eq!(path, expected, "{wire:?} {name}");
            }
        }
    }
}

#[test]
fn to_every_provider_of_openais_language() {
    for provider in ["openai", "mistral", "deepseek", "groq", "xai", "openrouter"] {
        let body = text(Wire::OpenAiChat, &["Hello"]).body(Wire::OpenAiChat).to_string();
        let server = Server::new(vec![answered(200, "", &body)]);
        let models = quick().key(provider, KEY).base_url(provider, &server.url).build().unwrap();
        for name in NAMES {
            let (path, sent) = named(&server, &models, &format!("{provider}:{name}"), false);
            assert_eq!((path.as_str(), sent.as_deref()), ("/chat/completions", Some(name)), "{provider}");
        }
    }
}

#[test]
fn gemini_has_them_in_the_path() {
    let server =
        Server::new(vec![answered(200, "", &text(Wire::Gemini, &["Hello"]).body(Wire::Gemini).to_string())]);
    let office = Compatible::at(&server.url).wire(Wire::Gemini).key(KEY).can(Capabilities::OPENAI);
    let models = quick().provider("office", office).build().unwrap();
    for name in ["gemini-2.5-flash", "gemini-2.5-flash-zero", "gemini-3-pro-high", "gemma-3n", "a-low"] {
        let (path, _) = named(&server, &models, &format!("office:{name}"), false);
        assert_eq!(path, format!("/models/{name}:generateContent"));
        let (path, _) = named(&server, &models, &format!("office:{name}"), true);
        assert_eq!(path, format!("/models/{name}:streamGenerateContent?alt=sse"));
    }
    // Whatever the name is, it stays inside of its place.
    for name in ["a?b", "a#b", "a b", "../a", "a%2f"] {
        let mut asked = request(false);
        asked.model = format!("office:{name}");
        let before = server.sent().len();
        let (done, _) = call(&models, asked);
        match server.sent().get(before) {
            None => assert!(done.is_err(), "{name}"),
            Some(sent) => {
                let held = sent.path.starts_with("/models/") && sent.path.ends_with(":generateContent");
                assert!(held && !sent.path.contains(['?', '#']), "{name}: {}", sent.path);
            }
        }
    }
}

#[test]
fn the_name_that_serves_is_told_as_it_is() {
    for wire in crate::wires::WIRES {
        for name in ["qwen-max", "ft:gpt-4o-mini:acme::Ab1", "anthropic/claude-sonnet-4:beta"] {
            let change = |mut said: serde_json::Value| {
                for place in ["/model", "/modelVersion", "/response/model", "/message/model"] {
                    if let Some(model) = said.pointer_mut(place) {
                        *model = serde_json::json!(name);
                    }
                }
                said
            };
            let said = text(wire, &["Hello"]);
            let events: Vec<_> = said.events(wire).into_iter().map(change).collect();
            for (way, done) in super::both(wire, &change(said.body(wire)), &events) {
                let served = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}")).served_model;
                assert_eq!(served, Some(format!("test:{name}")), "{wire:?} {way}");
            }
        }
    }
}
