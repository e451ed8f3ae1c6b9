//! `mcp(Docs)`: tools that a server names at run time.

use crate::borders::{calls, offered, results};
use crate::tools::calm;
use flujo::codec::Json;
use flujo::error::Signal;
use flujo::events::EventKind;
use flujo::graph::Bounds;
use flujo::model::{Script, ToolServer, ToolSpec};
use flujo::prelude::*;
use flujo::{ErrorKind, Usage};
use flujo_testing::EventLog;
use flujo_tests::clerks::keep;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};

/// What a server offers and what was called.
#[derive(Default)]
struct Shelf {
    name: &'static str,
    tools: Vec<ToolSpec>,
    lists: usize,
    calls: Vec<String>,
    /// How often the next calls fail before one succeeds.
    failures: usize,
}

macro_rules! server {
    ($name:ident) => {
        #[derive(Clone, Default)]
        struct $name(Arc<Mutex<Shelf>>);

        #[flujo::async_trait]
        impl ToolServer for $name {
            fn name(&self) -> &str {
                self.0.lock().unwrap().name
            }
            async fn tools(&self) -> Result<Vec<ToolSpec>> {
                let mut shelf = self.0.lock().unwrap();
                shelf.lists += 1;
                if shelf.tools.is_empty() {
                    return Err(StepError::retryable("no connection"));
                }
                Ok(shelf.tools.clone())
            }
            async fn call(&self, tool: &str, arguments: &Json) -> Result<String> {
                let mut shelf = self.0.lock().unwrap();
                shelf.calls.push(format!("{tool} {}", arguments.as_str()));
                if shelf.failures > 0 {
                    shelf.failures -= 1;
                    return Err(StepError::retryable("it is busy"));
                }
                Ok(format!("{tool} found it"))
            }
        }
    };
}
server!(Docs);
server!(Shop);

fn tool(name: &str, what: &str) -> ToolSpec {
    let schema = r#"{"type":"object","properties":{"q":{"type":"string"}},"required":["q"],"additionalProperties":false}"#;
    ToolSpec::new(name, what, Json::parse(schema).unwrap())
}

fn docs() -> Docs {
    let tools = vec![tool("search", "Searches."), tool("fetch", "Fetches."), tool("delete", "Deletes.")];
    Docs(Arc::new(Mutex::new(Shelf { name: "docs", tools, ..Shelf::default() })))
}

#[resources]
struct Services {
    docs: Docs,
    shop: Shop,
    calls: Calls,
}

#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 1,
    backoff = none,
    tools = [keep, mcp(Docs).only(["search", "fetch"]).retries(1)]
)]
fn research(topic: String) -> Prompt<Label> {
    Prompt::ask(topic)
}

#[step(model = "test:small", max_tokens = 50, retries = 0)]
fn plain(topic: String) -> Prompt<Label> {
    Prompt::ask(topic)
}

pipeline! {
    fn desk(topic: String, ctx: &mut State, services: &Services) -> String {
        let found = research(topic);
        let _sure: bool = ask("Sure?");
        value(found.name)
    }
}

pipeline! {
    fn careful(topic: String, ctx: &mut State, services: &Services) -> String {
        let question = format!("Look up {topic}?");
        let found = plain(topic).tools([
            mcp(Docs).ask_first(&question).ask_first_if(|tool, arguments| tool == "delete" || arguments["q"] == "secret"),
        ]);
        value(found.name)
    }
}

