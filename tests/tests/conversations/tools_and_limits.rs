//! What conversations with tools cost and may cost, and what stands in for them.

use crate::answers::scripted;
use crate::tools::*;
use flujo::model::{ModelReply, ModelRequest, Script};
use flujo::prelude::*;
use flujo::{Cost, Usage};
use flujo_testing::StubAgent;
use flujo_tests::pieces::{look_up, research};
use flujo_tests::with_engine;
use flujo_tests::world::*;

/// A model step that is a tool itself.
#[step(model = "test:large", max_tokens = 60, retries = 0, tools = [look_up])]
fn expert(question: String) -> Prompt<String> {
    Prompt::ask(question)
}

#[step(model = "test:small", max_tokens = 50, retries = 0, tools = [expert])]
fn manage(topic: String) -> Prompt<Label> {
    Prompt::ask(topic)
}

pipeline! {
    fn managing(topic: String, world: &World) -> Label {
        manage(topic)
    }
}

#[test]
fn every_reply_is_paid_for_once_and_limits_hold() {
    pipeline! {
        fn cheap(topic: String, world: &World) -> Label {
            research(topic).limits(UsageLimits::NONE.model_calls(1))
        }
    }
    on_all(async |engine, _| {
        let script = || Script::new().then(looks_up("calm")).then(looks_up("nothing")).then(calm());
        let flujo = scripted(&engine, script());
        let result = flujo.run(finding("x".into())).id("all").await;
        assert_eq!(result.usage, calls_of_the_model(3));
        let sum = result.steps.iter().fold(Usage::default(), |sum, step| sum + step.usage());
        assert_eq!(sum, calls_of_the_model(3));
        assert_eq!(result.step("finding/research~3").unwrap().usage(), one_call());
        assert_eq!(result.step("finding/research").unwrap().usage(), Usage::default());
        // Equal is allowed, and one more is not.
        let flujo = scripted(&engine, script());
        let limits = UsageLimits::NONE.model_calls(3);
        assert!(flujo.run(finding("x".into())).id("equal").limits(limits).await.into_output().is_ok());
        let model = script();
        let flujo = scripted(&engine, model.clone());
        let limits = UsageLimits::NONE.model_calls(2);
        let result = flujo.run(finding("x".into())).id("less").limits(limits).await;
        assert_eq!((model.requests().len(), result.usage), (2, calls_of_the_model(2)));
        assert!(result.into_output().unwrap_err().to_string().contains("2 model calls"));
        // A limit of the node is an ordinary failure.
        let model = script();
        let flujo = scripted(&engine, model.clone());
        let result = flujo.run(cheap("x".into())).await;
        assert_eq!((model.requests().len(), result.usage.cost), (1, Cost(200)));
        assert_eq!(result.step("cheap/research").unwrap().attempts(), 1);
        assert!(result.into_output().unwrap_err().to_string().starts_with("cheap/research~3: "));
    });
}

#[test]
fn what_a_reply_may_cost_covers_the_tools_and_what_they_gave() {
    on_all(async |engine, _| {
        let script = Script::new().then(looks_up("calm")).then(calm());
        let flujo = scripted(&engine, script.clone());
        flujo.run(finding("weather".into())).await.into_output().unwrap();
        let [first, second] = &script.requests()[..] else { panic!("two requests") };
        let bound = |request: &ModelRequest| flujo::Estimate::UpperBound.tokens(request, 0).input;
        let without = bound(&first.clone().tools(Vec::new()));
        let tools: usize = first
            .tools
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + tool.schema.as_str().len())
            .sum();
        assert_eq!(bound(first), without + u64::try_from(tools).unwrap());
        let call = "call_1".len() + "look_up".len() + r#"{"word":"calm"}"#.len();
        let said = 2 * call + "calm is a word".len() + 2 * 16;
        assert_eq!(bound(second), bound(first) + u64::try_from(said).unwrap());
    });
}

