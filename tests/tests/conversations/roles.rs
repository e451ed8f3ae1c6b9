//! Steps that are asked by role, and what model steps take from the engine where they say nothing.

use flujo::Error;
use flujo::model::{
    ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Prices as PriceList, Rates, Script,
};
use flujo::prelude::*;
use flujo::run::Builder;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[step(role = review, max_tokens = 50, retries = 0)]
fn review(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
#[step(role = solution, max_tokens = 50, retries = 0)]
async fn solve(text: String, run: &RunInfo) -> Result<Prompt<String>> {
    Ok(Prompt::ask(format!("{}: {text}", run.path())))
}
#[step(model = "test:small", max_tokens = 50, retries = 0, fallback = review)]
fn draft(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn reviewing(text: String, world: &World) -> String {
        let first = review(text);
        let other = review(first).model("test:large").named("other");
        let human: String = ask("And you?");
        let human = echo(human);
        let last = review(human).named("last");
        value(format!("{other} {last}"))
    }
}
pipeline! {
    fn drafting(text: String, world: &World) -> String {
        let draft = draft(text);
        solve(draft)
    }
}

fn build(
    engine: &AnyEngine,
    set: impl FnOnce(Builder<World>) -> Builder<World>,
) -> std::result::Result<Flujo<World>, Error> {
    let builder = set(Flujo::builder().resources(World { calls: Calls::default() }));
    with_engine!(engine, e => builder.engine(e.clone()).build())
}

#[test]
fn a_role_takes_its_model_from_the_engine() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|request| format!("by {}", request.model));
        let prices = PriceList::new()
            .model("test:old", Rates::usd("1", "0").unwrap())
            .model("test:new", Rates::usd("2", "0").unwrap())
            .model("test:large", Rates::usd("9", "0").unwrap());
        let with = |model: &'static str| {
            let (script, prices) = (script.clone(), prices.clone());
            build(&engine, |builder| builder.models(script).prices(prices).role("review", model)).unwrap()
        };
        let paused = with("test:old").run(reviewing("x".into())).id("r").limits(UsageLimits::usd("1")).await;
        assert!(matches!(paused.outcome, Outcome::Paused(_)));
        // What the call says goes before the role.
        let models = |script: &Script| script.requests().into_iter().map(|r| r.model).collect::<Vec<_>>();
        assert_eq!(models(&script), ["test:old", "test:large"]);
        // After the pause the role has another model: what is finished stays as it was.
        let result = with("test:new").resume::<reviewing>("r").reply("me".to_owned()).await.unwrap();
        assert_eq!(models(&script), ["test:old", "test:large", "test:new"]);
        let by_model: Vec<_> =
            result.by_model().into_iter().map(|(model, usage)| (model, usage.model_calls)).collect();
        assert_eq!(by_model, [("test:old".into(), 1), ("test:large".into(), 1), ("test:new".into(), 1)]);
        assert_eq!(result.into_output().unwrap(), "by test:large by test:new");
    });
}

#[test]
fn a_role_without_a_model_is_refused_before_anything_runs() {
    const REVIEW: &str =
        "no model for the role `review`: set `DEFAULT_REVIEW_MODEL`, or give it with `.role(\"review\", ..)`";
    const SOLUTION: &str = "no model for the role `solution`: set `DEFAULT_SOLUTION_MODEL`, or give it with `.role(\"solution\", ..)`";
    on_all(async |engine, _| {
        // What stands in for a step counts too, and whether there is a client does not matter.
        let refused = build(&engine, Builder::pipeline::<drafting>).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("drafting/draft!review: {REVIEW}; drafting/solve: {SOLUTION}")
        );
        let refused = build(&engine, |builder| {
            builder.models(Script::new()).role("review", "test:m").pipeline::<drafting>()
        });
        assert_eq!(refused.unwrap_err().to_string(), format!("drafting/solve: {SOLUTION}"));
        // A pipeline that is not registered is looked at when it starts.
        let script = Script::new().otherwise(|_| "x");
        let flujo = build(&engine, |builder| builder.models(script.clone())).unwrap();
        for limits in [UsageLimits::NONE, UsageLimits::NONE.total_tokens(1_000)] {
            let error = flujo.run(drafting("x".into())).limits(limits).await.into_output().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("drafting/draft!review: {REVIEW}; drafting/solve: {SOLUTION}")
            );
        }
        assert!(script.requests().is_empty());
        let error =
            build(&engine, |builder| builder.role("Review", "a:b").role("review", "gpt")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Review` is no name of a role: use a-z, 0-9 and `_`; \
             `gpt`, the model of the role `review`, names no model: write `provider:model`"
        );
        // Where stubs answer, nobody knows which step asks until it does.
        let stub = flujo_testing::StubAgent::of(draft, ["stubbed".to_owned()]);
        let flujo = build(&engine, |builder| builder.models(script.clone()).stub(&stub)).unwrap();
        let error = flujo.run(drafting("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), format!("drafting/solve: {SOLUTION}"));
    });
}

/// Never answers.
#[derive(Clone, Default)]
struct Silent(Arc<Mutex<Vec<ModelRequest>>>);
#[async_trait::async_trait]
impl ModelClient for Silent {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        self.0.lock().unwrap().push(request);
        std::future::pending().await
    }
}

#[step(model = "test:small", max_tokens = 5, retries = 0, timeout = "2s")]
fn hurried(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
#[step(model = "test:small", max_tokens = 5, retries = 0)]
fn patient(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn waiting(text: String, world: &World) -> (String, String, String) {
        let text = echo(text);
        let a = hurried(text.clone()).settle();
        let b = patient(text.clone()).settle();
        let c = patient(text).timeout("3s").named("c").settle();
        value((a.unwrap_err().message, b.unwrap_err().message, c.unwrap_err().message))
    }
}

#[test]
fn a_model_step_without_a_timeout_has_that_of_the_engine() {
    on_all(async |engine, _| {
        let silent = Silent::default();
        let set = |builder: Builder<World>| {
            builder.models(silent.clone()).prices(Prices).model_timeout(Duration::from_secs(9))
        };
        let flujo = build(&engine, set).unwrap();
        let result = flujo.run(waiting("x".into())).await;
        // Each call that was given up is charged at what was reserved for it.
        let reserved: Vec<_> = silent.0.lock().unwrap().iter().map(charge_of).collect();
        assert_eq!(reserved.len(), 3);
        assert_eq!(result.usage, reserved[0] + reserved[1] + reserved[2]);
        let (a, b, c) = result.into_output().unwrap();
        assert_eq!([a, b, c], ["timed out after 2s", "timed out after 9s", "timed out after 3s"]);
    });
}
