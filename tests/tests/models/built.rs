//! What is found before anything is sent, and what never appears anywhere.

use crate::server::{Server, json};
use crate::wires::*;
use flujo::model::{ModelClient, ModelRequest};
use flujo::prelude::*;
use flujo_models::{Capabilities, Compatible, Models, Structured, Wire};
use flujo_testing::EventLog;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    name: String,
}

#[step(model = "openai:gpt-4o-mini", max_tokens = 50, retries = 0)]
fn label(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

#[step(model = "opnai:gpt-4o-mini", max_tokens = 50)]
fn misspelt(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

#[step(model = "test:m", max_tokens = 50, retries = 1, backoff = none)]
fn tested(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

pipeline! {
    fn labelling(text: String) -> Label {
        let _first = label(text.clone());
        misspelt(text)
    }
}

pipeline! {
    fn testing(text: String) -> Label {
        tested(text)
    }
}

#[test]
fn where_a_model_is_asked_is_known_for_spans() {
    let server = |url: &str| {
        let models = Models::builder().provider("test", Compatible::at(url).key(KEY)).build().unwrap();
        models.server("test:m").unwrap()
    };
    assert_eq!(server("http://10.0.0.7:8000/v1"), ("10.0.0.7".to_owned(), 8000));
    // Nothing of an address but its host is told.
    assert_eq!(server("https://me:pass@models.example/v1?key=x"), ("models.example".to_owned(), 443));
    assert_eq!(Models::builder().build().unwrap().server("nobody:m"), None);
}

fn run(models: Models, text: &str) -> (PipelineResult<Label, ()>, EventLog) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = EventLog::new();
    let flujo = Flujo::builder().models(models).build().unwrap();
    let result = runtime.block_on(async { flujo.run(testing(text.to_owned())).observer(log.clone()).await });
    (result, log)
}

#[test]
fn unknown_providers_and_missing_keys_are_refused_when_the_engine_is_built() {
    let models = Models::builder().keys_from(|_| None).build().unwrap();
    let error = Flujo::builder().models(models).pipeline::<labelling>().build().unwrap_err().to_string();
    let known = "`anthropic`, `deepseek`, `gemini`, `groq`, `mistral`, `ollama`, `openai`, `openai-responses`, \
                 `openrouter`, `xai`";
    assert_eq!(
        error,
        format!(
            "labelling/label: no key for `openai`: set `OPENAI_API_KEY`, or give it with `.key(\"openai\", ..)`; \
             labelling/misspelt: unknown provider `opnai` in `opnai:gpt-4o-mini`; known are {known}"
        )
    );
    // An empty variable is none; digits are a key.
    let models =
        Models::builder().keys_from(|name| Some(if name == "OPENAI_API_KEY" { " " } else { "1234" }.into()));
    let models = models.build().unwrap();
    let schema = with_schema::<Label>();
    assert!(
        models
            .check(&ModelRequest::new("openai:gpt-4o", Vec::new()).schema(schema.clone()))
            .unwrap_err()
            .to_string()
            .contains("`OPENAI_API_KEY`")
    );
    assert_eq!(
        models.check(&ModelRequest::new("anthropic:claude", Vec::new()).schema(schema.clone())),
        Ok(())
    );
    assert_eq!(
        models.check(&ModelRequest::new("ollama:llama3:8b", Vec::new()).schema(schema.clone())),
        Ok(())
    );
    for wrong in ["gpt-4o", "openai:", ":gpt", "openai::gpt-4o"] {
        assert_eq!(
            models
                .check(&ModelRequest::new(wrong, Vec::new()).schema(schema.clone()))
                .unwrap_err()
                .to_string(),
            format!("`{wrong}` names no model: write `provider:model`")
        );
    }
}

#[step(model = "test:m", max_tokens = 50)]
fn mapped(text: String) -> Prompt<std::collections::BTreeMap<String, (u8, u8)>> {
    Prompt::ask(text)
}

pipeline! {
    fn mapping(text: String) -> usize {
        let scores = mapped(text);
        scores.len()
    }
}

#[test]
fn schemas_that_no_strict_mode_takes_are_found_when_the_engine_is_built() {
    let build = |otherwise| {
        let can = Capabilities { otherwise, ..Capabilities::OPENAI };
        let models = models_that(Wire::OpenAiChat, "http://localhost:1", can);
        Flujo::builder().models(models).pipeline::<mapping>().pipeline::<testing>().build().map(|_| ())
    };
    let error = build(Structured::Strict).unwrap_err().to_string();
    assert_eq!(
        error,
        "mapping/mapped: no strict schema of its answer: the answer is a map: a strict schema names every property"
    );
    // There is another way, and it is taken.
    build(Structured::Prompted).unwrap();
    let lenient = Capabilities { otherwise: Structured::Strict, ..Capabilities::GEMINI };
    let models = models_that(Wire::Gemini, "http://localhost:1", lenient);
    Flujo::builder().models(models).pipeline::<mapping>().build().unwrap();
}

#[test]
fn what_is_set_up_wrongly_is_told_at_once() {
    let error = Models::builder()
        .key("opnai", "sk-1")
        .base_url("openai", "localhost:80")
        .provider("My Server", Compatible::at("ftp://x"))
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown provider `opnai`: add it with `.provider(..)`; \
         `My Server` is no name of a provider: use a-z, 0-9, `-` and `_`; \
         `ftp://x` is no address of the provider `My Server`: write `https://..`; \
         `localhost:80` is no address of the provider `openai`: write `https://..`"
    );
    let error = Models::builder().base_url("openai", "https://grün.example/v1").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://grün.example/v1` is no address of the provider `openai`: write its host in ASCII, `https://xn--..`"
    );
}