#[test]
fn a_tool_that_is_a_model_step_has_tools_of_its_own() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(ModelReply::new("").calls("expert", r#"{"question":"Is it calm?"}"#).used(TOKENS))
            .then(looks_up("calm"))
            .then(ModelReply::new("It is.").used(TOKENS))
            .then(calm());
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(managing("x".into())).await;
        let step = |k: &str| format!("managing/manage{k}");
        assert_eq!(
            paths(&result.steps),
            [step("~1"), step("~2~1"), step("~2~2"), step("~2~3"), step("~2"), step("~3"), step("")]
        );
        assert_eq!(result.usage, calls_of_the_model(4));
        // Nobody knows how often a tool that is a model calls one.
        assert_eq!(managing::BOUNDS.model_calls, None);
        let models: Vec<_> = script.requests().iter().map(|request| request.model.clone()).collect();
        assert_eq!(models, ["test:small", "test:large", "test:large", "test:small"]);
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}

#[test]
fn stubs_answer_for_tools_and_for_the_step_that_calls_them() {
    on_all(async |engine, _| {
        let stub = StubAgent::of(look_up, ["stubbed".to_owned()]);
        let script = Script::new().then(looks_up("calm")).then(calm());
        let builder = || Flujo::builder().resources(World { calls: Calls::default() });
        let tool = builder().models(script.clone()).stub(&stub);
        let flujo = with_engine!(&engine, e => tool.engine(e.clone()).build()).unwrap();
        flujo.run(finding("x".into())).id("tool").await.into_output().unwrap();
        assert_eq!(told(&script.requests()[1])[1].1, "stubbed");
        assert_eq!(stub.calls(), [("calm".to_owned(),)]);
        let stub = StubAgent::of(research, [Label { name: "stubbed".into() }]);
        let whole = builder().stub(&stub);
        let flujo = with_engine!(&engine, e => whole.engine(e.clone()).build()).unwrap();
        let result = flujo.run(finding("x".into())).id("whole").await;
        assert_eq!(
            (paths(&result.steps), result.usage),
            (vec!["finding/research".to_owned()], Usage::default())
        );
        assert_eq!(result.into_output().unwrap().name, "stubbed");
    });
}

#[test]
fn a_limit_looks_at_the_models_of_tools_too() {
    #[step(model = "test:wild", retries = 0)]
    fn wild(question: String) -> Prompt<String> {
        Prompt::ask(question)
    }
    #[step(model = "test:small", max_tokens = 50, tools = [wild])]
    fn tame(topic: String) -> Prompt<Label> {
        Prompt::ask(topic)
    }
    pipeline! {
        fn limited(topic: String, world: &World) -> Label {
            tame(topic)
        }
    }
    on_all(async |engine, _| {
        let script = Script::new();
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(limited("x".into())).limits(UsageLimits::usd("1")).await;
        assert!(script.requests().is_empty());
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "limited/tame~wild: `test:wild` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: set `max_tokens`"
        );
    });
}

#[test]
fn the_answer_of_a_conversation_is_not_cached() {
    pipeline! {
        fn kept(topic: String, world: &World) -> Label {
            research(topic).cached(forever)
        }
    }
    on_all(async |engine, _| {
        let script = Script::new();
        let flujo = scripted(&engine, script.clone());
        let error = flujo.run(kept("x".into())).await.into_output().unwrap_err();
        assert!(script.requests().is_empty());
        assert_eq!(
            error.to_string(),
            "kept/research: the answer of a step with tools is not cached: set `cached` on its tools (attempt 1; fatal, so not retried)"
        );
    });
}

#[test]
fn cancel_drops_a_tool_that_is_under_way() {
    #[step]
    async fn hang(word: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        std::future::pending::<()>().await;
        Ok(word)
    }
    #[step(model = "test:small", max_tokens = 50, tools = [hang])]
    fn stuck(topic: String) -> Prompt<Label> {
        Prompt::ask(topic)
    }
    pipeline! {
        fn waiting(topic: String, world: &World) -> Label {
            stuck(topic)
        }
    }
    on_all(async |engine, _| {
        let calls = Calls::default();
        let hangs = ModelReply::new("").calls("hang", r#"{"word":"x"}"#).used(TOKENS);
        let builder = Flujo::builder()
            .resources(World { calls: calls.clone() })
            .models(Script::new().then(hangs))
            .prices(Prices);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let cancelling = flujo.clone();
        let (result, ()) = tokio::join!(flujo.run(waiting("x".into())).id("r"), async move {
            while calls.len() == 0 {
                tokio::task::yield_now().await;
            }
            cancelling.cancel("r").await.unwrap();
        });
        assert!(matches!(result.outcome, Outcome::Cancelled), "{:?}", result.outcome);
        assert_eq!(paths(&result.steps), ["waiting/stuck~1"]);
        assert_eq!(result.usage, one_call());
    });
}
