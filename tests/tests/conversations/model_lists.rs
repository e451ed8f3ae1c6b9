//! Several models: where a call of one fails, the next is asked in the same attempt.

use crate::tools::TOKENS;
use flujo::agent::{Agent, make_agent};
use flujo::events::EventKind;
use flujo::graph::Bounds;
use flujo::model::{ModelError, ModelFailure, ModelReply, Prices as List, Rates, Script};
use flujo::prelude::*;
use flujo::{Cost, ErrorKind, Usage};
use flujo_testing::EventLog;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;

#[step(models = ["test:large", "test:small", "other:m"], max_tokens = 50, retries = 1, backoff = none)]
fn think(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

pipeline! {
    fn thinking(text: String, world: &World) -> String {
        let found = think(text);
        value(found.name)
    }
}

fn list() -> List {
    let rates = |input: &str, output: &str| Rates::usd(input, output).unwrap();
    let list = List::new().model("test:large", rates("10", "20")).model("test:small", rates("1", "2"));
    list.model("other:m", rates("3", "4"))
}

fn at(engine: &AnyEngine, script: &Script) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() });
    let builder = builder.models(script.clone()).prices(list());
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

fn calm() -> ModelReply {
    ModelReply::new(r#"{"name":"calm"}"#).used(TOKENS)
}

fn fails(failure: ModelFailure) -> ModelError {
    ModelError::new(failure, "no")
}

fn asked(script: &Script) -> Vec<String> {
    script.requests().into_iter().map(|request| request.model).collect()
}

#[test]
fn the_next_model_is_asked_where_a_call_fails() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(fails(ModelFailure::Overloaded))
            .then(fails(ModelFailure::BadRequest).used(TOKENS))
            .then(calm());
        let (flujo, log) = (at(&engine, &script), EventLog::new());
        let result = flujo.run(thinking("x".into())).id("r").observer(log.clone()).await;
        assert_eq!(asked(&script), ["test:large", "test:small", "other:m"]);
        // All in one attempt, with the same request.
        let step = result.step("thinking/think").unwrap().clone();
        assert_eq!((step.attempts(), script.requests()[2].messages.len()), (1, 1));
        // What each model used is told apart: the first said nothing, and is charged at its bound.
        let by_model: Vec<_> = step
            .by_model()
            .iter()
            .map(|(model, usage)| (model.as_str(), usage.estimated_calls, usage.model_calls))
            .collect();
        assert_eq!(by_model, [("test:large", 1, 1), ("test:small", 0, 1), ("other:m", 0, 1)]);
        assert_eq!(step.by_model()[1].1.cost, Cost(100 * 1_000 + 10 * 2_000));
        assert_eq!(step.by_model()[2].1.cost, Cost(100 * 3_000 + 10 * 4_000));
        assert_eq!(result.usage, step.by_model().iter().map(|(_, usage)| *usage).sum::<Usage>());
        assert_eq!(result.into_output().unwrap(), "calm");
        let fell: Vec<_> = log
            .take()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::ModelFellBack { attempt, model, next, error } => {
                    Some((event.path.to_string(), attempt, model, next, error))
                }
                _ => None,
            })
            .collect();
        let path = || "thinking/think".to_owned();
        assert_eq!(
            fell,
            [
                (path(), 1, "test:large".into(), "test:small".into(), "provider overloaded: no".into()),
                (path(), 1, "test:small".into(), "other:m".into(), "request rejected: no".into()),
            ]
        );
        // Recorded once: nothing is asked again.
        let again = flujo.run(thinking("x".into())).id("r").await;
        assert_eq!((again.into_output().unwrap().as_str(), script.requests().len()), ("calm", 3));
    });
}

#[test]
fn an_answer_that_does_not_fit_goes_back_to_the_model_that_gave_it() {
    on_all(async |engine, _| {
        let script = Script::new().then(ModelReply::new("no json").used(TOKENS)).then(calm());
        let result = at(&engine, &script).run(thinking("x".into())).await;
        assert_eq!(asked(&script), ["test:large", "test:large"]);
        assert_eq!(result.into_output().unwrap(), "calm");
    });
}