#[test]
fn a_step_is_answered_by_a_server() {
    for wire in WIRES {
        let good = stream_of(wire, "{\"name\":\"dog\"}");
        let bad = stream_of(wire, "{\"name\":");
        let server = Server::new(vec![bad, good]);
        let (result, log) = run(models(wire, &server.url), "It barks.");
        let usage = result.usage;
        assert_eq!((usage.model_calls, usage.input_tokens, usage.output_tokens), (2, 18, 4), "{wire:?}");
        let by_model = result.step("testing/tested").unwrap().by_model().to_vec();
        assert_eq!(by_model, [("test:m".to_owned(), usage)], "{wire:?}");
        assert_eq!(result.into_output().unwrap(), Label { name: "dog".into() }, "{wire:?}");
        // It was watched, so it came in pieces.
        let chunks = log.take().iter().filter(|event| event.kind.word() == "chunk").count();
        assert!(chunks >= 2, "{wire:?}: {chunks}");
        let sent = server.sent();
        assert!(sent[1].body.to_string().contains("Your last answer was not accepted"), "{wire:?}");
        assert_ne!(sent[0].body.pointer("/stream"), Some(&serde_json::json!(false)), "{wire:?}");
    }
}

fn stream_of(wire: Wire, text: &str) -> Vec<crate::server::Act> {
    let (one, two) = text.split_at(4);
    let pieces = [begin(wire), vec![piece(wire, one), piece(wire, two)], end(wire, false)].concat();
    crate::server::stream(kind(wire), &pieces, crate::server::End::Clean)
}

#[test]
fn no_key_ever_appears() {
    let mut texts = Vec::new();
    // Providers that repeat the key they were sent, wherever they can.
    let echo = format!("{{\"error\":{{\"message\":\"wrong key {KEY}\",\"code\":\"{KEY}\"}}}}");
    for wire in WIRES {
        for streaming in [true, false] {
            for script in [
                json(401, "", &echo),
                json(500, "", KEY),
                json(200, "", &format!("{{\"{KEY}\":")),
                json(200, "", &format!("{{\"{KEY}\":1}}")),
                crate::server::stream(kind(wire), &[format!("data: {KEY}\n\n")], crate::server::End::Clean),
            ] {
                let server = Server::new(vec![script]);
                let models = models(wire, &server.url);
                let request = request(streaming).stream(streaming);
                let (done, heard) = call(&models, request);
                let error = done.unwrap_err();
                texts.extend([format!("{error}"), format!("{error:?}"), heard, format!("{models:?}")]);
                let (result, log) = run(models, "x");
                texts.push(format!("{:?}", result.trace));
                texts.push(format!("{:?}", log.take()));
                texts.push(format!("{:?}", result.into_output().unwrap_err()));
            }
        }
    }
    let builder = Models::builder().key("openai", KEY).provider("x", Compatible::at("http://x").key(KEY));
    texts.push(format!("{builder:?}"));
    texts.push(format!("{:?}", Compatible::at("http://x").key(KEY).can(Capabilities::OPENAI)));
    texts.push(format!("{:?}", builder.base_url("openai", "no address").build().unwrap_err()));
    let planted: Vec<_> = texts.iter().filter(|text| text.contains(KEY)).collect();
    assert!(planted.is_empty(), "{planted:#?}");
    assert!(texts.iter().any(|text| text.contains("[secret]")));
}
