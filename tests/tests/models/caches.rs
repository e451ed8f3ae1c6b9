//! Marks for the prompt caches of providers, and what is written to them.

use crate::mocked::Mocked;
use crate::wires::*;
use flujo::codec::Json;
use flujo::model::{
    CacheTime, CallOptions, Message, ModelFailure, ModelRequest, Prices, Rates, Role, ToolSpec,
};
use flujo::prelude::*;
use flujo::{Cost, Usage};
use flujo_models::{Capabilities, Wire};
use serde_json::{Value, json};

fn marked(role: Role, text: &str, time: Option<CacheTime>) -> Message {
    let mut message = Message::new(role, text);
    message.cache = time;
    message
}

fn tool() -> ToolSpec {
    ToolSpec::new("look_up", "Looks a word up.", Json::parse(r#"{"type":"object","properties":{}}"#).unwrap())
}

fn sent(wire: Wire, can: Capabilities, request: ModelRequest) -> Result<Value, String> {
    let server = Mocked::answering(&answer(wire, "ok"));
    let (done, _) = call(&models_that(wire, &server.url, can), request);
    done.map(|_| server.sent().remove(0).body).map_err(|error| {
        assert_eq!((error.failure, server.sent().len()), (ModelFailure::BadRequest, 0));
        error.to_string()
    })
}

fn asking(messages: Vec<Message>) -> ModelRequest {
    let mut request = request(false);
    request.messages = messages;
    request
}

#[test]
fn marks_stand_where_the_prompt_has_them() {
    const MINUTES: Option<CacheTime> = Some(CacheTime::FiveMinutes);
    let five = json!({"type": "ephemeral"});
    let hour = json!({"type": "ephemeral", "ttl": "1h"});
    let messages = vec![
        marked(Role::System, "Rules.", Some(CacheTime::OneHour)),
        marked(Role::System, "More rules.", None),
        marked(Role::User, "A long text.", MINUTES),
        marked(Role::Assistant, "Yes.", MINUTES),
        marked(Role::User, "Hi?", None),
    ];
    let body = sent(Wire::Anthropic, Capabilities::ANTHROPIC, asking(messages.clone())).unwrap();
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "Rules.", "cache_control": hour}, {"type": "text", "text": "More rules."}])
    );
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "A long text.", "cache_control": five}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes.", "cache_control": five}]},
            {"role": "user", "content": "Hi?"}
        ])
    );
    // Where providers keep prompts by themselves nothing is sent.
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Gemini, Wire::Ollama] {
        let body = sent(wire, Capabilities::OPENAI, asking(messages.clone())).unwrap().to_string();
        assert!(!body.contains("cache"), "{wire:?} {body}");
    }
    // Without marks the request is as it was.
    let body = sent(Wire::Anthropic, Capabilities::ANTHROPIC, request(false)).unwrap();
    assert_eq!((body["system"].clone(), body.to_string().contains("cache")), (json!("Be brief."), false));
}

#[test]
fn a_policy_marks_tools_and_system_messages() {
    let policy =
        |time| request(false).tools(vec![tool(), tool()]).options(CallOptions::new().prompt_cache(time));
    let body = sent(Wire::Anthropic, Capabilities::ANTHROPIC, policy(CacheTime::OneHour)).unwrap();
    let hour = json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!((body["tools"][0].get("cache_control"), &body["tools"][1]["cache_control"]), (None, &hour));
    assert_eq!(body["system"], json!([{"type": "text", "text": "Be brief.", "cache_control": hour}]));
    assert_eq!(body["messages"][0]["content"], "Hi?");
    let body = sent(Wire::Anthropic, Capabilities::ANTHROPIC, policy(CacheTime::FiveMinutes)).unwrap();
    assert_eq!(body["tools"][1]["cache_control"], json!({"type": "ephemeral"}));
}

#[test]
fn marks_that_a_provider_does_not_take_are_refused() {
    let all = |n: usize, time| (0..n).map(|_| marked(Role::User, "text", Some(time))).collect::<Vec<_>>();
    let error =
        sent(Wire::Anthropic, Capabilities::ANTHROPIC, asking(all(5, CacheTime::FiveMinutes))).unwrap_err();
    assert!(
        error.contains("this provider takes at most 4 marks for its prompt cache, and there are 5"),
        "{error}"
    );
    let mut mixed = all(1, CacheTime::FiveMinutes);
    mixed.extend(all(1, CacheTime::OneHour));
    let error = sent(Wire::Anthropic, Capabilities::ANTHROPIC, asking(mixed)).unwrap_err();
    assert!(
        error.contains("a mark for an hour follows one for five minutes: the longer one comes first"),
        "{error}"
    );
}

#[step(model = "test:m", max_tokens = 10, retries = 0)]
fn ask_handbook(question: String) -> Prompt<String> {
    Prompt::system("A handbook. ".repeat(20)).cache_here_for(CacheTime::OneHour).user(question)
}

pipeline! {
    fn help(question: String) -> String {
        ask_handbook(question)
    }
}

/// A dollar a million tokens sent, two written for an hour, a tenth read, five received.
fn prices() -> Prices {
    let rates =
        Rates::usd("1", "5").unwrap().cached_usd("0.1").unwrap().cache_write_usd("1.25", "2").unwrap();
    Prices::new().model("test:m", rates)
}

fn run(limit: UsageLimits) -> (Result<String, String>, Usage, usize) {
    let mut said: Value = serde_json::from_str(&answer(Wire::Anthropic, "ok")).unwrap();
    said["usage"] = json!({"input_tokens": 5, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 100,
        "cache_creation": {"ephemeral_1h_input_tokens": 100}, "output_tokens": 2});
    let server = Mocked::answering(&said.to_string());
    let models = models_that(Wire::Anthropic, &server.url, Capabilities::ANTHROPIC);
    let flujo = Flujo::builder().models(models).prices(prices()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async { flujo.run(help("Where?".into())).limits(limit).await });
    let usage = result.usage;
    (result.into_output().map_err(|e| e.to_string()), usage, server.sent().len())
}

#[test]
fn what_is_written_is_counted_paid_for_and_reserved() {
    let (answered, usage, _) = run(UsageLimits::NONE);
    assert_eq!(answered.as_deref(), Ok("ok"));
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens), (109, 4, 100));
    // 5 sent, 4 read, 100 written for an hour, 2 received.
    assert_eq!(usage.cost, Cost(5_000 + 400 + 200_000 + 10_000));
    // All that is sent may be written, at twice the price: so much is reserved, and one nano-dollar less is refused.
    let refused = run(UsageLimits::NONE.cost(Cost(1)));
    let error = refused.0.unwrap_err();
    assert_eq!(refused.2, 0, "{error}");
    let needed = error
        .split('$')
        .filter_map(|part| part.split([' ', ',', ';', ':']).next())
        .next_back()
        .unwrap()
        .to_owned();
    let needed = Cost::usd(needed.trim_end_matches(['.', ')'])).unwrap();
    let bytes = (needed.0 - 10 * 5_000) / 2_000;
    assert!(bytes > 240 && (needed.0 - 50_000).is_multiple_of(2_000), "{error}");
    assert_eq!(run(UsageLimits::NONE.cost(needed)).0.as_deref(), Ok("ok"));
    assert_eq!(run(UsageLimits::NONE.cost(Cost(needed.0 - 1))).2, 0);
}
