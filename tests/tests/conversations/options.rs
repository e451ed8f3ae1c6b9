//! Options that not every provider takes: what is sent, what is recorded, and what comes of it.

use crate::tools::{TOKENS, calm};
use flujo::Cost;
use flujo::agent::{Agent, make_agent};
use flujo::cache::MemoryCache;
use flujo::events::EventKind;
use flujo::model::{
    CacheTime, CallOptions, ModelReply, Prices as List, Rates, ReasoningEffort, Script, Tokens, ToolChoice,
};
use flujo::prelude::*;
use flujo_testing::EventLog;
use flujo_tests::clerks::{keep, recall};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;

const SEED: u64 = 11;

#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 0,
    reasoning_effort = "low",
    reasoning_text = true,
    stop = ["END", "\n"],
    seed = SEED,
    service_tier = "flex",
    prompt_cache = "1h",
    extra = [("top_k", 40), ("verbosity", "low")]
)]
fn careful(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

#[step(model = "test:small", max_tokens = 50, retries = 0, tools = [keep, recall], tool_choice = recall, parallel_calls = false)]
fn work(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

#[step(model = "test:small", max_tokens = 50, retries = 0)]
fn plain(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

pipeline! {
    fn asking(text: String, ctx: &mut State, world: &World) -> String {
        let effort = ReasoningEffort::High;
        let one = careful(text.clone());
        let two = careful(text.clone()).named("other").reasoning_effort(effort).stop(["."]).extra("top_k", 1 + 1).seed(7);
        let three = work(text.clone());
        let four = work(text.clone()).named("free").tool_choice(none).prompt_cache("5m");
        let five = plain(text);
        value(format!("{}{}{}{}{}", one.name, two.name, three.name, four.name, five.name))
    }
}

fn at(engine: &AnyEngine, script: &Script) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script.clone());
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

#[test]
fn options_of_the_step_are_sent_and_those_of_the_call_take_precedence() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| calm());
        let flujo = at(&engine, &script);
        let result = flujo.run(asking("x".into())).id("r").await;
        result.into_output().unwrap();
        // What was sent is on record, with the fields that flujo does not know.
        let recorded = flujo.run(asking("x".into())).id("r").await;
        let options = |path: &str| recorded.step(path).unwrap().options().cloned();
        assert_eq!(options("asking/careful"), Some(script.requests()[0].options.clone()));
        assert_eq!(options("asking/plain"), None);
        let sent: Vec<CallOptions> = script.requests().into_iter().map(|request| request.options).collect();
        let step = CallOptions::new()
            .reasoning_effort(ReasoningEffort::Low)
            .reasoning_text(true)
            .stop(["END", "\n"])
            .seed(11)
            .service_tier("flex")
            .prompt_cache(CacheTime::OneHour)
            .extra("top_k", 40)
            .extra("verbosity", "low");
        let call =
            CallOptions::new().reasoning_effort(ReasoningEffort::High).stop(["."]).seed(7).extra("top_k", 2);
        assert_eq!((&sent[0], &sent[1]), (&step, &call.over(step.clone())));
        let tools = CallOptions::new().parallel_calls(false);
        assert_eq!(sent[2], tools.clone().tool_choice(ToolChoice::tool("recall")));
        assert_eq!(sent[3], tools.tool_choice(ToolChoice::None).prompt_cache(CacheTime::FiveMinutes));
        assert!(sent[4].is_empty());
    });
    // The graph shows them, and it is stored with the run.
    let shown = asking::GRAPH.nodes.iter().find(|node| node.id == "other").unwrap().options;
    assert_eq!(
        shown,
        [
            ("named", "other"),
            ("reasoning_effort", "effort"),
            ("stop", "[\".\"]"),
            ("extra", "top_k = 1 + 1"),
            ("seed", "7")
        ][1..]
            .to_vec()
    );
    let of_step = asking::GRAPH.nodes[0].facts.options;
    assert!(of_step.contains(&("extra", "[(\"top_k\", 40), (\"verbosity\", \"low\")]")), "{of_step:?}");
}

#[test]
fn a_tool_choice_that_names_no_tool_of_the_call_is_a_mistake_of_setup() {
    pipeline! {
        fn wrong(text: String, ctx: &mut State, world: &World) -> Label {
            work(text).tools([keep]).tool_choice(recall)
        }
    }
    on_all(async |engine, _| {
        let script = Script::new().then(calm());
        let error = at(&engine, &script).run(wrong("x".into())).await.into_output().unwrap_err().to_string();
        assert!(error.contains("`tool_choice` names `recall`, which is not a tool of this call"), "{error}");
        assert_eq!(script.requests().len(), 0);
    });
}

pipeline! {
    fn reasoning(text: String, world: &World) -> String {
        let kept = careful(text.clone());
        let told = plain(text);
        value(format!("{}{}", kept.name, told.name))
    }
}

