//! The suite over every path to a model, for what agents need: servers of tools, tools of a call, lists of models, answers as they
//! arrive, reasoning.

use crate::paths::To;
use crate::server::{Act, Server, json};
use crate::tools::calls;
use crate::wires::*;
use flujo::codec::Json;
use flujo::engine::Memory;
use flujo::model::{ToolServer, ToolSpec};
use flujo::prelude::*;
use flujo::run::Streamed;
use flujo_models::Wire;
use flujo_testing::Replies;
use serde_json::json as value;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Label {
    name: String,
    score: u8,
}

const DOG: &str = r#"{"name":"dog","score":9}"#;

fn dog() -> Label {
    Label { name: "dog".into(), score: 9 }
}

struct Words;

#[flujo::async_trait]
impl ToolServer for Words {
    fn name(&self) -> &'static str {
        "words"
    }
    async fn tools(&self) -> Result<Vec<ToolSpec>> {
        let schema = r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"]}"#;
        Ok(vec![ToolSpec::new("look_up", "Looks a word up.", Json::parse(schema)?)])
    }
    async fn call(&self, _: &str, arguments: &Json) -> Result<String> {
        let word: serde_json::Value = arguments.decode()?;
        Ok(format!("{} is served", word["word"].as_str().unwrap_or_default()))
    }
}

#[resources]
struct App {
    words: Words,
}

#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word} is a word"))
}

#[step(role = solution, max_tokens = 60, retries = 0)]
fn find(text: String) -> Prompt<Label> {
    Prompt::system("Find it out.").user(text)
}

pipeline! {
    fn served(text: String, app: &App) -> Label {
        find(text).tools([mcp(Words).ask_first_if(|_, arguments| arguments["word"] == "calm")])
    }
}
pipeline! {
    fn lent(text: String, app: &App) -> Label {
        find(text).tools([look_up]).tool_rounds(1)
    }
}
pipeline! {
    fn listed(text: String, models: Vec<String>, app: &App) -> Label {
        find(text).models(models)
    }
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

fn at(to: To, scripts: Vec<Vec<Act>>) -> (Flujo<App>, Server) {
    let server = Server::new(scripts);
    let builder = Flujo::builder().engine(Memory::new()).resources(App { words: Words });
    let flujo = builder.models(to.models(&server.url)).role("solution", to.model()).build().unwrap();
    (flujo, server)
}

#[test]
fn suite_servers_of_tools_and_tools_of_a_call() {
    for to in To::whole() {
        let scripts = || vec![json(200, "", &calls(to.wire)), to.says(DOG)];
        let (flujo, server) = at(to, scripts());
        let mut people = Replies::new().reply("served/find~2", Approval::edit(value!({"word": "gale"})));
        let result = block_on(people.run(flujo.run(served("?".into())).id("r"))).unwrap();
        assert_eq!(result.into_output().unwrap(), dog(), "{to:?}");
        let sent: Vec<String> = server.sent().into_iter().map(|sent| sent.body.to_string()).collect();
        assert!(sent[0].contains("Looks a word up."), "{to:?}: {}", sent[0]);
        for part in ["a person changed the arguments to", "gale is served", "storm is served"] {
            assert!(sent[1].contains(part), "{to:?}: {}", sent[1]);
        }
        let (flujo, server) = at(to, scripts());
        let result = block_on(async { flujo.run(lent("?".into())).await });
        assert_eq!(result.into_output().unwrap(), dog(), "{to:?}");
        let told = server.sent()[1].body.to_string();
        assert!(told.contains("calm is a word") && told.contains("storm is a word"), "{to:?}: {told}");
    }
}

#[test]
fn suite_lists_of_models() {
    for to in To::whole() {
        let names = vec![to.model().replace(":m", ":busy"), to.model()];
        let (flujo, server) =
            at(to, vec![json(503, "", r#"{"error":{"message":"too busy"}}"#), to.says(DOG)]);
        let result = block_on(async { flujo.run(listed("?".into(), names.clone())).await });
        let step = result.step("listed/find").unwrap();
        let asked: Vec<_> = step.by_model().iter().map(|(model, _)| model.clone()).collect();
        assert_eq!((step.attempts(), asked), (1, names), "{to:?}");
        assert_eq!(result.into_output().unwrap(), dog(), "{to:?}");
        assert_eq!(server.sent().len(), 2, "{to:?}");
    }
}

#[test]
fn suite_answers_as_they_arrive() {
    for to in To::all().filter(|to| to.pieces) {
        let (flujo, _server) = at(to, vec![to.says(DOG)]);
        let (partials, result) = block_on(async {
            let mut stream = flujo.stream(listed("?".into(), vec![to.model()])).partials::<Label>();
            let mut partials = Vec::new();
            loop {
                match stream.next().await.unwrap() {
                    Streamed::Partial(partial) => partials.push(partial.value),
                    Streamed::Event(_) => {}
                    Streamed::Result(result) => break (partials, result),
                }
            }
        });
        // Two pieces: the name has come with the first.
        assert_eq!(partials, [Label { name: "dog".into(), score: 0 }, dog()], "{to:?}");
        assert_eq!(result.into_output().unwrap(), dog(), "{to:?}");
    }
}

/// A whole answer behind thoughts.
fn thoughtful(wire: Wire) -> String {
    let mut body: serde_json::Value = serde_json::from_str(&answer(wire, DOG)).unwrap();
    match wire {
        Wire::OpenAiChat => body["choices"][0]["message"]["reasoning_content"] = value!("It barks."),
        Wire::OpenAiResponses => {
            let item = value!({"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "It barks."}]});
            body["output"].as_array_mut().unwrap().insert(0, item);
        }
        Wire::Anthropic => {
            let block = value!({"type": "thinking", "thinking": "It barks.", "signature": "s"});
            body["content"].as_array_mut().unwrap().insert(0, block);
        }
        Wire::Gemini => {
            let part = value!({"text": "It barks.", "thought": true});
            body["candidates"][0]["content"]["parts"].as_array_mut().unwrap().insert(0, part);
        }
        _ => body["message"]["thinking"] = value!("It barks."),
    }
    body.to_string()
}

pipeline! {
    fn reasoned(text: String, model: String, app: &App) -> Label {
        find(text).model(model).reasoning_text(true)
    }
}

#[test]
fn suite_reasoning_is_recorded_where_it_is_asked_for() {
    for to in To::whole() {
        let server = Server::new(vec![json(200, "", &thoughtful(to.wire))]);
        let can = flujo_models::Capabilities { reasoning_text: true, ..flujo_models::Capabilities::OPENAI };
        let models = match to.provider {
            "test" => models_that(to.wire, &server.url, can),
            provider => {
                quick().key(provider, KEY).base_url(provider, &server.url).can(provider, can).build().unwrap()
            }
        };
        let builder = Flujo::builder().engine(Memory::new()).resources(App { words: Words });
        let flujo = builder.models(models).role("solution", to.model()).build().unwrap();
        let result = block_on(async { flujo.run(reasoned("?".into(), to.model())).await });
        let step = result.step("reasoned/find").unwrap();
        assert_eq!(step.reasoning(), Some("It barks."), "{to:?}");
        assert_eq!(step.options().map(|options| options.reasoning_text), Some(Some(true)), "{to:?}");
        assert_eq!(result.into_output().unwrap(), dog(), "{to:?}");
    }
}