fn at(engine: &AnyEngine, script: &Script, docs: &Docs) -> Flujo<Services> {
    let services = Services { docs: docs.clone(), shop: Shop::default(), calls: Calls::default() };
    let builder = Flujo::builder().resources(services).models(script.clone()).prices(Prices);
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

#[test]
fn a_server_says_which_tools_there_are_and_each_call_is_a_record() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[
                ("search", r#"{"q":"calm"}"#),
                ("keep", r#"{"line":"a"}"#),
                ("fetch", r#"{"q":1}"#),
                ("delete", r#"{"q":"x"}"#),
            ]))
            .then(calls(&[("fetch", r#"{"q":"wind"}"#)]))
            .then(calm());
        let (docs, log) = (docs(), EventLog::new());
        let flujo = at(&engine, &script, &docs);
        let paused = flujo.run(desk("x".into())).id("r").observer(log.clone()).await;
        assert_eq!(paused.questions().len(), 1);
        assert_eq!(
            (offered(&script, 0), offered(&script, 2)),
            (
                vec!["keep".into(), "search".into(), "fetch".into()],
                vec!["keep".into(), "search".into(), "fetch".into()]
            )
        );
        assert_eq!(
            results(&script, 1),
            [
                "search found it",
                "1",
                "the arguments do not fit: `/q` must be of the type string",
                "unknown tool `delete`; known tools: `keep`, `search`, `fetch`"
            ]
        );
        assert_eq!(docs.0.lock().unwrap().calls, [r#"search {"q":"calm"}"#, r#"fetch {"q":"wind"}"#]);
        let told: Vec<_> = log
            .take()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::ToolCalled { tool } => Some(format!("{} calls {tool}", event.path)),
                EventKind::ToolReturned { tool, .. } => Some(format!("{} returned {tool}", event.path)),
                _ => None,
            })
            .collect();
        for line in
            ["desk/research~2 calls search", "desk/research~2 returned search", "desk/research~7 calls fetch"]
        {
            assert!(told.contains(&line.to_owned()), "{line}: {told:?}");
        }
        let mut steps: Vec<_> = paused.steps.iter().map(|step| step.path().to_string()).collect();
        steps.sort();
        assert!(
            steps.contains(&"desk/research~2".to_owned()) && steps.contains(&"desk/research~7".to_owned()),
            "{steps:?}"
        );
        // What is recorded is not called again, and the server is not asked what it offers.
        let lists = docs.0.lock().unwrap().lists;
        let done = flujo.resume::<desk>("r").reply(true).await.unwrap();
        assert_eq!(done.into_output().unwrap(), "calm");
        let shelf = docs.0.lock().unwrap();
        assert_eq!((shelf.calls.len(), shelf.lists), (2, lists));
    });
}

#[test]
fn calls_of_a_server_ask_first_and_may_be_edited() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[
                ("search", r#"{"q":"calm"}"#),
                ("delete", r#"{"q":"all"}"#),
                ("search", r#"{"q":"secret"}"#),
            ]))
            .then(calm());
        let docs = docs();
        let flujo = at(&engine, &script, &docs);
        let paused = flujo.run(careful("x".into())).id("r").await;
        let open: Vec<_> =
            paused.questions().iter().map(|q| (q.path.to_string(), q.message.clone())).collect();
        assert_eq!(
            open,
            [
                ("careful/plain~3".into(), "Look up x?".to_owned()),
                ("careful/plain~4".into(), "Look up x?".to_owned())
            ]
        );
        let handle = flujo.resume::<careful>("r");
        let wrong = handle
            .reply_to("careful/plain~3", Approval::edit(serde_json::json!({"q": 7})))
            .await
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("stays open"), "{wrong}");
        let handle = flujo.resume::<careful>("r").reply_to("careful/plain~3", Approval::deny("keep them"));
        let handle = handle.reply_to("careful/plain~4", Approval::edit(serde_json::json!({"q": "open"})));
        handle.await.unwrap().into_output().unwrap();
        assert_eq!(
            results(&script, 1),
            [
                "search found it",
                "denied: keep them",
                "a person changed the arguments to {\"q\":\"open\"}\nsearch found it"
            ]
        );
        assert_eq!(docs.0.lock().unwrap().calls, [r#"search {"q":"calm"}"#, r#"search {"q":"open"}"#]);
    });
}

#[test]
fn a_call_that_fails_is_tried_again_and_then_told_to_the_model() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[("search", r#"{"q":"a"}"#)]))
            .then(calls(&[("search", r#"{"q":"b"}"#)]))
            .then(calm());
        let docs = docs();
        docs.0.lock().unwrap().failures = 3;
        let result = at(&engine, &script, &docs).run(desk("x".into())).await;
        assert_eq!(result.step("desk/research~2").unwrap().attempts(), 2);
        assert_eq!(result.step("desk/research~4").unwrap().attempts(), 2);
        assert_eq!(
            (results(&script, 1), results(&script, 2)),
            (
                vec!["failed: it is busy".to_owned()],
                vec!["failed: it is busy".into(), "search found it".into()]
            )
        );
        assert_eq!(docs.0.lock().unwrap().calls.len(), 4);
    });
}

#[test]
fn a_server_that_cannot_be_listed_fails_the_attempt_before_the_model_is_asked() {
    on_all(async |engine, _| {
        let script = Script::new().then(calm());
        let docs = docs();
        let tools = std::mem::take(&mut docs.0.lock().unwrap().tools);
        let flujo = at(&engine, &script, &docs);
        let result = flujo.run(desk("x".into())).id("r").await;
        assert_eq!(
            (result.usage, script.requests().len(), docs.0.lock().unwrap().lists),
            (Usage::default(), 0, 2)
        );
        let error = result.into_output().unwrap_err().to_string();
        assert!(error.starts_with("desk/research: no connection"), "{error}");
        docs.0.lock().unwrap().tools = tools;
        let result = flujo.run(desk("x".into())).id("s").await;
        assert_eq!(result.questions().len(), 1);
    });
}

#[test]
fn a_tool_that_is_not_there_or_has_two_owners_is_named() {
    pipeline! {
        fn missing(topic: String, ctx: &mut State, services: &Services) -> Label {
            plain(topic).tools([mcp(Docs).only(["serach"])])
        }
    }
    pipeline! {
        fn both(topic: String, ctx: &mut State, services: &Services) -> Label {
            plain(topic).tools([mcp(Docs), mcp(Shop)])
        }
    }
    on_all(async |engine, _| {
        let (script, docs) = (Script::new(), docs());
        let error = at(&engine, &script, &docs).run(missing("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "missing/plain: `docs` offers no tool `serach`; it offers `search`, `fetch`, `delete`"
        );
        let services = Services { docs: docs.clone(), shop: Shop::default(), calls: Calls::default() };
        *services.shop.0.lock().unwrap() =
            Shelf { name: "shop", tools: vec![tool("fetch", "Buys.")], ..Shelf::default() };
        let builder = Flujo::builder().resources(services).models(script.clone());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let error = flujo.run(both("x".into())).await.into_output().unwrap_err().to_string();
        assert_eq!(
            error,
            "both/plain: `fetch` is a tool of `shop` and of `docs`, and the model selects tools by name: choose tools with \
             `.only([..])`"
        );
    });
}

#[test]
fn a_tool_that_changed_while_the_run_paused_is_a_mismatch_that_is_named() {
    on_all(async |engine, _| {
        let asks = |q: &str| calls(&[("delete", &format!(r#"{{"q":"{q}"}}"#))]);
        let script = Script::new().then(asks("a")).then(calm());
        let docs = docs();
        let flujo = at(&engine, &script, &docs);
        flujo.run(careful("x".into())).id("r").await;
        let before = docs.0.lock().unwrap().tools.clone();
        docs.0.lock().unwrap().tools[2] = tool("delete", "Deletes everything, at once.");
        // Another process: what the first one knew of the server is gone.
        let flujo = at(&engine, &script, &docs);
        let refused = flujo.resume::<careful>("r").reply(Approval::Allow).await.unwrap();
        let error = refused.into_output().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Signal(Signal::JournalMismatch(_))), "{error:?}");
        let told = "the tool `delete` of `docs`, which the model was told of, is another one: its description changed";
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(docs.0.lock().unwrap().calls.len(), 0);
        docs.0.lock().unwrap().tools.remove(2);
        let refused = at(&engine, &script, &docs).resume::<careful>("r").await.unwrap();
        let error = refused.into_output().unwrap_err().to_string();
        assert!(
            error.contains("the tool `delete` of `docs`, which the model was told of, is no longer offered"),
            "{error}"
        );
        // Once the server is as it was, the run goes on.
        docs.0.lock().unwrap().tools = before;
        let done = at(&engine, &script, &docs).resume::<careful>("r").await.unwrap();
        assert_eq!(done.into_output().unwrap(), "calm");
        assert_eq!(results(&script, 1), ["delete found it"]);
    });
}

#[test]
fn graph_bounds_and_fingerprint_know_of_the_server() {
    pipeline! {
        #[pipeline(name = "one")]
        fn docs_alone(topic: String, ctx: &mut State, services: &Services) -> Label { plain(topic).tools([mcp(Docs)]) }
    }
    pipeline! {
        #[pipeline(name = "one")]
        fn shop_alone(topic: String, ctx: &mut State, services: &Services) -> Label { plain(topic).tools([mcp(Shop)]) }
    }
    let names = |graph: &flujo::graph::Graph| {
        graph.nodes[0].facts.tools.iter().map(|tool| tool.name).collect::<Vec<_>>()
    };
    assert_eq!((names(desk::GRAPH), names(docs_alone::GRAPH)), (vec!["keep", "Docs"], vec!["Docs"]));
    assert_ne!(docs_alone::FINGERPRINT, shop_alone::FINGERPRINT);
    assert_eq!(docs_alone::BOUNDS, Bounds { step_runs: None, model_calls: Some(9), questions: Some(0) });
    assert!(careful::GRAPH.asks() && !docs_alone::GRAPH.asks());
}