#[test]
fn the_text_of_the_reasoning_is_told_and_recorded_where_it_was_asked_for() {
    on_all(async |engine, _| {
        let script = Script::new().then(calm().reasoned("Because.")).then(calm().reasoned("So."));
        let (flujo, log) = (at(&engine, &script), EventLog::new());
        let result = flujo.run(reasoning("x".into())).id("r").observer(log.clone()).await;
        let kept = |path: &str| result.step(path).unwrap().reasoning().map(str::to_owned);
        assert_eq!((kept("reasoning/careful"), kept("reasoning/plain")), (Some("Because.".to_owned()), None));
        let told: Vec<_> = log
            .take()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Reasoning { attempt, text } => Some((event.path.to_string(), attempt, text)),
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [
                ("reasoning/careful".to_owned(), 1, "Because.".to_owned()),
                ("reasoning/plain".into(), 1, "So.".into())
            ]
        );
        // It is on record: a later process finds it.
        let again = flujo.run(reasoning("x".into())).id("r").await;
        let found = again.step("reasoning/careful").unwrap().reasoning().map(str::to_owned);
        assert_eq!((found.as_deref(), script.requests().len()), (Some("Because."), 2));
        assert_eq!(again.into_output().unwrap(), "calmcalm");
    });
}

#[test]
fn other_options_are_another_request_to_the_cache() {
    pipeline! {
        fn cached(text: String, n: u64, world: &World) -> Label {
            plain(text).cached(forever).seed(n)
        }
    }
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| calm());
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script.clone());
        let builder = builder.cache(MemoryCache::new(10));
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        for (n, asked) in [(1, 1), (1, 1), (2, 2), (1, 2)] {
            flujo.run(cached("x".into(), n)).await.into_output().unwrap();
            assert_eq!(script.requests().len(), asked, "seed {n}");
        }
    });
}

#[test]
fn a_service_tier_has_a_price_of_its_own() {
    pipeline! {
        fn tier(text: String, world: &World) -> Label {
            plain(text).service_tier("priority")
        }
    }
    on_all(async |engine, _| {
        let run = async |list: List| {
            let script = Script::new().then(calm());
            let builder = Flujo::builder().resources(World { calls: Calls::default() });
            let builder = builder.models(script).prices(list);
            let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
            let result = flujo.run(tier("x".into())).limits(UsageLimits::usd("1")).await;
            (result.usage.cost, result.into_output().map(|_| ()).map_err(|e| e.to_string()))
        };
        let base = List::new().model("test:small", Rates::usd("1", "1").unwrap());
        let told =
            "tier/plain: no price known for `test:small@priority`; a cost limit needs one: `.prices(..)`";
        assert_eq!(run(base.clone()).await, (Cost(0), Err(told.to_owned())));
        let with_tier = base.model("test:small@priority", Rates::usd("2", "3").unwrap());
        assert_eq!(run(with_tier).await, (Cost(100 * 2_000 + 10 * 3_000), Ok(())));
    });
}

#[test]
fn a_provider_that_reports_more_than_it_may_is_told() {
    on_all(async |engine, _| {
        let reports = |tokens: Tokens| Script::new().then(ModelReply::new(r#"{"name":"calm"}"#).used(tokens));
        let run = async |tokens: Tokens| {
            let builder = Flujo::builder().resources(World { calls: Calls::default() });
            let rates = Rates::usd("1", "1").unwrap().cache_write_usd("9", "9").unwrap();
            let builder = builder.models(reports(tokens)).prices(List::new().model("test:small", rates));
            let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
            let log = EventLog::new();
            pipeline! {
                fn once(text: String, world: &World) -> Label { plain(text) }
            }
            flujo.run(once("x".into())).observer(log.clone()).await.into_output().unwrap();
            log.take().into_iter().find_map(|event| match event.kind {
                EventKind::OverReported { attempt: 1, model, bound, reported } => {
                    Some((event.path.to_string(), model, bound, reported))
                }
                _ => None,
            })
        };
        assert_eq!(run(TOKENS).await, None);
        let (path, model, bound, reported) = run(Tokens::new(100, 51)).await.unwrap();
        assert_eq!((path.as_str(), model.as_str()), ("once/plain", "test:small"));
        assert_eq!((bound.output_tokens, reported.output_tokens, reported.cost), (50, 51, Cost(151_000)));
        // More than was sent, and a write that no mark asked for.
        assert!(run(Tokens::new(100_000, 1)).await.is_some());
        assert!(run(Tokens::new(100, 1).cache_write(100, 0)).await.is_some());
    });
}

#[step]
async fn consult(text: String, run: &RunInfo) -> Result<String> {
    let agent = make_agent("test:small").options(CallOptions::new().seed(3)).max_tokens(50);
    agent.build::<String, String>().answer(text, run).await
}

pipeline! {
    fn consulting(text: String, world: &World) -> String {
        consult(text)
    }
}

#[test]
fn an_agent_takes_options_too() {
    on_all(async |engine, _| {
        let script = Script::new().then("yes");
        at(&engine, &script).run(consulting("x".into())).await.into_output().unwrap();
        assert_eq!(script.requests()[0].options, CallOptions::new().seed(3));
    });
}
