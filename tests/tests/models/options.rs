//! Options that not every provider takes: in the words of each protocol, or refused.

use crate::mocked::Mocked;
use crate::wires::*;
use flujo::codec::Json;
use flujo::model::{
    CallOptions, Message, ModelClient, ModelFailure, ModelRequest, ReasoningEffort, Role, ToolCall,
    ToolChoice, ToolSpec,
};
use flujo::prelude::*;
use flujo_models::{Capabilities, Models, Provider, Structured, Wire};
use serde_json::{Value, json};

/// Takes everything, so that what a protocol has a place for is seen.
const ALL: Capabilities = Capabilities {
    reasoning_text: true,
    service_tiers: &["flex"],
    structured: Structured::Prompted,
    ..Capabilities::OPENAI
};

fn body(wire: Wire, can: Capabilities, request: ModelRequest) -> Value {
    let server = Mocked::answering(&answer(wire, "{}"));
    let (done, _) = call(&models_that(wire, &server.url, can), request);
    done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
    server.sent().remove(0).body
}

fn with(options: CallOptions) -> ModelRequest {
    request(false).options(options)
}

fn look_up() -> ToolSpec {
    let arguments = r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"]}"#;
    ToolSpec::new("look_up", "Looks a word up.", Json::parse(arguments).unwrap())
}

fn at(body: &Value, pointers: &[&str]) -> Vec<Value> {
    pointers.iter().map(|pointer| body.pointer(pointer).cloned().unwrap_or_default()).collect()
}

#[test]
fn options_are_sent_in_the_words_of_each_protocol() {
    let options = CallOptions::new()
        .reasoning_effort(ReasoningEffort::Low)
        .reasoning_text(true)
        .stop(["END", "\n"])
        .seed(7);
    let options = options.service_tier("flex").parallel_calls(false);
    let stop = json!(["END", "\n"]);
    for (wire, places) in [
        (
            Wire::OpenAiChat,
            vec![
                ("/reasoning_effort", json!("low")),
                ("/stop", stop.clone()),
                ("/seed", json!(7)),
                ("/service_tier", json!("flex")),
                ("/parallel_tool_calls", json!(false)),
            ],
        ),
        (
            Wire::OpenAiResponses,
            vec![
                ("/reasoning", json!({"effort": "low", "summary": "auto"})),
                ("/service_tier", json!("flex")),
                ("/parallel_tool_calls", json!(false)),
            ],
        ),
        (
            Wire::Anthropic,
            vec![
                ("/output_config", json!({"effort": "low"})),
                ("/thinking", json!({"type": "adaptive", "display": "summarized"})),
                ("/stop_sequences", stop.clone()),
                ("/service_tier", json!("flex")),
                ("/tool_choice", json!({"type": "auto", "disable_parallel_tool_use": true})),
            ],
        ),
        (
            Wire::Gemini,
            vec![
                (
                    "/generationConfig/thinkingConfig",
                    json!({"thinkingLevel": "low", "includeThoughts": true}),
                ),
                ("/generationConfig/stopSequences", stop.clone()),
                ("/generationConfig/seed", json!(7)),
            ],
        ),
        (Wire::Ollama, vec![("/think", json!("low")), ("/options/stop", stop), ("/options/seed", json!(7))]),
    ] {
        let body = body(wire, ALL, with(options.clone()).tools(vec![look_up()]));
        for (place, value) in places {
            assert_eq!(body.pointer(place), Some(&value), "{wire:?} {place} {body}");
        }
    }
    // What is not set is not sent.
    for wire in WIRES {
        let body = body(wire, ALL, request(false)).to_string();
        for word in ["reasoning", "think", "stop", "seed", "tier", "parallel", "tool_choice", "cache"] {
            assert!(!body.contains(word), "{wire:?} {word} {body}");
        }
    }
}

#[test]
fn gemini_thinks_in_levels_or_in_tokens() {
    let sent = |model: &str, effort| {
        let server = Mocked::answering(&answer(Wire::Gemini, "ok"));
        let mut request = with(CallOptions::new().reasoning_effort(effort));
        request.model = format!("test:{model}");
        let (done, _) = call(&models_that(Wire::Gemini, &server.url, ALL), request);
        done.map(|_| server.sent()[0].body["generationConfig"]["thinkingConfig"].clone())
    };
    assert_eq!(sent("gemini-2.5-flash", ReasoningEffort::None).unwrap(), json!({"thinkingBudget": 0}));
    assert_eq!(sent("gemini-2.5-pro", ReasoningEffort::High).unwrap(), json!({"thinkingBudget": 24_576}));
    assert_eq!(sent("gemini-3-pro", ReasoningEffort::Minimal).unwrap(), json!({"thinkingLevel": "minimal"}));
    let error = sent("gemini-3-pro", ReasoningEffort::None).unwrap_err();
    assert_eq!(error.failure, ModelFailure::BadRequest);
    assert!(
        error.to_string().contains("`gemini-3-pro` always thinks: write `reasoning_effort = \"minimal\"`"),
        "{error}"
    );
}