#[test]
fn when_all_models_fail_the_last_failure_is_that_of_the_attempt() {
    on_all(async |engine, _| {
        let overloaded = || fails(ModelFailure::Overloaded);
        let all = |last: ModelFailure| Script::new().then(overloaded()).then(overloaded()).then(fails(last));
        // It may be tried again: from the first model on.
        let script = all(ModelFailure::RateLimited).then(calm());
        let result = at(&engine, &script).run(thinking("x".into())).await;
        assert_eq!(asked(&script), ["test:large", "test:small", "other:m", "test:large"]);
        assert_eq!(result.step("thinking/think").unwrap().attempts(), 2);
        result.into_output().unwrap();
        // It stays.
        let script = all(ModelFailure::Unauthorized);
        let error = at(&engine, &script).run(thinking("x".into())).await.into_output().unwrap_err();
        assert_eq!(asked(&script).len(), 3);
        assert!(error.to_string().starts_with("thinking/think: "), "{error}");
    });
}

#[test]
fn every_call_of_a_list_has_to_fit_under_the_limit() {
    on_all(async |engine, _| {
        // Of the first model's bound there is enough, and then no more for the second.
        let script = Script::new().then(fails(ModelFailure::Overloaded).used(TOKENS)).then(calm());
        let flujo = at(&engine, &script);
        let limits = UsageLimits::NONE.model_calls(1);
        let error = flujo.run(thinking("x".into())).limits(limits).await.into_output().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LimitExceeded(_)), "{error}");
        assert_eq!(script.requests().len(), 1);
    });
}

#[test]
fn a_limit_needs_the_price_of_every_model_of_the_list() {
    pipeline! {
        fn unpriced(text: String, world: &World) -> Label {
            think(text).models(["test:large", "test:free"])
        }
    }
    on_all(async |engine, _| {
        let flujo = at(&engine, &Script::new());
        let limits = UsageLimits::usd("1");
        let error =
            flujo.run(unpriced("x".into())).limits(limits).await.into_output().unwrap_err().to_string();
        assert_eq!(
            error,
            "unpriced/think: no price known for `test:free`; a cost limit needs one: `.prices(..)`"
        );
    });
}

#[test]
fn calls_name_their_models_and_bounds_count_them() {
    pipeline! {
        fn one(text: String, world: &World) -> Label { think(text).model("test:small") }
    }
    pipeline! {
        fn two(text: String, world: &World) -> Label { think(text).models(["other:m", "test:small"]).retries(0) }
    }
    pipeline! {
        fn some(text: String, names: Vec<String>, world: &World) -> Label { think(text).models(names) }
    }
    let calls = |bounds: Bounds| bounds.model_calls;
    // Three models in each of two attempts.
    assert_eq!(calls(thinking::BOUNDS), Some(6));
    assert_eq!((calls(one::BOUNDS), calls(two::BOUNDS), calls(some::BOUNDS)), (Some(2), Some(2), None));
    on_all(async |engine, _| {
        let script = Script::new().then(calm()).then(fails(ModelFailure::TimedOut)).then(calm()).then(calm());
        let flujo = at(&engine, &script);
        flujo.run(one("x".into())).await.into_output().unwrap();
        flujo.run(two("x".into())).await.into_output().unwrap();
        flujo.run(some("x".into(), vec!["other:m".into()])).await.into_output().unwrap();
        assert_eq!(asked(&script), ["test:small", "other:m", "test:small", "other:m"]);
    });
}

#[test]
fn an_answer_of_a_list_is_cached_for_that_list() {
    pipeline! {
        fn cached(text: String, names: Vec<String>, world: &World) -> Label { think(text).models(names).cached(forever) }
    }
    on_all(async |engine, _| {
        let script = Script::new().then(fails(ModelFailure::Overloaded)).then(calm()).then(calm());
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script.clone());
        let builder = builder.cache(flujo::MemoryCache::new(10));
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        // The second answered: who asks the first alone does not get its answer.
        for (list, asked) in
            [(&["test:large", "test:small"][..], 2), (&["test:large", "test:small"], 2), (&["test:large"], 3)]
        {
            flujo.run(cached("x".into(), names(list))).await.into_output().unwrap();
            assert_eq!(script.requests().len(), asked, "{list:?}");
        }
    });
}

#[step]
async fn consult(text: String, run: &RunInfo) -> Result<String> {
    make_agent("test:large")
        .or_models(["test:small"])
        .max_tokens(50)
        .build::<String, String>()
        .answer(text, run)
        .await
}

pipeline! {
    fn consulting(text: String, world: &World) -> String {
        consult(text)
    }
}

#[test]
fn an_agent_has_several_models_too() {
    on_all(async |engine, _| {
        let script = Script::new().then(fails(ModelFailure::Overloaded)).then("yes");
        let result = at(&engine, &script).run(consulting("x".into())).await;
        assert_eq!(result.into_output().unwrap(), "yes");
        assert_eq!(asked(&script), ["test:large", "test:small"]);
    });
}
