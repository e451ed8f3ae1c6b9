//! Calls that nobody heard of again: dropped, timed out, failed. All that was reserved for them is charged.

use crate::engines::{AnyEngine, with_engine};
use crate::world::*;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Tokens};
use flujo::prelude::*;
use std::sync::{Arc, Mutex};

#[step(model = "test:slow", max_tokens = 50, retries = 1, backoff = none, timeout = "5s")]
fn slow_label(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}
pipeline! {
    fn under_way(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        slow_label(text.clone());
        text
    }
}

/// What becomes of a call.
#[derive(Clone, Copy)]
enum Fate {
    /// It is never answered.
    Silent,
    /// It fails, and the provider says nothing of what it used.
    Failed,
    /// It fails, and the provider says what it used.
    FailedWith(Tokens),
}

#[derive(Clone)]
struct Fated {
    fate: Fate,
    requests: Arc<Mutex<Vec<ModelRequest>>>,
}
#[async_trait::async_trait]
impl ModelClient for Fated {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        self.requests.lock().unwrap().push(request);
        let usage = match self.fate {
            Fate::Silent => std::future::pending().await,
            Fate::Failed => None,
            Fate::FailedWith(tokens) => Some(tokens),
        };
        Err(ModelError { retryable: true, retry_after: None, usage, source: "overloaded".into() })
    }
}

fn fated(engine: &AnyEngine, fate: Fate) -> (Flujo<World>, Fated) {
    let model = Fated { fate, requests: Arc::default() };
    let builder =
        Flujo::builder().resources(World { calls: Calls::default() }).models(model.clone()).prices(Prices);
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), model)
}

#[test]
fn cancel_drops_what_is_under_way_and_charges_it() {
    on_all(async |engine, clock| {
        clock.hold();
        let (flujo, model) = fated(&engine, Fate::Silent);
        let cancelling = flujo.clone();
        let (result, ()) = tokio::join!(flujo.run(under_way("x".into())).id("r"), async move {
            while cancelling.inspect("r").await.is_ok_and(|v| v.records.is_empty())
                || cancelling.inspect("r").await.is_err()
            {
                tokio::task::yield_now().await;
            }
            cancelling.cancel("r").await.unwrap();
        });
        assert!(matches!(result.outcome, Outcome::Cancelled), "{:?}", result.outcome);
        assert_eq!(result.steps.len(), 1);
        assert_eq!(result.context.log, ["x"]);
        // The model was asked and never heard again: charged at what was reserved.
        let requests = model.requests.lock().unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(result.usage, charge_of(&requests[0]));
    });
}

#[test]
fn a_call_that_times_out_is_charged_at_what_was_reserved() {
    on_all(async |engine, _| {
        let (flujo, model) = fated(&engine, Fate::Silent);
        let result = flujo.run(under_way("x".into())).await;
        let requests = model.requests.lock().unwrap();
        assert_eq!(requests.len(), 2);
        assert_eq!(result.usage, charge_of(&requests[0]) + charge_of(&requests[1]));
        assert_eq!(result.usage.estimated_calls, 2);
        assert_eq!(result.step("under_way/slow_label").map(flujo::StepResult::usage), Some(result.usage));
        let error = result.into_output().unwrap_err().to_string();
        assert_eq!(error, "under_way/slow_label: timed out after 5s (attempt 2 of 2)");
    });
}

#[test]
fn a_call_that_fails_is_charged_at_what_it_reports_or_at_what_was_reserved() {
    on_all(async |engine, _| {
        let (flujo, model) = fated(&engine, Fate::Failed);
        let result = flujo.run(under_way("x".into())).await;
        let requests = model.requests.lock().unwrap().clone();
        assert_eq!(result.usage, charge_of(&requests[0]) + charge_of(&requests[1]));

        let reported = Tokens { input: 100, output: 10, ..Tokens::default() };
        let (flujo, _) = fated(&engine, Fate::FailedWith(reported));
        let result = flujo.run(under_way("x".into())).await;
        assert_eq!(result.usage, calls_of_the_model(2));
    });
}
