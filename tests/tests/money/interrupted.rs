//! Calls that nobody heard of again: dropped, timed out, failed. All that was reserved for them is charged.

use flujo::model::{ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Tokens};
use flujo::prelude::*;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[step(model = "test:slow", max_tokens = 50, retries = 1, backoff = none, timeout = "5s")]
fn slow_label(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}
pipeline! {
    pub fn under_way(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        slow_label(text.clone());
        text
    }
}

/// What becomes of a call.
#[derive(Clone, Copy)]
pub enum Fate {
    /// It is never answered.
    Silent,
    /// It fails, and the provider says nothing of what it used.
    Failed,
    /// It fails, and the provider says what it used.
    FailedWith(Tokens),
}

#[derive(Clone)]
pub struct Fated {
    fate: Fate,
    pub requests: Arc<Mutex<Vec<ModelRequest>>>,
}
impl Fated {
    pub fn new(fate: Fate) -> Self {
        Self { fate, requests: Arc::default() }
    }
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
        let mut error = ModelError::new(ModelFailure::Overloaded, "overloaded");
        error.usage = usage;
        Err(error)
    }
}

fn fated(engine: &AnyEngine, fate: Fate) -> (Flujo<World>, Fated) {
    let model = Fated::new(fate);
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

        let reported = Tokens::new(100, 10);
        let (flujo, _) = fated(&engine, Fate::FailedWith(reported));
        let result = flujo.run(under_way("x".into())).await;
        assert_eq!(result.usage, calls_of_the_model(2));
    });
}

pipeline! {
    pub fn slow(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        wait("6s");
        let reply: String = ask("go on?");
        wait("4s").named("more");
        slow_label(reply);
        text
    }
}

/// Runs until it is over, and says how many seconds passed: time goes on whenever there is nothing else to do.
pub async fn seconds_of<T>(clock: &flujo_testing::PausedClock, run: impl Future<Output = T>) -> (T, u64) {
    let mut run = Box::pin(run);
    for passed in 0..100 {
        for _ in 0..8 {
            tokio::select! {
                biased;
                done = &mut run => return (done, passed),
                () = tokio::task::yield_now() => {}
            }
        }
        clock.advance(Duration::from_secs(1));
    }
    panic!("it does not come to an end")
}

#[test]
fn active_time_is_the_time_that_somebody_works_on_a_run() {
    on_all(async |engine, clock| {
        clock.hold();
        let (flujo, model) = fated(&engine, Fate::Silent);
        // Six seconds before the question; four, and two calls of five seconds each, after it.
        for (limit, after, calls) in [(5, None, 0), (10, Some(5), 1), (13, Some(8), 1), (20, Some(14), 2)] {
            let id = format!("r{limit}");
            let limits = UsageLimits::NONE.active_time(Duration::from_secs(limit));
            let first = flujo.run(slow("x".into())).id(id.as_str()).limits(limits);
            let (mut result, passed) = seconds_of(&clock, first).await;
            assert_eq!(passed, 6);
            if let Some(after) = after {
                // Paused for an hour, which does not count.
                clock.advance(Duration::from_secs(3600));
                let second = flujo.resume::<slow>(id.as_str()).reply("yes");
                let (resumed, passed) = seconds_of(&clock, async { second.await.unwrap() }).await;
                assert_eq!(passed, after, "{limit}");
                result = resumed;
            }
            let asked = std::mem::take(&mut *model.requests.lock().unwrap());
            assert_eq!(asked.len(), calls);
            assert_eq!(result.usage, asked.iter().map(charge_of).sum());
            assert_eq!(result.context.log, ["x"]);
            let error = result.into_output().unwrap_err().to_string();
            // Equal to the limit is allowed: then it is the step that took too long.
            let expected = match limit {
                20 => "slow/slow_label: timed out after 5s (attempt 2 of 2)".to_owned(),
                _ => format!("slow: the run's limit of {limit}s of active time is used up"),
            };
            assert_eq!(error, expected);
        }
    });
}
