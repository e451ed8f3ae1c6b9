//! What a call may cost at most, what it did cost, and what a limit has to know of both.

use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Rates, Tokens};
use flujo::prelude::*;
use flujo::usage::Amount;
use flujo::{Cost, ErrorKind, Estimate, Usage};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};

/// Says how many tokens it adds, and which model answered.
#[derive(Clone)]
struct Adds {
    extra: u64,
    served: Option<&'static str>,
    requests: Arc<Mutex<Vec<ModelRequest>>>,
}
#[async_trait::async_trait]
impl ModelClient for Adds {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        self.requests.lock().unwrap().push(request);
        let mut reply =
            ModelReply::new(r#"{"name":"calm"}"#).used(Tokens::new(100, 40).cached(50).reasoning(30));
        reply.served_model = self.served.map(str::to_owned);
        Ok(reply)
    }
    fn extra_tokens(&self, _: &ModelRequest) -> u64 {
        self.extra
    }
}
fn adds(extra: u64, served: Option<&'static str>) -> Adds {
    Adds { extra, served, requests: Arc::default() }
}

/// $1 in, $2 cached, $10 out, $20 for reasoning, each for a million tokens; and a model that costs twice as much.
fn rates() -> flujo::model::Prices {
    let rates = Rates::usd("1", "10").and_then(|r| r.cached_usd("2")).and_then(|r| r.reasoning_usd("20"));
    let twice = Rates::usd("2", "20").and_then(|r| r.cached_usd("4")).and_then(|r| r.reasoning_usd("40"));
    flujo::model::Prices::new().model("test:small", rates.unwrap()).model("served", twice.unwrap())
}

fn priced(engine: &flujo_tests::engines::AnyEngine, model: Adds, estimate: Estimate) -> Flujo<World> {
    let builder = Flujo::builder()
        .resources(World { calls: Calls::default() })
        .models(model)
        .prices(rates())
        .estimate(estimate);
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

pipeline! {
    pub fn one_label(text: String, world: &World) -> String {
        let label = label(text);
        label.name
    }
}

/// What the one call of `one_label` needs, as a refusal says.
async fn needed(flujo: &Flujo<World>, limits: UsageLimits) -> Amount {
    let error = flujo.run(one_label("vierzig €".into())).limits(limits).await.into_output().unwrap_err();
    match error.kind() {
        ErrorKind::LimitExceeded(exceeded) => exceeded.needed,
        other => panic!("{other}"),
    }
}

#[test]
fn the_bound_of_a_call_covers_everything_that_is_sent() {
    on_all(async |engine, _| {
        let model = adds(7, None);
        let flujo = priced(&engine, model.clone(), Estimate::UpperBound);
        flujo.run(one_label("vierzig €".into())).await.into_output().unwrap();
        let schema = model.requests.lock().unwrap()[0].schema.as_str().len() as u64;
        // "Label it.", "vierzig €", the schema, two messages, what the client adds
        let input = 9 + 11 + schema + 2 * 16 + 7;
        let tokens = UsageLimits::NONE.total_tokens(1);
        assert_eq!(needed(&flujo, tokens).await, Amount::Tokens(input + 50));
        // Every token sent might be a cached one, every token received might be reasoning: the dearer ones.
        let cost = UsageLimits::NONE.cost(Cost(1));
        assert_eq!(needed(&flujo, cost).await, Amount::Cost(Cost(input * 2_000 + 50 * 20_000)));
    });
}

#[test]
fn a_tight_estimate_reserves_less_and_may_exceed_a_limit() {
    on_all(async |engine, _| {
        let model = adds(0, None);
        let flujo = priced(&engine, model.clone(), Estimate::Tight);
        flujo.run(one_label("vierzig €".into())).await.into_output().unwrap();
        let schema = model.requests.lock().unwrap()[0].schema.as_str().len() as u64;
        let bound = (9 + 11 + schema).div_ceil(4) + 2 * 16 + 50;
        assert_eq!(needed(&flujo, UsageLimits::NONE.total_tokens(1)).await, Amount::Tokens(bound));
        // The model reports more than that: it is what was used, and the limit is exceeded by this one call.
        let limits = UsageLimits::NONE.total_tokens(bound);
        let result = flujo.run(one_label("vierzig €".into())).limits(limits).await;
        assert!(bound < 140, "{bound}");
        assert_eq!(result.usage.total_tokens(), 140);
        assert!(result.into_output().is_ok());
    });
}

#[test]
fn a_call_is_settled_at_what_it_reports() {
    on_all(async |engine, _| {
        for (served, factor) in [(None, 1), (Some("served"), 2), (Some("unheard-of"), 1)] {
            let flujo = priced(&engine, adds(0, served), Estimate::UpperBound);
            let result = flujo.run(one_label("x".into())).await;
            let nanos = 50 * 1_000 + 50 * 2_000 + 10 * 10_000 + 30 * 20_000;
            let used = Usage::of_cost(Cost(nanos * factor)).model_calls(1);
            let used = used.input_tokens(100).output_tokens(40).cached_tokens(50).reasoning_tokens(30);
            assert_eq!(result.usage, used, "{served:?}");
        }
    });
}

#[step(model = "test:free", retries = 0)]
fn unbounded(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}
pipeline! {
    fn inner(text: String, world: &World) -> String {
        let label = unbounded(text);
        label.name
    }
}
pipeline! {
    pub fn unpriced(text: String, world: &World) -> String {
        let text = echo(text);
        let one = label(text).model("test:unknown");
        let two = inner(one.name);
        let three = unbounded(two).model("test:small").max_tokens(5);
        three.name
    }
}
pipeline! {
    fn chosen(text: String, world: &World) -> String {
        let text = echo(text);
        let one = label(text.clone()).model(format!("test:{text}"));
        one.name
    }
}

#[test]
fn a_limit_refuses_models_without_price_or_max_tokens_when_the_run_starts() {
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() });
        let builder = builder.models(adds(0, None)).prices(rates());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let run = async |limits| flujo.run(unpriced("x".into())).limits(limits).await;
        let error = run(UsageLimits::usd("1")).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unpriced/label: no price known for `test:unknown`; a cost limit needs one: `.prices(..)`; unpriced/inner/unbounded: `test:free` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: set `max_tokens`; unpriced/inner/unbounded: no price known for `test:free`; a cost limit needs one: `.prices(..)`"
        );
        let error = run(UsageLimits::NONE.total_tokens(9_999)).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unpriced/inner/unbounded: `test:free` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: set `max_tokens`"
        );
        assert_eq!(calls.len(), 0);
        // Without such a limit it runs, and says what it does not know.
        let result = run(UsageLimits::NONE.model_calls(9)).await;
        assert_eq!(result.usage.unpriced_calls, 2);
        assert!(result.into_output().is_ok());
        // What a call chooses is known when it is made.
        let run = async |text: &str| flujo.run(chosen(text.into())).limits(UsageLimits::usd("1")).await;
        assert!(run("small").await.into_output().is_ok());
        let result = run("large").await;
        assert_eq!(result.usage, Usage::default());
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "chosen/label: no price known for `test:large`; a cost limit needs one: `.prices(..)` (attempt 1; fatal, so not retried)"
        );
    });
}