#[test]
fn a_tool_is_required_for_the_first_reply_alone() {
    let choice = |wire, choice: ToolChoice, results: bool, place: &str| {
        let mut request = with(CallOptions::new().tool_choice(choice)).tools(vec![look_up()]);
        if results {
            let called = ToolCall::new("id-1", "look_up", r#"{"word":"calm"}"#);
            request.messages.push(Message::new(Role::Assistant, "").calls(vec![called.clone()]));
            request.messages.push(Message::new(Role::Tool, "no wind").answers(called));
        }
        body(wire, ALL, request).pointer(place).cloned().unwrap_or_default()
    };
    let tool = || ToolChoice::tool("look_up");
    for (wire, place, required, named, none) in [
        (
            Wire::OpenAiChat,
            "/tool_choice",
            json!("required"),
            json!({"type": "function", "function": {"name": "look_up"}}),
            json!("none"),
        ),
        (
            Wire::OpenAiResponses,
            "/tool_choice",
            json!("required"),
            json!({"type": "function", "name": "look_up"}),
            json!("none"),
        ),
        (
            Wire::Anthropic,
            "/tool_choice",
            json!({"type": "any"}),
            json!({"type": "tool", "name": "look_up"}),
            json!({"type": "none"}),
        ),
        (
            Wire::Gemini,
            "/toolConfig/functionCallingConfig",
            json!({"mode": "ANY"}),
            json!({"mode": "ANY", "allowedFunctionNames": ["look_up"]}),
            json!({"mode": "NONE"}),
        ),
    ] {
        assert_eq!(choice(wire, ToolChoice::Required, false, place), required, "{wire:?}");
        assert_eq!(choice(wire, tool(), false, place), named, "{wire:?}");
        assert_eq!(choice(wire, ToolChoice::None, false, place), none, "{wire:?}");
        assert_eq!(choice(wire, ToolChoice::Auto, false, place), Value::Null, "{wire:?}");
        // After results the model chooses, unless it may call none.
        assert_eq!(choice(wire, ToolChoice::Required, true, place), Value::Null, "{wire:?}");
        assert_eq!(choice(wire, tool(), true, place), Value::Null, "{wire:?}");
        assert_eq!(choice(wire, ToolChoice::None, true, place), none, "{wire:?}");
    }
}

#[test]
fn fields_that_flujo_does_not_know_are_sent_and_never_replace_one_that_it_writes() {
    for wire in WIRES {
        let options = CallOptions::new().extra("top_k", 40).extra("nested", json!({"a": [1, "b"]}));
        let sent = body(wire, ALL, with(options));
        assert_eq!(at(&sent, &["/top_k", "/nested/a/1"]), [json!(40), json!("b")], "{wire:?}");
    }
    // Objects are merged.
    let gemini = CallOptions::new().extra("generationConfig", json!({"responseLogprobs": true}));
    let sent = body(Wire::Gemini, ALL, with(gemini));
    assert_eq!(
        at(&sent, &["/generationConfig/responseLogprobs", "/generationConfig/topP"]),
        [json!(true), json!(0.25)]
    );
    for (wire, name, value, path) in [
        (Wire::OpenAiChat, "temperature", json!(1), "temperature"),
        (Wire::Gemini, "generationConfig", json!({"topP": 1}), "generationConfig.topP"),
    ] {
        let server = Mocked::answering(&answer(wire, "{}"));
        let request = with(CallOptions::new().extra(name, value));
        let (done, _) = call(&models_that(wire, &server.url, ALL), request);
        let error = done.unwrap_err();
        assert_eq!((error.failure, server.sent().len()), (ModelFailure::BadRequest, 0));
        let told = format!("`extra` sets `{path}`, which is written already: set it by its own option");
        assert!(error.to_string().contains(&told), "{error}");
    }
}

#[test]
fn what_a_provider_does_not_take_is_refused_and_named() {
    let models = Models::builder().keys_from(|_| Some("key".to_owned())).build().unwrap();
    let refusal = |model: &str, options: CallOptions| {
        let request = ModelRequest::new(model, Vec::new()).options(options).tools(vec![look_up()]);
        models.check(&request).err().map(|e| e.to_string())
    };
    let none = CallOptions::new;
    for (model, options, told) in [
        (
            "openai-responses:gpt-5",
            none().seed(7).stop(["x"]),
            "`openai-responses` takes no `stop` texts; no `seed`",
        ),
        ("openai:gpt-5", none().reasoning_text(true), "`openai` takes no text of its reasoning"),
        (
            "openai:gpt-5",
            none().stop(["1", "2", "3", "4", "5"]),
            "`openai` takes at most 4 `stop` texts, and there are 5",
        ),
        (
            "openai:gpt-5",
            none().service_tier("fast"),
            "`openai` takes no service tier \"fast\": it has \"auto\", \"default\", \"flex\", \"priority\"",
        ),
        ("anthropic:claude-opus-4-6", none().seed(1), "`anthropic` takes no `seed`"),
        (
            "anthropic:claude-opus-4-6",
            none().reasoning_effort(ReasoningEffort::Minimal),
            "`anthropic` takes no `reasoning_effort` of \"minimal\": it takes \"none\", \"low\", \"medium\", \"high\"",
        ),
        ("gemini:gemini-3-pro", none().parallel_calls(false), "`gemini` takes no `parallel_calls`"),
        (
            "gemini:gemini-3-pro",
            none().service_tier("flex"),
            "`gemini` takes no service tier \"flex\": it has none",
        ),
        ("ollama:llama3", none().tool_choice(ToolChoice::Required), "`ollama` takes no `tool_choice`"),
        ("deepseek:deepseek-chat", none().seed(3), "`deepseek` takes no `seed`"),
        (
            "mistral:mistral-large",
            none().reasoning_effort(ReasoningEffort::Low),
            "`mistral` takes no `reasoning_effort` of \"low\": no such option",
        ),
    ] {
        assert_eq!(refusal(model, options).as_deref(), Some(told), "{model}");
    }
    // What only some models of a provider take, and fields that are written already, are found as early.
    let always = refusal("gemini:gemini-3-pro", none().reasoning_effort(ReasoningEffort::None)).unwrap();
    assert!(always.contains("`gemini-3-pro` always thinks"), "{always}");
    let written = refusal(
        "openai:gpt-5",
        none().reasoning_effort(ReasoningEffort::Low).extra("reasoning_effort", "high"),
    )
    .unwrap();
    assert!(written.contains("`extra` sets `reasoning_effort`, which is written already"), "{written}");
    // What decides how much a call may cost is never passed by.
    for (model, name, value, path) in [
        ("openai:gpt-5", "service_tier", json!("priority"), "service_tier"),
        ("openai:gpt-4o", "max_completion_tokens", json!(9_000), "max_completion_tokens"),
        ("openai:gpt-4o", "n", json!(5), "n"),
        (
            "gemini:gemini-3-pro",
            "generationConfig",
            json!({"candidateCount": 8}),
            "generationConfig.candidateCount",
        ),
        ("ollama:llama3", "options", json!({"num_predict": -1}), "options.num_predict"),
    ] {
        let told = refusal(model, none().extra(name, value)).unwrap();
        assert!(
            told.contains(&format!(
                "`extra` sets `{path}`, which decides what a call may cost: set it by its own option"
            )),
            "{told}"
        );
    }
    // Every provider takes a request without options.
    for provider in Provider::ALL {
        assert_eq!(refusal(&format!("{}:m", provider.name), none()), None);
    }
}

#[step(model = "anthropic:claude-opus-4-6", max_tokens = 50, seed = 7)]
fn seeded(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

#[step(models = ["openai:gpt-5", "ollama:llama3"], max_tokens = 50, reasoning_effort = "minimal")]
fn thoughtful(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

#[step(model = "openai:gpt-5", max_tokens = 50)]
fn plain(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn all(text: String, tier: String) -> String {
        let one = seeded(text.clone());
        let two = thoughtful(text.clone());
        // Which tier it is, only the call knows: that the provider has tiers is known.
        let three = plain(text.clone()).model("gemini:gemini-3-pro").stop(vec!["x"; 9]).service_tier(tier);
        let four = plain(text).model("deepseek:deepseek-chat").named("four").seed(1 + 2);
        value(format!("{one}{two}{three}{four}"))
    }
}

#[test]
fn steps_and_calls_are_refused_before_anything_runs() {
    let models = Models::builder().keys_from(|_| Some("key".to_owned())).build().unwrap();
    let error = Flujo::builder().models(models).pipeline::<all>().build().unwrap_err().to_string();
    assert_eq!(
        error,
        "all/seeded: `anthropic` takes no `seed`; all/thoughtful: `ollama` takes no `reasoning_effort` of \"minimal\": it \
         takes \"none\", \"low\", \"medium\", \"high\"; all/plain: `gemini` takes no service tier \"tier\": it has none; \
         all/four: `deepseek` takes no `seed`"
    );
}
